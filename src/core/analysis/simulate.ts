/**
 * Predicts the steps that a user will see. It walks the step loop with the evaluator and the choice of steps that serve
 * real sign-ins, and answers each step: whatever is asked for is proved, the best option first.
 */

import { evaluate } from '../decision/evaluate.ts';
import type { Decision, DenyReason, Skippable } from '../model/decision.ts';
import type { Enrollment, Evidence, Facts, Subject } from '../model/facts.ts';
import { NO_ENROLLMENT } from '../model/no-enrollment.ts';
import { omitUndefined } from '../model/omit-undefined.ts';
import type { LayerTrace } from '../model/trace.ts';
import type { PolicySet } from '../policy/compile.ts';
import { identifierPageSecret } from '../queries/identifier-page-secret.ts';
import { nextStep, type Plan, type StepContext } from '../step/next-step.ts';
import type { AuthenticatorOption, Step } from '../step/step.ts';
import { begin, identified, picked, proved, type Transaction } from '../step/transaction.ts';

/** One predicted step, or the end of the sign-in. */
export type SimulatedStep =
  /** `identifyWith`: as in the step. */
  | { readonly kind: 'identify'; readonly identifyWith?: string }
  /** The user would choose; the simulation takes the first option. */
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
      /** The other options. */
      readonly alternatives: readonly AuthenticatorOption[];
      /** The user may skip it. */
      readonly skippable?: Skippable;
      /** It serves the account-management requirement (Law 7), before one of these is enrolled. */
      readonly toEnroll?: readonly string[];
      /** Nothing is enrolled that could answer it, and the page must not reveal that. */
      readonly unanswerable?: true;
    }
  | {
      readonly kind: 'denied';
      readonly reason: DenyReason;
      readonly layer?: LayerTrace['layer'];
      readonly rule?: string;
    }
  | { readonly kind: 'complete'; readonly acr?: string };

/** What the walk depends on. */
interface Simulation {
  readonly policies: PolicySet;
  readonly facts: Facts;
}

/** How far the simulated user has got. */
interface Progress {
  readonly transaction: Transaction;
  readonly subject?: Subject;
}

interface Turn {
  readonly steps: readonly SimulatedStep[];
  /** Absent: the sign-in ends here. */
  readonly next?: Progress;
}

/** Every turn proves or enrolls something that was missing, so no real sign-in takes as many. */
const maxTurns = 32;
const name = 'simulation';

/**
 * The steps of a sign-in under these facts, to its end. A user with evidence in the facts has a session and does not
 * have to identify. Without a subject the walk ends with the identify step.
 */
export function simulate(policies: PolicySet, facts: Facts): readonly SimulatedStep[] {
  const { subject, request, now } = facts;
  const transaction = begin({ id: name, request, now, lifetime: Number.MAX_SAFE_INTEGER - now });
  const start: Progress = { transaction };
  const hasSession = subject !== undefined && facts.evidence.some((evidence) => evidence.subject === subject.id);
  let progress: Progress | undefined = hasSession ? identify(start, subject) : start;
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

function identify(progress: Progress, subject: Subject): Progress {
  const result = identified(progress.transaction, { id: subject.id, identifier: subject.id, decoy: false });
  return result.ok ? { transaction: result.transaction, subject } : progress;
}

function answerIdentify(progress: Progress, identifyWith: string | undefined, { subject, now }: Facts): Turn {
  const steps: SimulatedStep[] = [omitUndefined({ kind: 'identify' as const, identifyWith })];
  if (subject === undefined) return { steps };
  const next = identify(progress, subject);
  const typed = subject.enrollments.find(({ authenticator }) => authenticator === identifyWith);
  return { steps, next: typed ? prove(next, typed, { origin: 'sign_in', at: now }) : next };
}

function prove(progress: Progress, enrollment: Enrollment, { origin, at }: Pick<Evidence, 'origin' | 'at'>): Progress {
  const { authenticator, id, factors, characteristics } = enrollment;
  const subject = progress.subject?.id ?? '';
  const transaction = progress.transaction.event;
  const verification = { authenticator, enrollment: id, factors, characteristics, amr: [] };
  const evidence = { ...verification, subject, at, transaction, origin };
  return { ...progress, transaction: proved(progress.transaction, evidence) };
}

function answerSelect(progress: Progress, step: Extract<Step, { kind: 'select' }>): Turn {
  const { purpose, options, skippable } = step;
  const [first] = options;
  const keys = options.map(({ authenticator }) => authenticator);
  const steps: SimulatedStep[] = [omitUndefined({ kind: 'select' as const, purpose, options: keys, skippable })];
  if (first === undefined) return { steps };
  return { steps, next: { ...progress, transaction: picked(progress.transaction, { purpose, ...first }) } };
}

interface Started {
  readonly decision: Decision;
  readonly plan: Extract<Plan, { kind: 'start' }>;
  readonly view: StepContext;
}

function answerStarted(progress: Progress, started: Started, { policies, facts }: Simulation): Turn {
  const { purpose, authenticator, enrollment: id } = started.plan;
  const step = startedStep(started);
  const { subject } = progress;
  if (id === NO_ENROLLMENT || subject === undefined) return { steps: [{ ...step, unanswerable: true }] };
  if (purpose === 'enroll') return enroll(progress, step, { policies, facts });
  const enrollment = subject.enrollments.find((one) => one.id === id && one.authenticator === authenticator);
  const at = facts.now;
  return { steps: [step], ...(enrollment && { next: prove(progress, enrollment, { origin: 'sign_in', at }) }) };
}

function startedStep({ decision, plan, view }: Started) {
  const { purpose, authenticator, enrollment } = plan;
  return omitUndefined({
    kind: purpose,
    authenticator,
    label: enrollment === undefined ? undefined : view.labels(enrollment),
    alternatives: otherOptions(decision, plan, view),
    skippable: 'skippable' in decision ? decision.skippable : undefined,
    toEnroll: 'toEnroll' in decision ? decision.toEnroll : undefined,
  });
}

function enroll(progress: Progress, step: ReturnType<typeof startedStep>, { policies, facts }: Simulation): Turn {
  const { subject } = progress;
  const descriptor = policies.authenticators.find(({ key }) => key === step.authenticator);
  if (descriptor === undefined || subject === undefined) return { steps: [step] };
  const { key: authenticator, factors, characteristics } = descriptor;
  const id = `${name}-${subject.enrollments.length}`;
  const enrolled: Enrollment = { id, authenticator, factors, characteristics };
  const extended = { ...progress, subject: { ...subject, enrollments: [...subject.enrollments, enrolled] } };
  return { steps: [step], next: prove(extended, enrolled, { origin: 'enrollment', at: facts.now }) };
}

function otherOptions(
  decision: Decision,
  plan: Started['plan'],
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
    .map((option) => omitUndefined({ ...option, label: labels(option.enrollment) }));
}
