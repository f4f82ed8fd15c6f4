/** The enrollment policy in a decision: what it leaves usable, and what it still wants. */

import { meetsGoal } from '../evidence/requirement.ts';
import type { Denial, Outcome, Skippable } from '../model/decision.ts';
import type { EnrollmentTerms, RequiredEnrollment } from '../model/enrollment-policy.ts';
import type { Facts, Skipped, Subject } from '../model/facts.ts';
import { barOf, forBar, type Means, provable } from '../remediation/capabilities.ts';
import { challenge } from '../remediation/requirement-status.ts';
import { minimalCompletions } from '../remediation/sufficient-sets.ts';

/** What is judged. `means` are what the terms leave usable. */
export interface EnrollmentCase {
  readonly subject: Subject;
  readonly terms: EnrollmentTerms;
  /** Name of the rule that they are of. */
  readonly rule?: string | undefined;
  readonly means: Means;
  readonly facts: Facts;
}

/** The terms cannot be met. */
export function unsatisfiable({ rule }: EnrollmentCase): Denial {
  return { reason: 'unsatisfiable', layer: 'enrollment', ...(rule !== undefined && { rule }) };
}

/** What must be enrolled now, and cannot be skipped. */
export function mustEnroll(given: EnrollmentCase): readonly RequiredEnrollment[] {
  return given.terms.required.filter((one) => isOpen(one.anyOf, given.means) && graceOf(one, given) === undefined);
}

/** Of these authenticators the ones that the person can enroll, in the order given. */
export function enrollableOf(keys: readonly string[], { policies }: Means): readonly string[] {
  return keys.filter((key) => policies.authenticators.some((traits) => traits.key === key && traits.enrollable));
}

function isOpen(keys: readonly string[], { enrollments }: Means): boolean {
  return !enrollments.some(({ authenticator }) => keys.includes(authenticator));
}

function skipsOf({ subject }: EnrollmentCase, key: string, reason: Skippable['reason']): Skipped | undefined {
  const { skipped } = subject;
  return skipped && Object.hasOwn(skipped, key) ? skipped[key]?.[reason] : undefined;
}

function isSkippedHere({ facts }: EnrollmentCase, keys: readonly string[]): boolean {
  return keys.every((key) => facts.transaction?.skipped?.includes(key));
}

/** How it may be skipped, or that it was. Undefined: there is no grace, or no more. */
function graceOf({ anyOf, grace }: RequiredEnrollment, given: EnrollmentCase): Skippable | 'skipped' | undefined {
  if (grace === undefined) return undefined;
  const isSkipped = isSkippedHere(given, anyOf);
  const skippable = { reason: 'grace', authenticators: anyOf } as const;
  if ('until' in grace) {
    if (!(given.facts.now < grace.until)) return undefined;
    return isSkipped ? 'skipped' : { ...skippable, until: grace.until };
  }
  // What has been offered less often than the others counts: the person has not been asked about it that often.
  const count = Math.min(...anyOf.map((key) => skipsOf(given, key, 'grace')?.count ?? 0));
  if (isSkipped && count <= grace.skips) return 'skipped';
  return count < grace.skips ? { ...skippable, skipsLeft: grace.skips - count } : undefined;
}

interface Due {
  readonly choices: readonly string[];
  readonly skippable?: Skippable;
}

/**
 * What comes after everything that sign-in asks for is proved: to enroll, or first the bar of Law 7. Undefined: nothing. What may be skipped
 * is offered only in a transaction, and before anything has to be proved for it: the bar is for who asks for it. Denied: nothing is left that
 * could clear the bar.
 */
export function enrollmentStep(
  given: EnrollmentCase,
): Extract<Outcome, { kind: 'enroll' | 'challenge' | 'deny' }> | undefined {
  const means = forBar(given.means);
  const bar = barOf(means);
  const wanted = requiredNow(given) ?? (given.facts.transaction && (graceNow(given) ?? offeredNow(given)));
  if (wanted === undefined) return undefined;
  if (meetsGoal(bar, means.shown)) return { kind: 'enroll', ...wanted };
  const { choices, skippable } = wanted;
  const completions = minimalCompletions([bar], means.shown, provable(means, [bar]));
  const { options } = challenge(completions, [bar], means);
  if (options.length === 0) return skippable ? undefined : { kind: 'deny', ...unsatisfiable(given) };
  if (skippable === undefined) return { kind: 'challenge', options, toEnroll: choices };
  const asked = choices.filter((key) => key === given.facts.transaction?.wanted);
  if (asked.length === 0) return { kind: 'enroll', ...wanted, barred: true };
  return { kind: 'challenge', options, toEnroll: asked, skippable };
}

function requiredNow(given: EnrollmentCase): Due | undefined {
  const [first] = mustEnroll(given);
  return first && { choices: enrollableOf(first.anyOf, given.means) };
}

function graceNow(given: EnrollmentCase): Due | undefined {
  for (const one of given.terms.required) {
    const grace = graceOf(one, given);
    const choices = enrollableOf(one.anyOf, given.means);
    if (!isOpen(one.anyOf, given.means) || grace === undefined || grace === 'skipped' || choices.length === 0) continue;
    return { choices, skippable: grace };
  }
  return undefined;
}

function offeredNow(given: EnrollmentCase): Due | undefined {
  const { optional, promoted } = given.terms;
  const isOffered = (key: string) => isOpen([key], given.means) && !isSkippedHere(given, [key]);
  const once = optional.filter(
    (key) =>
      !promoted.some(({ authenticator }) => authenticator === key) && skipsOf(given, key, 'optional') === undefined,
  );
  const again = promoted.filter(({ authenticator, cooldown, skips }) => {
    const before = skipsOf(given, authenticator, 'promotion');
    if (before === undefined) return true;
    return (skips === undefined || before.count < skips) && given.facts.now - before.at >= cooldown;
  });
  const offer = (reason: 'optional' | 'promotion', keys: readonly string[]): Due | undefined => {
    const choices = enrollableOf(keys.filter(isOffered), given.means);
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
