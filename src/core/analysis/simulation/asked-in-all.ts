/** What a fresh sign-in asks for in all: every set of proofs that is enough, and what comes after them. */
import { type RequiredEvidence, requiredOf } from '../../decision/required-evidence.ts';
import type { Facts } from '../../model/facts.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { type Action, type AllSets, allSufficientSets } from '../../remediation/all-sufficient-sets.ts';
import { factsAt, walkThrough } from './simulate.ts';
import { identifiedAs, type Progress, type SimulatedStep, type Simulation } from './simulated-answers.ts';

export interface AskedInAll {
  /** The user needs one of these sets. */
  readonly proofs: AllSets;
  /** What follows once the simulated user has proved or enrolled one of them, in order. */
  readonly after: readonly SimulatedStep[];
}

/** Undefined: the user does not get in, or has not identified. */
export function askedInAll(policies: PolicySet, facts: Facts): AskedInAll | undefined {
  const simulation = { policies, facts };
  const { subject } = facts;
  const { first, turns } = walkThrough(policies, facts);
  if (subject === undefined || first.next === undefined) return undefined;
  const { requirements, capabilities } = requiredAt(identifiedAs(subject, facts), simulation);
  const met = turns.findIndex(({ from }) => requiredAt(from, simulation).isMet);
  const after = turns.slice(met).flatMap(({ steps }) => steps);
  if (met < 0 || after.at(-1)?.kind !== 'complete') return undefined;
  const before = turns.slice(0, met).flatMap(({ steps }) => steps);
  return { proofs: offeredOf(allSufficientSets(requirements, capabilities), before), after };
}

function requiredAt(progress: Progress, { policies, facts }: Simulation): RequiredEvidence {
  return requiredOf(policies, factsAt(progress, facts), progress.subject);
}

/** Of the possible enrollments, keeps those that the enrollment policy requires: the page offers nothing else. */
function offeredOf(proofs: AllSets, steps: readonly SimulatedStep[]): AllSets {
  const offered = steps.flatMap((step) =>
    step.kind === 'enroll' ? [step.authenticator, ...step.alternatives.map(({ authenticator }) => authenticator)] : [],
  );
  const isOffered = ({ authenticator, toEnroll }: Action) => !toEnroll || offered.includes(authenticator);
  return { ...proofs, sets: proofs.sets.filter((set) => set.every(isOffered)) };
}
