/**
 * Predicts the steps that a user will see. It walks the step loop with the evaluator and the choice of steps that serve
 * real sign-ins, and answers each step: whatever is asked for is proved, the best option first.
 */

import { evaluate } from '../decision/evaluate.ts';
import type { Decision } from '../model/decision.ts';
import type { Facts } from '../model/facts.ts';
import { omitUndefined } from '../model/omit-undefined.ts';
import type { PolicySet } from '../policy/compile.ts';
import { identifierPageSecret } from '../queries/identifier-page-secret.ts';
import { nextStep, type StepContext } from '../step/next-step.ts';
import { begin } from '../step/transaction.ts';
import {
  answerIdentify,
  answerProfile,
  answerSelect,
  answerStarted,
  identifyAs,
  type Progress,
  type SimulatedStep,
  type Simulation,
  type Turn,
} from './simulated-answers.ts';

/** Every turn proves or enrolls something that was missing, so no real sign-in takes as many. */
const maxTurns = 32;

/**
 * The steps of a sign-in under these facts, to its end. A user with evidence in the facts has a session and does not
 * have to identify. Without a subject the walk ends with the identify step.
 */
export function simulate(policies: PolicySet, facts: Facts): readonly SimulatedStep[] {
  const { subject, request, now } = facts;
  const transaction = begin({ id: 'simulation', request, now, lifetime: Number.MAX_SAFE_INTEGER - now });
  const start: Progress = { transaction };
  const hasSession = subject !== undefined && facts.evidence.some((evidence) => evidence.subject === subject.id);
  let progress: Progress | undefined = hasSession ? identifyAs(start, subject) : start;
  const steps: SimulatedStep[] = [];
  for (let turns = 0; progress !== undefined && turns < maxTurns; turns += 1) {
    const turn = takeTurn(progress, { policies, facts });
    steps.push(...turn.steps);
    progress = turn.next;
  }
  return steps;
}

function takeTurn(progress: Progress, simulation: Simulation): Turn {
  const { policies, facts } = simulation;
  const present = factsAt(progress, facts);
  const decision = evaluate(policies, present);
  const identifyWith = decision.kind === 'identify' ? identifierPageSecret(policies, present) : undefined;
  const view = viewOf(progress, facts, identifyWith);
  const plan = nextStep(decision, { transaction: progress.transaction, view, now: facts.now });
  if (plan.kind === 'start') return answerStarted(progress, { decision, plan, view }, simulation);
  const { step } = plan;
  switch (step.kind) {
    case 'identify':
      return answerIdentify(progress, identifyWith, facts);
    case 'select':
      return answerSelect(progress, step);
    case 'profile': {
      if (decision.kind !== 'profile') return { steps: [ending(decision)] };
      const { kind: _, trace: _trace, ...asked } = decision;
      return answerProfile(progress, asked);
    }
    default:
      return { steps: [ending(decision)] };
  }
}

function viewOf({ subject }: Progress, { device }: Facts, identifyWith: string | undefined): StepContext {
  const { lastUsed } = device;
  return omitUndefined({
    identifyWith,
    labels: (id: string) => subject?.enrollments.find((enrollment) => enrollment.id === id)?.label,
    canKeep: false,
    lastUsed,
  });
}

function factsAt({ transaction, subject }: Progress, { subject: _, ...facts }: Facts): Facts {
  const { event: id, startedAt, requestedEnrollment } = transaction;
  return {
    ...facts,
    transaction: { id, startedAt, ...(requestedEnrollment !== undefined && { requestedEnrollment }) },
    ...(subject && { subject }),
    evidence: [...(subject ? facts.evidence : []), ...transaction.evidence],
  };
}

function ending(decision: Decision): SimulatedStep {
  if (decision.kind === 'allow') return omitUndefined({ kind: 'complete' as const, acr: decision.assurance.acr });
  if (decision.kind !== 'deny') return { kind: 'denied', reason: 'unsatisfiable' };
  const { reason, layer, rule } = decision;
  return omitUndefined({ kind: 'denied' as const, reason, layer, rule });
}
