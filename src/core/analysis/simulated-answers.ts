/** The steps of a simulation, and how the simulated user answers each: every proof and every enrollment succeeds. */

import { consentTo, withAnswer } from '../decision/consent.ts';
import type { AskedScope, Decision, DenyReason, ProfileRequest, Skippable } from '../model/decision.ts';
import type { AuthenticatorDescriptor, Enrollment, Evidence, Facts, Seconds, Subject } from '../model/facts.ts';
import { NO_ENROLLMENT } from '../model/no-enrollment.ts';
import { omitUndefined } from '../model/omit-undefined.ts';
import type { LayerTrace } from '../model/trace.ts';
import type { PolicySet } from '../policy/compile.ts';
import type { Plan } from '../step/next-step.ts';
import type { AuthenticatorOption, Step } from '../step/step.ts';
import { begin, type Choice, type Transaction } from '../step/transaction.ts';
import { consented, picked, proved, selectedAccount, toldOfDeletion } from '../step/transitions.ts';

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
      /** The methods that are offered, where that are not all. */
      readonly methods?: readonly string[];
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
  | { readonly kind: 'consent'; readonly scopes: readonly AskedScope[] }
  | { readonly kind: 'keep_account'; readonly dueAt: Seconds }
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

/** How far the simulated user, who has identified, has got. */
export interface Progress {
  readonly transaction: Transaction;
  readonly subject: Subject;
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
  /** The methods by which a proof makes progress. */
  readonly methods: readonly string[] | undefined;
}

/** What a decision says beside the options, where it asks for something. */
interface Asked extends Pick<Decision, 'kind'> {
  readonly skippable?: Skippable;
  readonly toEnroll?: readonly string[];
}

/** A user who has identified, and has proved nothing in this transaction. */
export function identifiedAs(subject: Subject, { request, now }: Facts): Progress {
  const begun = begin({ id: 'simulation', request, now, lifetime: Number.POSITIVE_INFINITY });
  const { id } = subject;
  return { transaction: { ...selectedAccount(begun), subject: { id, identifier: id, decoy: false } }, subject };
}

/** The user identifies, and proves the secret that the page asks for, too. */
export function answerIdentify(identifyWith: string | undefined, facts: Facts): Turn {
  const steps: SimulatedStep[] = [omitUndefined({ kind: 'identify' as const, identifyWith })];
  const { subject, now: at } = facts;
  if (subject === undefined) return { steps };
  const next = identifiedAs(subject, facts);
  const typed = subject.enrollments.find(({ authenticator }) => authenticator === identifyWith);
  return { steps, next: typed ? prove(next, typed, { origin: 'sign_in', at }) : next };
}

function prove(
  progress: Progress,
  enrollment: Enrollment,
  { origin, at, method }: Pick<Evidence, 'origin' | 'at' | 'method'>,
): Progress {
  const { authenticator, id, factors, characteristics } = enrollment;
  const subject = progress.subject.id;
  const transaction = progress.transaction.event;
  const verification = { authenticator, enrollment: id, factors, characteristics, amr: [] };
  const evidence = { ...verification, ...omitUndefined({ method }), subject, at, transaction, origin };
  return { ...progress, transaction: proved(progress.transaction, evidence) };
}

/** The user selects the first option. */
export function answerSelect(progress: Progress, step: Extract<Step, { kind: 'select' }>): Turn {
  const { purpose, options, skippable } = step;
  const [first] = options;
  const keys = options.map(({ authenticator }) => authenticator);
  const steps: SimulatedStep[] = [omitUndefined({ kind: 'select' as const, purpose, options: keys, skippable })];
  const after = (choice: Choice) => ({ ...progress, transaction: picked(progress.transaction, choice) });
  return { steps, ...(first && { next: after({ purpose, ...first }) }) };
}

/** The user fills everything in. */
export function answerProfile(progress: Progress, { required, optional, terms, canSkip }: ProfileRequest): Turn {
  const { subject } = progress;
  const filled = Object.fromEntries([...required, ...optional].map((name) => [name, 'simulated']));
  const accepted = Object.fromEntries(terms.map(({ id, version }) => [id, version]));
  const profile = { ...filled, ...subject.profile };
  return {
    steps: [omitUndefined({ kind: 'profile' as const, required, optional, terms, canSkip })],
    next: { ...progress, subject: { ...subject, profile, acceptedTerms: { ...subject.acceptedTerms, ...accepted } } },
  };
}

