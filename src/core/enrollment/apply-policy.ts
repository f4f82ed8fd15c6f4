/** The enrollment policy in a decision: what it leaves usable, and what it still wants. */

import { meetsLayerRequirement } from '../evidence/requirement.ts';
import type { DecisionOutcome, Denial, Skippable } from '../model/decision.ts';
import type { EnrollmentTerms, RequiredEnrollment } from '../model/enrollment-policy.ts';
import type { Facts, Skipped, Subject } from '../model/facts.ts';
import { accountManagementOf, type Capabilities, forAccountManagement, provable } from '../remediation/capabilities.ts';
import { challenge } from '../remediation/requirement-status.ts';
import { minimalSufficientSets } from '../remediation/sufficient-sets.ts';

/** What is judged. `means` are what the terms leave usable. */
export interface EnrollmentContext {
  readonly subject: Subject;
  readonly terms: EnrollmentTerms;
  /** Name of the rule that they are of. */
  readonly rule?: string | undefined;
  readonly capabilities: Capabilities;
  readonly facts: Facts;
}

/** The terms cannot be met. */
export function unsatisfiable({ rule }: EnrollmentContext): Denial {
  return { reason: 'unsatisfiable', layer: 'enrollment', ...(rule !== undefined && { rule }) };
}

/** What must be enrolled now, and cannot be skipped. */
export function mustEnroll(context: EnrollmentContext): readonly RequiredEnrollment[] {
  return context.terms.required.filter(
    (one) => isOpen(one.anyOf, context.capabilities) && graceOf(one, context) === undefined,
  );
}

/** Of these authenticators the ones that the person can enroll, in the order given. */
export function enrollableOf(keys: readonly string[], { policies }: Capabilities): readonly string[] {
  return keys.filter((key) =>
    policies.authenticators.some((descriptor) => descriptor.key === key && descriptor.enrollable),
  );
}

function isOpen(keys: readonly string[], { enrollments }: Capabilities): boolean {
  return !enrollments.some(({ authenticator }) => keys.includes(authenticator));
}

function skipsOf({ subject }: EnrollmentContext, key: string, reason: Skippable['reason']): Skipped | undefined {
  const { skipped } = subject;
  return skipped && Object.hasOwn(skipped, key) ? skipped[key]?.[reason] : undefined;
}

function isSkippedHere({ facts }: EnrollmentContext, keys: readonly string[]): boolean {
  return keys.every((key) => facts.transaction?.skipped?.includes(key));
}

/** How it may be skipped, or that it was. Undefined: there is no grace, or no more. */
function graceOf({ anyOf, grace }: RequiredEnrollment, context: EnrollmentContext): Skippable | 'skipped' | undefined {
  if (grace === undefined) return undefined;
  const isSkipped = isSkippedHere(context, anyOf);
  const skippable = { reason: 'grace', authenticators: anyOf } as const;
  if ('until' in grace) {
    if (!(context.facts.now < grace.until)) return undefined;
    return isSkipped ? 'skipped' : { ...skippable, until: grace.until };
  }
  // What has been offered less often than the others counts: the person has not been asked about it that often.
  const count = Math.min(...anyOf.map((key) => skipsOf(context, key, 'grace')?.count ?? 0));
  if (isSkipped && count <= grace.skips) return 'skipped';
  return count < grace.skips ? { ...skippable, skipsLeft: grace.skips - count } : undefined;
}

interface Due {
  readonly choices: readonly string[];
  readonly skippable?: Skippable;
}

/**
 * What comes after everything that sign-in asks for is proved: to enroll, or first the bar of Law 7. Undefined:
 * nothing. What may be skipped is offered only in a transaction, and before anything has to be proved for it: the bar
 * is for who asks for it. Denied: nothing is left that could clear the bar.
 */
export function enrollmentStep(
  context: EnrollmentContext,
): Extract<DecisionOutcome, { kind: 'enroll' | 'challenge' | 'deny' }> | undefined {
  const capabilities = forAccountManagement(context.capabilities);
  const bar = accountManagementOf(capabilities);
  const requestedEnrollment =
    requiredNow(context) ?? (context.facts.transaction && (graceNow(context) ?? offeredNow(context)));
  if (requestedEnrollment === undefined) return undefined;
  if (meetsLayerRequirement(bar, capabilities.evidence)) return { kind: 'enroll', ...requestedEnrollment };
  const { choices, skippable } = requestedEnrollment;
  const sufficientSets = minimalSufficientSets([bar], capabilities.evidence, provable(capabilities, [bar]));
  const { options } = challenge(sufficientSets, [bar], capabilities);
  if (options.length === 0) return skippable ? undefined : { kind: 'deny', ...unsatisfiable(context) };
  if (skippable === undefined) return { kind: 'challenge', options, toEnroll: choices };
  const asked = choices.filter((key) => key === context.facts.transaction?.requestedEnrollment);
  if (asked.length === 0) return { kind: 'enroll', ...requestedEnrollment, proofFirst: true };
  return { kind: 'challenge', options, toEnroll: asked, skippable };
}

function requiredNow(context: EnrollmentContext): Due | undefined {
  const [first] = mustEnroll(context);
  return first && { choices: enrollableOf(first.anyOf, context.capabilities) };
}

function graceNow(context: EnrollmentContext): Due | undefined {
  for (const one of context.terms.required) {
    const grace = graceOf(one, context);
    const choices = enrollableOf(one.anyOf, context.capabilities);
    if (!isOpen(one.anyOf, context.capabilities) || grace === undefined || grace === 'skipped' || choices.length === 0)
      continue;
    return { choices, skippable: grace };
  }
  return undefined;
}

function offeredNow(context: EnrollmentContext): Due | undefined {
  const { optional, promoted } = context.terms;
  const isOffered = (key: string) => isOpen([key], context.capabilities) && !isSkippedHere(context, [key]);
  const once = optional.filter(
    (key) =>
      !promoted.some(({ authenticator }) => authenticator === key) && skipsOf(context, key, 'optional') === undefined,
  );
  const again = promoted.filter(({ authenticator, cooldown, skips }) => {
    const before = skipsOf(context, authenticator, 'promotion');
    if (before === undefined) return true;
    return (skips === undefined || before.count < skips) && context.facts.now - before.at >= cooldown;
  });
  const offer = (reason: 'optional' | 'promotion', keys: readonly string[]): Due | undefined => {
    const choices = enrollableOf(keys.filter(isOffered), context.capabilities);
    return choices.length === 0 ? undefined : { choices, skippable: { reason, authenticators: choices } };
  };
  return (
    offer('optional', once) ??
    offer(
      'promotion',
      again.map(({ authenticator }) => authenticator),
    )
  );
}
