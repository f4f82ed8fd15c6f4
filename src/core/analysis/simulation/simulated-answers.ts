/** The steps of a simulation, and how the simulated user answers each: every proof and every enrollment succeeds. */

import { consentTo, withAnswer } from '../../decision/consent.ts';
import type { AskedScope, Denial, ProfileRequest, Skippable } from '../../model/decision.ts';
import type { Enrollment, Evidence, Facts, Seconds, Subject } from '../../model/facts.ts';
import { omitUndefined } from '../../model/omit-undefined.ts';
import type { KeptPassword, ReplacementReason } from '../../model/password-policy.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { isFilledIn } from '../../profile/profile-terms.ts';
import type { AuthenticatorOption, Step } from '../../step/step.ts';
import { type Choice, newTransaction, type Transaction } from '../../step/transaction.ts';
import { consented, deletionAcknowledgedBy, picked, proved, selectedAccount } from '../../step/transitions.ts';

/** One predicted step, or the outcome of the sign-in. */
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
      /** What is proved. Set only if the user has several enrollments of the authenticator. */
      readonly enrollment?: string;
      readonly label?: string;
      /** The methods that are offered, where that are not all. */
      readonly methods?: readonly string[];
      /** The other options. */
      readonly alternatives: readonly OfferedOption[];
      /** The user may skip it. */
      readonly skippable?: Skippable;
      /** Why this enrollment replaces the present one. */
      readonly replacementReason?: ReplacementReason;
      /** It serves the account-management requirement (Law 7), before one of these is enrolled. */
      readonly toEnroll?: readonly string[];
      /** Nothing is enrolled that could answer it, and the page must not reveal that. */
      readonly unanswerable?: true;
    }
  | ({ readonly kind: 'profile' } & ProfileRequest)
  | { readonly kind: 'consent'; readonly scopes: readonly AskedScope[] }
  | { readonly kind: 'keep_account'; readonly dueAt: Seconds }
  | ({ readonly kind: 'denied' } & Denial)
  /** `keptPassword`: as in the decision. */
  | { readonly kind: 'complete'; readonly acr?: string; readonly keptPassword?: KeptPassword };

/** An option, with the methods that are offered, where that are not all. */
export interface OfferedOption extends AuthenticatorOption {
  readonly methods?: readonly string[];
}

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

/** A user who has identified, and has proved nothing in this transaction. */
export function identifiedAs(subject: Subject, { request, now }: Facts): Progress {
  const begun = newTransaction({ id: 'simulation', request, now, lifetime: Number.POSITIVE_INFINITY });
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

/** The user proves an enrollment. */
export function prove(
  progress: Progress,
  enrollment: Enrollment,
  { at, ...proof }: Pick<Evidence, 'origin' | 'at' | 'method' | 'replacesProof'>,
): Progress {
  const { authenticator, id, factors, characteristics } = enrollment;
  const subject = progress.subject.id;
  const transaction = progress.transaction.event;
  const verification = { authenticator, enrollment: id, factors, characteristics, amr: [] };
  const evidence = { ...verification, ...proof, subject, at, transaction };
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
  const open = [...required, ...optional].filter((name) => !isFilledIn(subject.profile, name));
  const accepted = Object.fromEntries(terms.map(({ id, version }) => [id, version]));
  const profile = { ...subject.profile, ...Object.fromEntries(open.map((name) => [name, 'simulated'])) };
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
  const next = { ...progress, transaction: deletionAcknowledgedBy(progress.transaction) };
  return { steps: [{ kind: 'keep_account', dueAt }], next };
}

/** The name that the user gave to an enrollment. */
export function labelIn({ enrollments }: Subject, enrollment: string | undefined): string | undefined {
  return enrollments.find(({ id }) => id === enrollment)?.label;
}
