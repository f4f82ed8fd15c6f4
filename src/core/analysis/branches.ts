/**
 * What follows where the user does otherwise than the simulated one: skips what may be skipped, or fails at what is
 * asked for and takes the next option.
 */
import type { DecisionOutcome } from '../model/decision.ts';
import type { Facts } from '../model/facts.ts';
import type { PolicySet } from '../policy/compile.ts';
import type { Choice } from '../step/transaction.ts';
import { picked, skipping } from '../step/transitions.ts';
import { decisionAt, startOf, walkFrom } from './simulate.ts';
import { identifiedAs, type Progress, type SimulatedStep, type Simulation } from './simulated-answers.ts';

/** Another way from one of the simulated steps on. */
export interface Branch {
  /** Index of that step. */
  readonly at: number;
  readonly when: 'skipped' | 'failed';
  /** To the end of the sign-in. Empty: nothing else would do. */
  readonly steps: readonly SimulatedStep[];
}

interface StepAt {
  readonly step: SimulatedStep;
  readonly at: number;
  readonly from: Progress;
}

/** In the order of the steps of `simulate` under the same facts. */
export function branchesOf(policies: PolicySet, facts: Facts): readonly Branch[] {
  const simulation = { policies, facts };
  return stepsOf(simulation).flatMap((one) => [...failed(one, simulation), ...skipped(one, simulation)]);
}

function stepsOf(simulation: Simulation): readonly StepAt[] {
  const { subject } = simulation.facts;
  const first = startOf(simulation);
  if (subject === undefined || first.next === undefined) return [];
  const begun = first.steps.map((step) => ({ step, from: identifiedAs(subject, simulation.facts) }));
  const turns = walkFrom(first.next, simulation).flatMap(({ steps, from }) => steps.map((step) => ({ step, from })));
  return [...begun, ...turns].map((one, at) => ({ ...one, at }));
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

/** The user who cannot prove what is asked for takes the best of the other options. */
function failed({ step, at, from }: StepAt, simulation: Simulation): readonly Branch[] {
  const key = step.kind === 'identify' ? step.identifyWith : step.kind === 'challenge' ? step.authenticator : undefined;
  if (key === undefined || ('unanswerable' in step && step.unanswerable)) return [];
  if (step.kind === 'identify' && !from.subject.enrollments.some(({ authenticator }) => authenticator === key))
    return [];
  const [other] = otherChoices(decisionAt(from, simulation), key);
  if (other === undefined) return [{ at, when: 'failed', steps: [] }];
  const next = { ...from, transaction: picked(from.transaction, other) };
  return [{ at, when: 'failed', steps: stepsFrom(next, simulation) }];
}

/** By another authenticator; the same one by another enrollment asks for much the same. */
function otherChoices(decision: DecisionOutcome, key: string): readonly Choice[] {
  if (decision.kind !== 'challenge') return [];
  return decision.options
    .filter(({ authenticator }) => authenticator !== key)
    .flatMap(({ authenticator, enrollments: [enrollment] }) =>
      enrollment === undefined ? [] : [{ purpose: 'challenge' as const, authenticator, enrollment }],
    );
}
