/**
 * The steps that follow if the user acts otherwise than the simulated one: skips what may be skipped, or fails at a
 * step and takes the next option.
 */
import type { Facts } from '../../model/facts.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { picked, skipping } from '../../step/transitions.ts';
import { decisionAt, maxTurns, startOf, takeTurn, walkFrom } from './simulate.ts';
import { identifiedAs, type Progress, type SimulatedStep, type Simulation } from './simulated-answers.ts';

/** Another way from one of the simulated steps on. */
export interface Branch {
  /** Index of that step. */
  readonly at: number;
  readonly when: 'skipped' | 'failed';
  /** The authenticator that the user cannot prove. */
  readonly without?: string;
  /** The steps to the end of the sign-in. Empty: without this answer, the user does not get in. */
  readonly steps: readonly SimulatedStep[];
}

interface StepAt {
  readonly step: SimulatedStep;
  readonly at: number;
  readonly from: Progress;
}

/** The alternative answers, in the order of the steps of `simulate` for the same facts. */
export function branchesOf(policies: PolicySet, facts: Facts): readonly Branch[] {
  const simulation = { policies, facts };
  const all = stepsOf(simulation);
  const isLetIn = all.at(-1)?.step.kind === 'complete';
  // For a user who is denied, only what leads in makes a difference, such as to sign in without an expired password.
  const isOfInterest = ({ steps }: Branch) => isLetIn || steps.at(-1)?.kind === 'complete';
  return all.flatMap((stepAt) => [...failed(stepAt, simulation).filter(isOfInterest), ...skipped(stepAt, simulation)]);
}

function stepsOf(simulation: Simulation): readonly StepAt[] {
  const { subject } = simulation.facts;
  const first = startOf(simulation);
  if (subject === undefined || first.next === undefined) return [];
  const begun = first.steps.map((step) => ({ step, from: identifiedAs(subject, simulation.facts) }));
  const turns = walkFrom(first.next, simulation).flatMap(({ steps, from }) => steps.map((step) => ({ step, from })));
  return [...begun, ...turns].map((turn, index) => ({ ...turn, at: index }));
}

function stepsFrom(progress: Progress, simulation: Simulation): readonly SimulatedStep[] {
  return walkFrom(progress, simulation).flatMap(({ steps }) => steps);
}

function skipped({ step, at, from }: StepAt, simulation: Simulation): readonly Branch[] {
  const next = afterSkip(step, from);
  return next === undefined ? [] : [{ at, when: 'skipped', steps: stepsFrom(next, simulation) }];
}

function afterSkip(step: SimulatedStep, { transaction, subject }: Progress): Progress | undefined {
  if (step.kind === 'profile' && step.canSkip) {
    const offeredAttributes = [...(subject.offeredAttributes ?? []), ...step.optional];
    return { transaction, subject: { ...subject, offeredAttributes } };
  }
  const skippable = 'skippable' in step ? step.skippable : undefined;
  return skippable && { transaction: skipping(transaction, skippable.authenticators), subject };
}

/** The user who cannot prove what is asked for takes the best of the other options, here and from here on. */
function failed({ step, at, from }: StepAt, simulation: Simulation): readonly Branch[] {
  const key = step.kind === 'identify' ? step.identifyWith : step.kind === 'challenge' ? step.authenticator : undefined;
  const has = from.subject.enrollments.some(({ authenticator }) => authenticator === key);
  return key === undefined || !has
    ? []
    : [{ at, when: 'failed', without: key, steps: stepsWithout(key, from, simulation) }];
}

/** Empty: the user does not get in without it. */
function stepsWithout(key: string, start: Progress, simulation: Simulation): readonly SimulatedStep[] {
  const steps: SimulatedStep[] = [];
  let from: Progress | undefined = start;
  for (let turns = 0; from !== undefined && turns < maxTurns; turns += 1) {
    const next = withoutKey(key, from, simulation);
    if (next === undefined) return [];
    const turn = takeTurn(next, simulation);
    steps.push(...turn.steps.map((step) => notOffering(key, step)));
    from = turn.next;
  }
  return steps.at(-1)?.kind === 'complete' ? steps : [];
}

function notOffering(key: string, step: SimulatedStep): SimulatedStep {
  if (step.kind !== 'challenge') return step;
  return { ...step, alternatives: step.alternatives.filter(({ authenticator }) => authenticator !== key) };
}

/** Undefined: nothing but that is asked for. */
function withoutKey(key: string, from: Progress, simulation: Simulation): Progress | undefined {
  const decision = decisionAt(from, simulation);
  if (decision.kind !== 'challenge') return from;
  const other = decision.options.find(({ authenticator }) => authenticator !== key);
  const [enrollment] = other?.enrollments ?? [];
  if (other === undefined || enrollment === undefined) return undefined;
  const choice = { purpose: 'challenge' as const, authenticator: other.authenticator, enrollment };
  return { ...from, transaction: picked(from.transaction, choice) };
}
