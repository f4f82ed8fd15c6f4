/** Applies the enrollment policy in a decision: what must be enrolled now, what may be skipped, and what is offered. */

import { meetsAll } from '../evidence/requirement.ts';
import type { ChallengeOption, DecisionOutcome, Denial, Skippable } from '../model/decision.ts';
import type { EnrollmentTerms, Promotion, RequiredEnrollment } from '../model/enrollment-policy.ts';
import type { Facts, Skipped, Subject } from '../model/facts.ts';
import { type Capabilities, forAccountManagement, provable } from '../remediation/capabilities.ts';
import { type AdditionGroup, additionGroups } from '../remediation/enrollment-plans.ts';
import { isLacking } from '../remediation/missing-enrollments.ts';
import { challenge, sequenceStatus } from '../remediation/requirement-status.ts';
import { sufficientSets } from '../remediation/sufficient-sets.ts';
import { isSingle } from './enrollment-limit.ts';

/** What the enrollment policy is applied to. `capabilities` are what the terms leave usable. */
export interface EnrollmentContext {
  readonly subject: Subject;
  readonly terms: EnrollmentTerms;
  /** Name of the rule that the terms are from. */
  readonly rule?: string | undefined;
  readonly capabilities: Capabilities;
  readonly facts: Facts;
}

/** What says whether an enrollment may be skipped. */
type SkipContext = Pick<EnrollmentContext, 'subject' | 'terms' | 'facts'>;

/** The denial for terms that cannot be met. */
export function unsatisfiable({ rule }: Pick<EnrollmentContext, 'rule'>): Denial {
  return { reason: 'unsatisfiable', layer: 'enrollment', ...(rule !== undefined && { rule }) };
}

/** The required enrollments that are missing and cannot be skipped any more. */
export function mustEnroll(context: EnrollmentContext): readonly RequiredEnrollment[] {
  return mustEnrollInTime(context).filter((enrollment) => graceOf(enrollment, context) === undefined);
}

/** The required enrollments that are missing, also those that can still be skipped. */
export function mustEnrollInTime({ terms, capabilities }: EnrollmentContext): readonly RequiredEnrollment[] {
  return terms.required.filter((enrollment) => isLacking(enrollment, capabilities));
}

/** Of these authenticators those that the user can enroll, in the given order. */
export function enrollableOf(keys: readonly string[], { policies }: Capabilities): readonly string[] {
  return keys.filter((key) =>
    policies.authenticators.some((descriptor) => descriptor.key === key && descriptor.enrollable),
  );
}

/** What the user can enroll of what is required. Where there can be only one, a new one adds none. */
export function addableOf({ anyOf }: RequiredEnrollment, capabilities: Capabilities): readonly string[] {
  const { policies, enrollments } = capabilities;
  const has = (key: string) => enrollments.some(({ authenticator }) => authenticator === key);
  return enrollableOf(anyOf, capabilities).filter((key) => !isSingle(key, policies) || !has(key));
}

function skipsOf({ subject }: SkipContext, key: string, reason: Skippable['reason']): Skipped | undefined {
  return subject.skipped?.[key]?.[reason];
}

function isSkippedHere({ facts }: SkipContext, keys: readonly string[]): boolean {
  return keys.every((key) => facts.transaction?.skipped?.includes(key));
}

/** How the enrollment may be skipped, or that it was. Undefined: there is no grace, or none is left. */
function graceOf({ anyOf, grace }: RequiredEnrollment, context: SkipContext): Skippable | 'skipped' | undefined {
  if (grace === undefined) return undefined;
  const isSkipped = isSkippedHere(context, anyOf);
  const skippable = { reason: 'grace', authenticators: anyOf } as const;
  if ('until' in grace) {
    if (!(context.facts.now < grace.until)) return undefined;
    return isSkipped ? 'skipped' : { ...skippable, until: grace.until };
  }
  // The one that was offered least often counts: the user has not skipped it more often than that.
  const count = Math.min(...anyOf.map((key) => skipsOf(context, key, 'grace')?.count ?? 0));
  if (isSkipped && count <= grace.skips) return 'skipped';
  return count < grace.skips ? { ...skippable, skipsLeft: grace.skips - count } : undefined;
}

/** An enrollment that the policy asks for or offers now. */
interface Due extends Pick<Extract<DecisionOutcome, { kind: 'enroll' }>, 'replacementReason'> {
  readonly choices: readonly string[];
  readonly skippable?: Skippable;
}

/** An enrollment is required, and nothing that the user can prove leads to it. */
interface OutOfReach {
  readonly kind: 'out_of_reach';
  readonly required: RequiredEnrollment;
}

/**
 * The step that the enrollment policy adds once everything that the sign-in asks for is proved: an enrollment, or first
 * a challenge for the account-management requirement (Law 7). Undefined: none. An enrollment that may be skipped is
 * offered only within a transaction, and before any further proof: only a user who asks for it has to prove more.
 */
