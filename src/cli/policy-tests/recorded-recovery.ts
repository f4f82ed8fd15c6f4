/** The recovery of the account, as a policy test says it. */
import type { ConditionSet } from '../../core/model/conditions.ts';
import type { Enrollment, Recovery, Seconds } from '../../core/model/facts.ts';
import type { PolicySet } from '../../core/policy/rules/compile.ts';
import { recoveringAddresses } from '../explain/recovery-from-options.ts';

interface RecoveryAsked {
  readonly at: Seconds;
  readonly policies: Pick<PolicySet, 'authenticators'>;
  /** The conditions of the rules. */
  readonly sets: readonly ConditionSet[];
  /** In the order of `enrolled`. */
  readonly enrollments: readonly Enrollment[];
}

interface RecordedRecovery {
  readonly recovered?: string;
  readonly recoveredBy?: readonly string[];
}

/**
 * Written where a rule asks how long ago it was, and where the password is no second factor beside what proved it. What
 * that was is left out where a test would assume the same.
 */
export function recordedRecovery(
  recovery: Recovery | undefined,
  { at, policies, sets, enrollments }: RecoveryAsked,
): RecordedRecovery {
  if (recovery === undefined) return {};
  const by = enrollments.filter(({ id }) => recovery.by.includes(id));
  if (by.length === 0 && sets.every(({ recovered }) => recovered === undefined)) return {};
  const isAssumed = by.length === 0 && recoveringAddresses({ enrollments }, policies.authenticators).length === 0;
  return {
    recovered: `PT${Math.max(1, at - recovery.at)}S`,
    ...(!isAssumed && { recoveredBy: by.map((enrollment) => numberedName(enrollment, enrollments)) }),
  };
}

/** `email`, or `email#2` where the account has several. */
function numberedName(enrollment: Enrollment, enrollments: readonly Enrollment[]): string {
  const { authenticator } = enrollment;
  const same = enrollments.filter((other) => other.authenticator === authenticator);
  return same.length === 1 ? authenticator : `${authenticator}#${same.indexOf(enrollment) + 1}`;
}