/** The user grants everything. */
export function grantConsent(progress: Progress, scopes: readonly AskedScope[]): Turn {
  const { subject, transaction } = progress;
  const { clientId } = transaction.request;
  const consents = { ...subject.consents, [clientId]: withAnswer(consentTo(clientId, subject), scopes, () => true) };
  return {
    steps: [{ kind: 'consent', scopes }],
    next: { transaction: consented(transaction), subject: { ...subject, consents } },
  };
}

/** The user lets the account go. */
export function goOnToDeletion(progress: Progress, dueAt: Seconds): Turn {
  const next = { ...progress, transaction: toldOfDeletion(progress.transaction) };
  return { steps: [{ kind: 'keep_account', dueAt }], next };
}

/** The user proves or enrolls the authenticator. */
export function answerStarted(progress: Progress, started: Started, { policies, facts }: Simulation): Turn {
  const { purpose, authenticator, enrollment: id } = started.plan;
  const step = startedStep(started, progress, policies);
  const at = facts.now;
  const methodOf = (has: readonly string[] | undefined) =>
    started.methods?.find((one) => has?.includes(one) ?? true) ?? started.methods?.[0];
  if (id === NO_ENROLLMENT) return { steps: [{ ...step, unanswerable: true }] };
  if (purpose === 'enroll') {
    const descriptor = policies.authenticators.find(({ key }) => key === authenticator);
    const method = methodOf(undefined);
    return { steps: [step], ...(descriptor && { next: simulateEnrollment(progress, descriptor, { at, method }) }) };
  }
  const enrollment = progress.subject.enrollments.find((one) => one.id === id);
  if (enrollment === undefined) return { steps: [step] };
  const proof = omitUndefined({ origin: 'sign_in' as const, at, method: methodOf(enrollment.methods) });
  return { steps: [step], next: prove(progress, enrollment, proof) };
}

function startedStep({ decision, plan, methods }: Started, { subject }: Progress, { authenticators }: PolicySet) {
  const { purpose, authenticator, enrollment } = plan;
  const all = authenticators.find(({ key }) => key === authenticator)?.methods;
  const { skippable, toEnroll }: Asked = decision;
  return omitUndefined({
    kind: purpose,
    authenticator,
    label: labelIn(subject, enrollment),
    methods: methods?.length === all?.length ? undefined : methods,
    alternatives: otherOptions(decision, plan, subject),
    skippable,
    toEnroll,
  });
}

function simulateEnrollment(
  progress: Progress,
  descriptor: AuthenticatorDescriptor,
  { at, method }: { readonly at: Seconds; readonly method: string | undefined },
): Progress {
  const { subject } = progress;
  const { key: authenticator, factors, characteristics } = descriptor;
  const id = `simulated-${subject.enrollments.length}`;
  const enrolled: Enrollment = { id, authenticator, factors, characteristics };
  const extended = { ...progress, subject: { ...subject, enrollments: [...subject.enrollments, enrolled] } };
  return prove(extended, enrolled, omitUndefined({ origin: 'enrollment' as const, at, method }));
}

function otherOptions(decision: Decision, plan: Started['plan'], subject: Subject): readonly AuthenticatorOption[] {
  const challenges = decision.kind === 'challenge' ? decision.options : [];
  const toProve = challenges.flatMap(({ authenticator, enrollments }): readonly AuthenticatorOption[] =>
    enrollments.map((enrollment) => omitUndefined({ authenticator, enrollment, label: labelIn(subject, enrollment) })),
  );
  const choices = decision.kind === 'enroll' ? decision.choices : [];
  const toEnroll = choices.map((authenticator): AuthenticatorOption => ({ authenticator }));
  return [...toProve, ...toEnroll].filter(
    (one) => one.enrollment !== plan.enrollment || one.authenticator !== plan.authenticator,
  );
}

/** The name that the user gave to an enrollment. */
export function labelIn({ enrollments }: Subject, enrollment: string | undefined): string | undefined {
  return enrollments.find(({ id }) => id === enrollment)?.label;
}
