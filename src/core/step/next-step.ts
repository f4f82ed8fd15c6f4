/**
 * Turns a decision into the step that the user sees. The position in the flow is never stored: it is computed each time
 * (Law 1).
 */
import type { Decision, ProfileRequest, Rememberable, Skippable } from '../model/decision.ts';
import type { Seconds } from '../model/facts.ts';
import { omitUndefined } from '../model/omit-undefined.ts';
import type { ReplacementReason } from '../model/password-policy.ts';
import { type IdentifyContext, identifyStep } from './identify-step.ts';
import {
  challengesToSelect,
  enrollmentsToSelect,
  isOpen,
  listedOptions,
  type Option,
  type OptionsView,
  withSoleMethods,
} from './options.ts';
import type { AuthenticatorOption, ProfileField, Step } from './step.ts';
import type { Choice, Pending, Transaction } from './transaction.ts';

/** What the engine does next after a decision. */
export type Plan =
  | { readonly kind: 'step'; readonly step: Step }
  /** The engine must start this challenge or offer, store it as pending, and ask again. */
  | {
      readonly kind: 'start';
      readonly purpose: 'challenge' | 'enroll';
      readonly authenticator: string;
      readonly enrollment?: string;
      /** A challenge that the user left before. It becomes pending again, and nothing is started or sent. */
      readonly left?: Pending;
    };

/** What a step depends on besides decision and transaction. */
export interface StepContext extends OptionsView, IdentifyContext {
  /** The requested attributes that the user can fill in, with their present values. */
  readonly profileFields?: (asked: Pick<ProfileRequest, 'required' | 'optional'>) => readonly ProfileField[];
  /** From `endsOtherSessions`, for an authenticator that is offered for enrollment. */
  readonly endsOtherSessions?: (authenticator: string) => boolean;
}

/** The input for the next step. */
export interface Position {
  readonly transaction: Transaction;
  readonly view: StepContext;
  /** Epoch seconds. */
  readonly now: Seconds;
}

/**
 * The step to show, or what to start before it can be shown. The order of preference: a pending challenge or offer that
 * is still possible and has not expired, the user's choice, the option used last, the best option. If several
 * authenticators can be enrolled, the user chooses. `notices` are empty: the engine adds them.
 */
export function nextStep(decision: Decision, position: Position): Plan {
  const { transaction, view } = position;
  switch (decision.kind) {
    case 'identify':
      return planOf(identifyStep(transaction, view));
    case 'deny': {
      const { reason, isPassing } = decision;
      return planOf({ kind: 'denied', reason, ...(isPassing && { isPassing }), notices: [] });
    }
    case 'allow':
      return planOf({ kind: 'complete', notices: [] });
    case 'profile': {
      const { required, optional, terms, canSkip } = decision;
      const fields = view.profileFields?.({ required, optional }) ?? [];
      return planOf({ kind: 'profile', fields, terms, ...(canSkip && { canSkip }), notices: [] });
    }
    case 'consent':
      return planOf({ kind: 'consent', scopes: decision.scopes, notices: [] });
    case 'select_account':
      return planOf({ kind: 'select_account', notices: [] });
    case 'keep_account':
      return planOf({ kind: 'keep_account', dueAt: decision.dueAt, notices: [] });
    case 'challenge': {
      const { options, toEnroll, skippable, rememberable } = decision;
      const reason = omitUndefined({ toEnroll, skippable, rememberable });
      return ask({ purpose: 'challenge', options: challengesToSelect(options, view), reason }, position);
    }
    case 'enroll': {
      const options = enrollmentsToSelect(decision.choices);
      const reason = omitUndefined({ skippable: decision.skippable, replacementReason: decision.replacementReason });
      if (decision.proofFirst) return planOf(selectStep('enroll', withSoleMethods(options, view), reason));
      return ask({ purpose: 'enroll', options, reason }, position);
    }
  }
}