export function enrollmentStep(
  context: EnrollmentContext,
): Extract<DecisionOutcome, { kind: 'enroll' | 'challenge' }> | OutOfReach | undefined {
  const [required] = mustEnroll(context);
  if (required !== undefined) return requiredStep(required, context) ?? { kind: 'out_of_reach', required };
  const due = context.facts.transaction && (graceNow(context) ?? offeredNow(context));
  return due && provenStep(due, context);
}

/**
 * The required enrollment, or what comes first: a challenge, or another enrollment of which the account policy asks for
 * a proof before this one. Undefined: nothing leads to it.
 */
export function requiredStep(
  required: RequiredEnrollment,
  context: Pick<EnrollmentContext, 'capabilities' | 'facts' | 'terms'>,
): Extract<DecisionOutcome, { kind: 'enroll' | 'challenge' }> | undefined {
  const { capabilities, terms } = context;
  const choices = addableOf(required, capabilities);
  const step = choices.length > 0 ? provenStep({ choices }, context) : undefined;
  if (step !== undefined) return step;
  const ends = additionGroups(choices, capabilities).map(({ before }) => before);
  const status = sequenceStatus(ends, capabilities, [required, ...terms.required]);
  return status.kind === 'impossible' ? undefined : status;
}

/**
 * The enrollment that is due, or first a challenge for the account-management requirement (Law 7). Undefined: nothing
 * that the user can prove leads to it.
 */
export function provenStep(
  due: Due,
  context: Pick<EnrollmentContext, 'capabilities' | 'facts'>,
): Extract<DecisionOutcome, { kind: 'enroll' | 'challenge' }> | undefined {
  const capabilities = forAccountManagement(context.capabilities);
  const { evidence } = capabilities;
  const groups = additionGroups(due.choices, capabilities);
  const ready = groups.filter(({ before }) => meetsAll(before, evidence)).flatMap(({ keys }) => keys);
  if (ready.length > 0) return { kind: 'enroll', ...due, choices: due.choices.filter((key) => ready.includes(key)) };
  const asked = context.facts.transaction?.requestedEnrollment ?? '';
  for (const { keys, before } of groups.toSorted((one, other) => rankOf(one) - rankOf(other))) {
    const { sets } = sufficientSets(before, { evidence, actions: provable(capabilities) });
    const { options } = challenge(sets, capabilities);
    if (options.length > 0) return proofBefore({ ...due, choices: keys }, options, context);
  }
  return undefined;

  /** What the user chose comes first. */
  function rankOf({ keys }: AdditionGroup): number {
    return keys.includes(asked) ? 0 : 1;
  }
}

function proofBefore(
  due: Due,
  options: readonly ChallengeOption[],
  { facts }: Pick<EnrollmentContext, 'facts'>,
): Extract<DecisionOutcome, { kind: 'enroll' | 'challenge' }> {
  const { choices, skippable } = due;
  if (skippable === undefined) return { kind: 'challenge', options, toEnroll: choices };
  const asked = choices.filter((key) => key === facts.transaction?.requestedEnrollment);
  if (asked.length === 0) return { kind: 'enroll', ...due, proofFirst: true };
  return { kind: 'challenge', options, toEnroll: asked, skippable };
}

function graceNow(context: EnrollmentContext): Due | undefined {
  for (const required of context.terms.required) {
    const grace = graceOf(required, context);
    if (typeof grace !== 'object' || !isLacking(required, context.capabilities)) continue;
    const choices = addableOf(required, context.capabilities);
    if (choices.length > 0) return { choices, skippable: grace };
  }
  return undefined;
}

function offeredNow(context: EnrollmentContext): Due | undefined {
  return offerOf('optional', notYetOffered(context), context) ?? offerOf('promotion', promotedNow(context), context);
}

function offerOf(
  reason: 'optional' | 'promotion',
  keys: readonly string[],
  context: EnrollmentContext,
): Due | undefined {
  const isOffered = (key: string) =>
    isLacking({ anyOf: [key] }, context.capabilities) && !isSkippedHere(context, [key]);
  const choices = enrollableOf(keys.filter(isOffered), context.capabilities);
  return choices.length === 0 ? undefined : { choices, skippable: { reason, authenticators: choices } };
}

function notYetOffered(context: EnrollmentContext): readonly string[] {
  const { optional, promoted } = context.terms;
  const isPromoted = (key: string) => promoted.some(({ authenticator }) => authenticator === key);
  return optional.filter((key) => !isPromoted(key) && skipsOf(context, key, 'optional') === undefined);
}

function promotedNow(context: EnrollmentContext): readonly string[] {
  const isDue = ({ authenticator, cooldown, skips }: Promotion): boolean => {
    const before = skipsOf(context, authenticator, 'promotion');
    if (before === undefined) return true;
    return (skips === undefined || before.count < skips) && context.facts.now - before.at >= cooldown;
  };
  return context.terms.promoted.filter(isDue).map(({ authenticator }) => authenticator);
}
