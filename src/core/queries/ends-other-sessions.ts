/** Whether a new enrollment ends the other sessions of the account. See decisions 21 and 33. */
import { recoveredPart } from '../evidence/recovered-password.ts';
import type { Enrollment, Subject } from '../model/facts.ts';
import type { PolicySet } from '../policy/rules/compile.ts';
import { usableEnrollments } from '../remediation/usable-enrollments.ts';

/** An enrollment that was added or is about to be. */
export interface Added extends Pick<Enrollment, 'authenticator' | 'factors' | 'characteristics'> {
  /** The account can have only one, so it replaces an enrollment that exists. */
  readonly replaces: boolean;
}

/**
 * Earlier sessions began with less than the account can show now, and may be an intruder's. They end when the account
 * gains a factor type or phishing resistance, and when an enrollment is replaced. One more enrollment of equal strength
 * ends nothing. `subject`: as it was before. An address that recovered the password was no factor beside it.
 */
export function endsOtherSessions(policies: PolicySet, subject: Subject, added: Added): boolean {
  const { authenticator, factors, characteristics } = added;
  if (added.replaces && subject.enrollments.some((enrollment) => enrollment.authenticator === authenticator))
    return true;
  if (policies.authenticators.find(({ key }) => key === authenticator)?.auxiliary) return false;
  const counted = subject.enrollments.filter(({ id }) => recoveredPart(subject, {}, id) !== 'proof');
  const usable = usableEnrollments({ ...subject, enrollments: counted }, policies);
  const before = usable.filter(({ auxiliary, temporary }) => !auxiliary && !temporary);
  const hasFactor = (factor: Enrollment['factors'][number]) =>
    before.some((enrollment) => enrollment.factors.includes(factor));
  return !factors.every(hasFactor) || (isResistant({ characteristics }) && !before.some(isResistant));
}

function isResistant({ characteristics }: Pick<Enrollment, 'characteristics'>): boolean {
  return characteristics.includes('phishingResistant');
}