function planOf(step: Step): Plan {
  return { kind: 'step', step };
}

/** Why the step is shown, and what else it offers. */
interface Reason {
  readonly replacementReason?: ReplacementReason;
  readonly toEnroll?: readonly string[];
  readonly skippable?: Skippable;
  readonly rememberable?: Rememberable;
}

interface Question {
  readonly purpose: Choice['purpose'];
  readonly options: readonly Option[];
  readonly reason: Reason;
}

function ask(question: Question, { transaction, view, now }: Position): Plan {
  const { purpose, options, reason } = question;
  const listed = listedOptions(options, view);
  const hasSeveral = options.length > 1;
  const select = (): Plan => planOf(selectStep(purpose, withSoleMethods(options, view), reason));
  if (hasSeveral && transaction.selecting) return select();
  const { pending } = transaction;
  const option = listed[options.findIndex((candidate) => pending && isOption(pending, purpose, candidate))];
  if (pending && isOpen(pending, view, now) && option)
    return planOf(pendingStep(pending, option, { hasSeveral, reason, view }));
  const chosen = options.find((candidate) => isChosen(transaction, purpose, candidate));
  if (!chosen && hasSeveral && purpose === 'enroll') return select();
  const next = chosen ?? options[0];
  if (next === undefined) return planOf({ kind: 'denied', reason: 'unsatisfiable', notices: [] });
  const left = transaction.parked?.find(
    (challenge) => isOpen(challenge, view, now) && isOption(challenge, purpose, next),
  );
  return { kind: 'start', purpose, ...next, ...(left && { left }) };
}

function isOption(pending: Pending, purpose: Choice['purpose'], option: Option): boolean {
  return (
    pending.purpose === purpose &&
    pending.authenticator === option.authenticator &&
    pending.enrollment === option.enrollment
  );
}

/**
 * The user chose this option. It also counts as chosen if the user chose to enroll the authenticator before the proof
 * that its enrollment needs.
 */
function isChosen({ choice, requestedEnrollment }: Transaction, purpose: Choice['purpose'], option: Option): boolean {
  if (choice === undefined) return purpose === 'enroll' && option.authenticator === requestedEnrollment;
  return (
    choice.purpose === purpose &&
    choice.authenticator === option.authenticator &&
    // A choice may leave open which of several enrollments is meant.
    (choice.enrollment === undefined || choice.enrollment === option.enrollment)
  );
}

function selectStep(purpose: Choice['purpose'], options: readonly AuthenticatorOption[], { skippable }: Reason): Step {
  return omitUndefined({ kind: 'select' as const, purpose, options, skippable, notices: [] });
}

interface PendingView {
  readonly hasSeveral: boolean;
  readonly reason: Reason;
  readonly view: StepContext;
}

function pendingStep(pending: Pending, option: AuthenticatorOption, pendingView: PendingView): Step {
  const { enrollment, inputs, purpose, public: challenge } = pending;
  const { hasSeveral: alternatives, reason, view } = pendingView;
  if (purpose === 'enroll') return offerStep(pending, pendingView);
  const { rememberable, ...why } = reason;
  return {
    kind: 'challenge',
    ...option,
    inputs,
    challenge,
    alternatives,
    ...(option.authenticator === view.recoverable && { recoverable: true }),
    ...(rememberable?.enrollments.some((other) => other === enrollment) && { remember: rememberable.seconds }),
    ...why,
    notices: [],
  };
}

function offerStep(
  pending: Pending,
  { hasSeveral, reason: { skippable, replacementReason }, view }: PendingView,
): Step {
  const { authenticator, inputs, public: offer } = pending;
  return omitUndefined({
    kind: 'enroll' as const,
    authenticator,
    inputs,
    offer,
    alternatives: hasSeveral,
    skippable,
    replacementReason,
    endsOtherSessions: view.endsOtherSessions?.(authenticator) ? (true as const) : undefined,
    notices: [],
  });
}
