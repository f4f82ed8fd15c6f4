/** What tokens say in their `acr` after each way to sign in. */
import { acrOf } from '../../evidence/assurance.ts';
import type { AssessedEvidence } from '../../evidence/requirement.ts';
import type { Facts } from '../../model/facts.ts';
import type { Requirement } from '../../model/policy.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { type Action, actionsOf } from '../../remediation/all-sufficient-sets.ts';
import type { AskedInAll } from './asked-in-all.ts';
import { identifiedAs, type Progress, type SimulatedStep, type Simulation } from './simulated-answers.ts';
import { requiredAt, sufficientProofs, toldApart } from './sufficient-proofs.ts';
import { walkedSets } from './walked-sets.ts';

/** A set of proofs that lets the user in. */
export interface AcrOfWay {
  readonly set: readonly Action[];
  /** More than one where the user may prove one of several enrollments, or by one of several methods. */
  readonly acrs: readonly (string | undefined)[];
}

/** The values by the proofs alone: what the user sets up after them does not raise those of later sign-ins. */
export function acrOfWays(policies: PolicySet, facts: Facts, { proofs, ways }: AskedInAll): readonly AcrOfWay[] {
  const { subject, request } = facts;
  if (subject === undefined) return [];
  const { acrLevels } = policies;
  const distinguished = acrLevels.map(({ requirement }) => requirement);
  const simulation = { policies, facts };
  const found = enoughProofs(identifiedAs(subject, facts), simulation, distinguished).map(({ actions, evidence }) => ({
    actions,
    acr: acrOf(evidence.filter(countsInTokens), acrLevels, request.acrValues),
  }));
  return proofs.sets.map((set) => {
    const own = found.filter(({ actions }) => isByMethods(set, actions));
    // More was proved than is needed.
    const ends = ways.flatMap(({ sets, after }) => (sets.includes(set) ? after : []));
    const acrs = own.length > 0 ? own.map(({ acr }) => acr) : ends.flatMap(acrInTokens);
    return { set, acrs: [...new Set(acrs)] };
  });
}

interface ProvenSet {
  readonly actions: readonly Action[];
  readonly evidence: readonly AssessedEvidence[];
}

function enoughProofs(
  start: Progress,
  simulation: Simulation,
  distinguished: readonly Requirement[],
): readonly ProvenSet[] {
  const { given, sets, begunOtherwise, isComplete } = sufficientProofs(start, simulation, distinguished);
  if (sets.length > 0 || !isComplete)
    return [...sets, ...begunOtherwise].map((evidence) => ({
      actions: actionsOf(evidence),
      evidence: [...given, ...evidence],
    }));
  const { followed } = walkedSets(start, simulation, toldApart(start, simulation, distinguished));
  return followed.flatMap(({ set, turns: [end] }) =>
    end ? [{ actions: set, evidence: requiredAt(end.from, simulation).capabilities.evidence }] : [],
  );
}

function acrInTokens(step: SimulatedStep): readonly (string | undefined)[] {
  return step.kind === 'complete' ? [step.acr] : [];
}

function countsInTokens({ accountManagementOnly }: AssessedEvidence): boolean {
  return !accountManagementOnly;
}

/** Whether these are the actions of the set, each by one of its methods. */
function isByMethods(set: readonly Action[], actions: readonly Action[]): boolean {
  const isSame = ({ authenticator, method, toEnroll }: Action, other: Action | undefined) =>
    authenticator === other?.authenticator && (method ?? other.method) === other.method && toEnroll === other.toEnroll;
  return set.length === actions.length && set.every((action, at) => isSame(action, actions[at]));
}
