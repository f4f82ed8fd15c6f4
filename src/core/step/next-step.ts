/** From a decision to the step that the person sees. The position in the flow is recomputed here each time (Law 1). */
import type { Decision, Rememberable, Skippable } from '../model/decision.ts';
import type { Seconds } from '../model/facts.ts';
import { challengesToSelect, enrollmentsToSelect, listedOptions, type Option, type OptionsView } from './options.ts';
import type { AuthenticatorOption, Step } from './step.ts';
import type { Choice, Pending, Transaction } from './transaction.ts';

export type Plan =
  | { readonly kind: 'step'; readonly step: Step }
  /** The shell must start this challenge or offer, keep it as pending, and ask again. */
  | {
      readonly kind: 'start';
      readonly purpose: 'challenge' | 'enroll';
      readonly authenticator: string;
      readonly enrollment?: string;
      /** The person had left this challenge and comes back: it is kept as pending, and nothing is started or sent. */
      readonly left?: Pending;
    };

export interface StepContext extends OptionsView {
  /** From `secretBesideIdentifier`. */
  readonly identifyWith?: string;
  /** From `offersToKeep`. */
  readonly canKeep: boolean;
  /** From `endsOtherSessions`, for an authenticator that is offered. */
  readonly endsOtherSessions?: (authenticator: string) => boolean;
}

/**
 * What to show, or what to start before something can be shown. What is pending stays as long as it is one of the
 * options and has not expired; then what the person picked; then what they used last; then the best option. What to
 * enroll is the person's choice if there is one to make. `messages` are empty: the shell adds them.
 */
export function nextStep(decision: Decision, transaction: Transaction, view: StepContext, now: Seconds): Plan {
  switch (decision.kind) {
    case 'identify':
      return show(identifyStep(transaction, view));
    case 'deny':
      return show({ kind: 'denied', reason: decision.reason, notices: [] });
    case 'allow':
      return show({ kind: 'complete', notices: [] });
    case 'challenge': {
      const { options, toEnroll, skippable, remember } = decision;
      const reason = { ...(toEnroll && { toEnroll }), ...(skippable && { skippable }), ...(remember && { remember }) };
      return ask('challenge', challengesToSelect(options, view), reason, { transaction, view, now });
    }
    case 'enroll': {
      const options = enrollmentsToSelect(decision.choices);
      const reason = decision.skippable ? { skippable: decision.skippable } : {};
      if (decision.proofFirst) return show(selectStep('enroll', listedOptions(options, view), reason));
      return ask('enroll', options, reason, { transaction, view, now });
    }
  }
}

function show(step: Step): Plan {
  return { kind: 'step', step };
}

function identifyStep({ loginHint, subject, keepSignedIn }: Transaction, { identifyWith, canKeep }: StepContext): Step {
  const identifier = subject?.identifier ?? loginHint;
  return {
    kind: 'identify',
    ...(identifyWith !== undefined && { identifyWith }),
    ...(identifier !== undefined && { identifier }),
    ...(canKeep && { keepSignedIn: keepSignedIn === true }),
    notices: [],
  };
}

/** Why it is asked, and what may be asked with it. */
interface Reason {
  readonly toEnroll?: readonly string[];
  readonly skippable?: Skippable;
  readonly remember?: Rememberable;
}

interface Present {
  readonly transaction: Transaction;
  readonly view: StepContext;
  readonly now: Seconds;
}

function ask(
  purpose: Choice['purpose'],
  options: readonly Option[],
  reason: Reason,
  { transaction, view, now }: Present,
): Plan {
  const several = options.length > 1;
  const ways = listedOptions(options, view);
  const select = (): Plan => show(selectStep(purpose, ways, reason));
  if (several && transaction.selecting) return select();
  const { pending } = transaction;
  const way = ways[options.findIndex((option) => pending && isOption(pending, purpose, option))];
  if (pending && pending.expires > now && way) return show(pendingStep(pending, way, several, reason, view));
  const choice = transaction.choice ?? wishOf(transaction);
  const chosen = options.find((option) => choice && isChoice(choice, purpose, option));
  if (!chosen && several && purpose === 'enroll') return select();
  const next = chosen ?? options[0];
  if (next === undefined) return show({ kind: 'denied', reason: 'unsatisfiable', notices: [] });
  const left = transaction.parked?.find((one) => one.expires > now && isOption(one, purpose, next));
  return { kind: 'start', purpose, ...next, ...(left && { left }) };
}

function isOption(pending: Pending, purpose: Choice['purpose'], option: Option): boolean {
  return (
    pending.purpose === purpose &&
    pending.authenticator === option.authenticator &&
    pending.enrollment === option.enrollment
  );
}

/** What the person asked to enroll, they need not choose again after what had to be proved for it. */
function wishOf({ requestedEnrollment }: Transaction): Choice | undefined {
  return requestedEnrollment === undefined ? undefined : { purpose: 'enroll', authenticator: requestedEnrollment };
}

/** A choice may leave open which of several enrollments is meant. */
function isChoice(choice: Choice, purpose: Choice['purpose'], option: Option): boolean {
  return (
    choice.purpose === purpose &&
    choice.authenticator === option.authenticator &&
    (choice.enrollment === undefined || choice.enrollment === option.enrollment)
  );
}

function selectStep(purpose: Choice['purpose'], options: readonly AuthenticatorOption[], { skippable }: Reason): Step {
  return { kind: 'select', purpose, options, ...(skippable && { skippable }), notices: [] };
}

function pendingStep(
  pending: Pending,
  way: AuthenticatorOption,
  alternatives: boolean,
  reason: Reason,
  view: StepContext,
): Step {
  const { authenticator, enrollment, inputs } = pending;
  if (pending.purpose === 'enroll' || enrollment === undefined) {
    const { skippable } = reason;
    const step = { kind: 'enroll', authenticator, inputs, offer: pending.public, alternatives } as const;
    const ends = view.endsOtherSessions?.(authenticator) === true;
    return { ...step, ...(skippable && { skippable }), ...(ends && { endsOtherSessions: ends }), notices: [] };
  }
  const { remember, ...why } = reason;
  return {
    kind: 'challenge',
    ...way,
    inputs,
    challenge: pending.public,
    alternatives,
    ...(remember?.enrollments.includes(enrollment) && { remember: remember.seconds }),
    ...why,
    notices: [],
  };
}
