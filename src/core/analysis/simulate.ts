/**
 * Predicts the steps that a user will see. It walks the step loop with the evaluator and the choice of steps that serve
 * real sign-ins, and answers each step: whatever is asked for is proved, the best option first.
 */

import { evaluate } from '../decision/evaluate.ts';
import type { Decision, Denial } from '../model/decision.ts';
import type { Facts } from '../model/facts.ts';
import { omitUndefined } from '../model/omit-undefined.ts';
import type { PolicySet } from '../policy/compile.ts';
import { identifierPageSecret } from '../queries/identifier-page-secret.ts';
import { nextStep } from '../step/next-step.ts';
import {
  answerIdentify,
  answerProfile,
  answerSelect,
  answerStarted,
  goOnToDeletion,
  grantConsent,
  identifiedAs,
  labelIn,
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
  const simulation = { policies, facts };
  const { subject } = facts;
  const hasSession = subject !== undefined && facts.evidence.some((evidence) => evidence.subject === subject.id);
  let turn: Turn = hasSession ? { steps: [], next: identifiedAs(subject, facts) } : firstTurn(simulation);
  const steps = [...turn.steps];
  for (let turns = 0; turn.next !== undefined && turns < maxTurns; turns += 1) {
    turn = takeTurn(turn.next, simulation);
    steps.push(...turn.steps);
  }
  return steps;
}

function firstTurn({ policies, facts }: Simulation): Turn {
  const { subject: _, ...anonymous } = facts;
  const decision = evaluate(policies, anonymous);
  if (decision.kind !== 'identify') return { steps: [ending(decision)] };
  return answerIdentify(identifierPageSecret(policies, anonymous), facts);
}

function takeTurn(progress: Progress, simulation: Simulation): Turn {
  const { policies, facts } = simulation;
  const { transaction, subject } = progress;
  const decision = evaluate(policies, factsAt(progress, facts));
  if (decision.kind === 'profile') return answerProfile(progress, decision);
  if (decision.kind === 'consent') return grantConsent(progress, decision.scopes);
  if (decision.kind === 'keep_account') return goOnToDeletion(progress, decision.dueAt);
  const { lastUsed } = facts.device;
  const view = omitUndefined({ labels: (id: string) => labelIn(subject, id), canKeep: false, lastUsed });
  const plan = nextStep(decision, { transaction, view, now: facts.now });
  if (plan.kind === 'start') return answerStarted(progress, { decision, plan }, simulation);
  return plan.step.kind === 'select' ? answerSelect(progress, plan.step) : { steps: [ending(decision)] };
}

function factsAt({ transaction, subject }: Progress, facts: Facts): Facts {
  const { event: id, startedAt, requestedEnrollment, consented, accountSelected, deletionTold } = transaction;
  return {
    ...facts,
    transaction: omitUndefined({ id, startedAt, requestedEnrollment, consented, accountSelected, deletionTold }),
    subject,
    evidence: [...facts.evidence, ...transaction.evidence],
  };
}

function ending(decision: Decision): SimulatedStep {
  if (decision.kind === 'allow') return omitUndefined({ kind: 'complete' as const, acr: decision.assurance.acr });
  const { reason = 'unsatisfiable', layer, rule }: Pick<Decision, 'kind'> & Partial<Denial> = decision;
  return omitUndefined({ kind: 'denied' as const, reason, layer, rule });
}
