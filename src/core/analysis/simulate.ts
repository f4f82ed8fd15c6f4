/** The steps that somebody would see: whatever is asked for is assumed to be proved, the best option first. */

import { evaluate } from '../decision/evaluate.ts';
import type { Decision, DenyReason, Skippable } from '../model/decision.ts';
import type { Enrollment, Evidence, Facts, Subject } from '../model/facts.ts';
import { NO_ENROLLMENT } from '../model/no-enrollment.ts';
import type { LayerTrace } from '../model/trace.ts';
import type { PolicySet } from '../policy/compile.ts';
import { identifierPageSecret } from '../queries/identifier-page-secret.ts';
import { nextStep, type Plan, type StepContext } from '../step/next-step.ts';
import type { AuthenticatorOption } from '../step/step.ts';
import { begin, identified, picked, proved, type Transaction } from '../step/transaction.ts';

export type SimulatedStep =
  /** `beside`: as in the step. */
  | { readonly kind: 'identify'; readonly identifyWith?: string }
  /** The person chooses; the simulation takes the first. */
  | {
      readonly kind: 'select';
      readonly purpose: 'challenge' | 'enroll';
      readonly options: readonly string[];
      readonly skippable?: Skippable;
    }
  | {
      readonly kind: 'challenge' | 'enroll';
      readonly authenticator: string;
      readonly label?: string;
      /** Other ways on from here. */
      readonly alternatives: readonly AuthenticatorOption[];
      /** The person may go on without. */
      readonly skippable?: Skippable;
      /** It is for the bar of Law 7, before one of these is enrolled. */
      readonly toEnroll?: readonly string[];
      /** Nobody can answer it: the person has nothing of the kind, and must not be told. */
      readonly unanswerable?: true;
    }
  | {
      readonly kind: 'denied';
      readonly reason: DenyReason;
      readonly layer?: LayerTrace['layer'];
      readonly rule?: string;
    }
  | { readonly kind: 'complete'; readonly acr?: string };

/** Where the simulated person is. */
interface Position {
  readonly transaction: Transaction;
  readonly subject?: Subject;
}

/** Every round proves or enrolls something that was missing; nobody has that much. */
const longest = 32;
const name = 'simulation';

/**
 * Walks the step loop with the evaluator and the step choice that serve the real one. Somebody whose evidence is given
 * has a session and is not asked who they are. Without a subject it ends with the question who it is.
 */
export function simulate(policies: PolicySet, facts: Facts): readonly SimulatedStep[] {
  const { subject, request, now } = facts;
  const transaction = begin({ id: name, request, now, lifetime: Number.MAX_SAFE_INTEGER - now });
  const start: Position = { transaction };
  const hasSession = subject !== undefined && facts.evidence.some((evidence) => evidence.subject === subject.id);
  let position: Position | undefined = hasSession ? identify(start, subject) : start;
  const steps: SimulatedStep[] = [];
  for (let round = 0; position !== undefined && round < longest; round += 1) {
    const turn = take(position, policies, facts);
    steps.push(...turn.steps);
    position = turn.next;
  }
  return steps;
}

interface Turn {
  readonly steps: readonly SimulatedStep[];
  /** Absent: it ends here. */
  readonly next?: Position;
}

function take(position: Position, policies: PolicySet, facts: Facts): Turn {
  const present = factsAt(position, facts);
  const decision = evaluate(policies, present);
  const identifyWith = decision.kind === 'identify' ? identifierPageSecret(policies, present) : undefined;
  const labels = (id: string) => position.subject?.enrollments.find((enrollment) => enrollment.id === id)?.label;
  const { lastUsed } = facts.device;
  const view: StepContext = {
    ...(identifyWith !== undefined && { identifyWith }),
    labels,
    canKeep: false,
    ...(lastUsed && { lastUsed }),
  };
  const plan = nextStep(decision, position.transaction, view, facts.now);
  if (plan.kind === 'start') return answerStarted(position, decision, plan, { policies, facts, view });
  const { step } = plan;
  switch (step.kind) {
    case 'identify':
      return answerIdentify(position, identifyWith, facts);
    case 'select':
      return answerSelect(position, step);
    default:
      return { steps: [ending(decision)] };
  }
}

function factsAt({ transaction, subject }: Position, { subject: _, ...given }: Facts): Facts {
  const { event: id, startedAt, requestedEnrollment } = transaction;
  return {
    ...given,
    transaction: { id, startedAt, ...(requestedEnrollment !== undefined && { requestedEnrollment }) },
    ...(subject && { subject }),
    evidence: [...(subject ? given.evidence : []), ...transaction.evidence],
  };
}

