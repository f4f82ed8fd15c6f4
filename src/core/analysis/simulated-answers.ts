/** The steps of a simulation, and how the simulated user answers each: every proof and every enrollment succeeds. */

import type { Decision, DenyReason, ProfileRequest, Skippable } from '../model/decision.ts';
import type { Enrollment, Evidence, Facts, Subject } from '../model/facts.ts';
import { NO_ENROLLMENT } from '../model/no-enrollment.ts';
import { omitUndefined } from '../model/omit-undefined.ts';
import type { LayerTrace } from '../model/trace.ts';
import type { PolicySet } from '../policy/compile.ts';
import type { Plan, StepContext } from '../step/next-step.ts';
import type { AuthenticatorOption, Step } from '../step/step.ts';
import type { Transaction } from '../step/transaction.ts';
import { identified, picked, proved } from '../step/transitions.ts';

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
  | ({ readonly kind: 'profile' } & ProfileRequest)
  | {
      readonly kind: 'denied';
      readonly reason: DenyReason;
      readonly layer?: LayerTrace['layer'];
      readonly rule?: string;
    }
  | { readonly kind: 'complete'; readonly acr?: string };

/** What the walk depends on. */
export interface Simulation {
  readonly policies: PolicySet;
  readonly facts: Facts;
}

/** How far the simulated user has got. */
export interface Progress {
  readonly transaction: Transaction;
  readonly subject?: Subject;
}

/** Predicted steps, and where the user is after them. */
export interface Turn {
  readonly steps: readonly SimulatedStep[];
  /** Absent: the sign-in ends here. */
  readonly next?: Progress;
}

/** A challenge or an enrollment that the user is asked for. */
interface Started {
  readonly decision: Decision;
  readonly plan: Extract<Plan, { kind: 'start' }>;
  readonly view: StepContext;
}

/** The simulated user identifies. */
export function identifyAs(progress: Progress, subject: Subject): Progress {
  const result = identified(progress.transaction, { id: subject.id, identifier: subject.id, decoy: false });
  return result.ok ? { transaction: result.transaction, subject } : progress;
}

/** The user identifies, and proves the secret that the page asks for, too. */
export function answerIdentify(progress: Progress, identifyWith: string | undefined, { subject, now }: Facts): Turn {
  const steps: SimulatedStep[] = [omitUndefined({ kind: 'identify' as const, identifyWith })];
  if (subject === undefined) return { steps };
  const next = identifyAs(progress, subject);
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

/** The user selects the first option. */
export function answerSelect(progress: Progress, step: Extract<Step, { kind: 'select' }>): Turn {
  const { purpose, options, skippable } = step;
  const [first] = options;
  const keys = options.map(({ authenticator }) => authenticator);
  const steps: SimulatedStep[] = [omitUndefined({ kind: 'select' as const, purpose, options: keys, skippable })];
  if (first === undefined) return { steps };
  return { steps, next: { ...progress, transaction: picked(progress.transaction, { purpose, ...first }) } };
}

/** The user fills everything in. */
export function answerProfile(progress: Progress, asked: ProfileRequest): Turn {
  const { subject } = progress;
  const steps: SimulatedStep[] = [{ kind: 'profile', ...asked }];
  if (subject === undefined) return { steps };
  const names = [...asked.required, ...asked.optional];
  const filled = Object.fromEntries(names.map((name) => [name, subject.profile[name] ?? 'simulated']));
  const accepted = Object.fromEntries(asked.terms.map(({ id, version }) => [id, version]));
  const acceptedTerms = { ...subject.acceptedTerms, ...accepted };
  return {
    steps,
    next: { ...progress, subject: { ...subject, profile: { ...subject.profile, ...filled }, acceptedTerms } },
  };
}

/** The user proves or enrolls the authenticator. */
export function answerStarted(progress: Progress, started: Started, { policies, facts }: Simulation): Turn {
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
  const id = `simulated-${subject.enrollments.length}`;
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
