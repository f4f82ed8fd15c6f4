/**
 * Asks for a required enrollment before a password that must be replaced, where the account policy asks for it before
 * the new password. See decision 181.
 */
import { mustEnroll, mustEnrollInTime, provenStep } from '../enrollment/apply-policy.ts';
import { meetsAll } from '../evidence/requirement.ts';
import type { DecisionOutcome } from '../model/decision.ts';
import type { RequiredEnrollment } from '../model/enrollment-policy.ts';
import type { Capabilities } from '../remediation/capabilities.ts';
import { additionGroups } from '../remediation/enrollment-plans.ts';
import { enrollmentsTo, everyProof, nextEnrollments } from '../remediation/enrollment-sequences.ts';
import { afterEnrolling } from '../remediation/made-enrollments.ts';
import type { SubjectEvaluation } from './denial.ts';
import { isReady } from './required-enrollment.ts';

/** A password that must be replaced. */
export interface ToReplace {
  /** Key of its authenticator. */
  readonly password: string;
  /** By the enrollment policy, with or without grace. */
  readonly required: readonly RequiredEnrollment[];
}

/**
 * Whether the user, who has proved what the sign-in asks for, can replace the password after more proofs, and after
 * enrollments that are required anyway.
 */
export function canBeReplaced(toReplace: ToReplace, capabilities: Capabilities): boolean {
  return Number.isFinite(enrollmentsBefore(toReplace, [], capabilities));
}

/**
 * The enrollment, or first the proof that it takes. What can still be skipped cannot be here: the user would be denied.
 * Undefined: none leads to a new password.
 */
export function stepBeforeReplacement(
  password: string,
  { toEnroll }: SubjectEvaluation,
): Extract<DecisionOutcome, { kind: 'enroll' | 'challenge' }> | undefined {
  if (toEnroll?.capabilities.additions === undefined) return undefined;
  const { capabilities, facts } = toEnroll;
  const inTime = mustEnrollInTime(toEnroll);
  const toReplace = { password, required: inTime };
  const next = nextEnrollments([], capabilities, inTime);
  for (const reached of [inTime, mustEnroll(toEnroll), []]) {
    const counts = next.map((made) => enrollmentsBefore(toReplace, reached, afterEnrolling([made], capabilities)));
    const fewest = Math.min(...counts);
    const choices = next.filter((_, index) => counts[index] === fewest).map(({ authenticator }) => authenticator);
    if (Number.isFinite(fewest)) return provenStep({ choices }, { capabilities, facts });
  }
  return undefined;
}

/** How many enrollments lead to a new password, and to all of `reached`. Infinite: none do. */
function enrollmentsBefore(
  { password, required }: ToReplace,
  reached: readonly RequiredEnrollment[],
  capabilities: Capabilities,
): number {
  const isEnough = (able: Capabilities) =>
    isReplaceable(password, able) && reached.every((enrollment) => isReady(enrollment, able));
  return enrollmentsTo(isEnough, [], { ...capabilities, required });
}

function isReplaceable(password: string, capabilities: Capabilities): boolean {
  const evidence = everyProof(capabilities);
  return additionGroups([password], capabilities).some(({ before }) => meetsAll(before, evidence));
}