function ending(decision: Decision): SimulatedStep {
  if (decision.kind === 'allow') {
    const { acr } = decision.assurance;
    return { kind: 'complete', ...(acr !== undefined && { acr }) };
  }
  if (decision.kind !== 'deny') return { kind: 'denied', reason: 'unsatisfiable' };
  const { reason, layer, rule } = decision;
  return { kind: 'denied', reason, ...(layer && { layer }), ...(rule !== undefined && { rule }) };
}

function identify(position: Position, subject: Subject): Position {
  const named = identified(position.transaction, { id: subject.id, identifier: subject.id, decoy: false });
  return named.ok ? { transaction: named.transaction, subject } : position;
}

function answerIdentify(position: Position, identifyWith: string | undefined, { subject, now }: Facts): Turn {
  const steps: SimulatedStep[] = [{ kind: 'identify', ...(identifyWith !== undefined && { identifyWith }) }];
  if (subject === undefined) return { steps };
  const next = identify(position, subject);
  const typed = subject.enrollments.find(({ authenticator }) => authenticator === identifyWith);
  return { steps, next: typed ? prove(next, typed, 'sign_in', now) : next };
}

function prove(position: Position, enrollment: Enrollment, origin: Evidence['origin'], at: number): Position {
  const { authenticator, id, factors, characteristics } = enrollment;
  const subject = position.subject?.id ?? '';
  const transaction = position.transaction.event;
  const shown = { authenticator, enrollment: id, subject, factors, characteristics, amr: [], at, transaction, origin };
  return { ...position, transaction: proved(position.transaction, shown) };
}

function answerSelect(position: Position, step: Extract<Plan, { kind: 'step' }>['step'] & { kind: 'select' }): Turn {
  const { purpose, options, skippable } = step;
  const [first] = options;
  const keys = options.map(({ authenticator }) => authenticator);
  const shown: SimulatedStep = { kind: 'select', purpose, options: keys, ...(skippable && { skippable }) };
  if (first === undefined) return { steps: [shown] };
  return { steps: [shown], next: { ...position, transaction: picked(position.transaction, { purpose, ...first }) } };
}

function answerStarted(
  position: Position,
  decision: Decision,
  plan: Extract<Plan, { kind: 'start' }>,
  { policies, facts, view }: { readonly policies: PolicySet; readonly facts: Facts; readonly view: StepContext },
): Turn {
  const { authenticator, enrollment: id } = plan;
  const label = id === undefined ? undefined : view.labels(id);
  const step = {
    kind: plan.purpose,
    authenticator,
    ...(label !== undefined && { label }),
    alternatives: otherWays(decision, plan, view),
    ...('skippable' in decision && decision.skippable && { skippable: decision.skippable }),
    ...('toEnroll' in decision && decision.toEnroll && { toEnroll: decision.toEnroll }),
  };
  const { subject } = position;
  if (id === NO_ENROLLMENT || subject === undefined) return { steps: [{ ...step, unanswerable: true }] };
  if (plan.purpose === 'challenge') {
    const enrollment = subject.enrollments.find((one) => one.id === id);
    return { steps: [step], ...(enrollment && { next: prove(position, enrollment, 'sign_in', facts.now) }) };
  }
  const descriptor = policies.authenticators.find(({ key }) => key === authenticator);
  if (descriptor === undefined) return { steps: [step] };
  const { factors, characteristics } = descriptor;
  const count = subject.enrollments.length;
  const enrolled: Enrollment = { id: `${name}-${count}`, authenticator, factors, characteristics };
  const grown = { ...position, subject: { ...subject, enrollments: [...subject.enrollments, enrolled] } };
  return { steps: [step], next: prove(grown, enrolled, 'enrollment', facts.now) };
}

function otherWays(
  decision: Decision,
  plan: Extract<Plan, { kind: 'start' }>,
  { labels }: StepContext,
): readonly AuthenticatorOption[] {
  if (decision.kind === 'enroll') {
    const others = decision.choices.filter((authenticator) => authenticator !== plan.authenticator);
    return others.map((authenticator) => ({ authenticator }));
  }
  if (decision.kind !== 'challenge') return [];
  const all = decision.options.flatMap(({ authenticator, enrollments }) =>
    enrollments.map((enrollment) => ({ authenticator, enrollment })),
  );
  return all
    .filter(({ enrollment }) => enrollment !== plan.enrollment)
    .map(({ authenticator, enrollment }) => {
      const label = labels(enrollment);
      return { authenticator, enrollment, ...(label !== undefined && { label }) };
    });
}
