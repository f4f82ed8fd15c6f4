/** Does a new enrollment end what somebody is signed in to elsewhere? */
import type { Enrollment, Subject } from '../model/facts.ts';
import type { PolicySet } from '../policy/compile.ts';
import { usableEnrollments } from '../remediation/capabilities.ts';

export interface Added extends Pick<Enrollment, 'authenticator' | 'factors' | 'characteristics'> {
  /** There is only one of it: it takes the place of the one before. */
  readonly single: boolean;
}

/**
 * Sessions from before were let in by less than the account can now show, and nobody knows whose they are: they end
 * when it gains a factor type or phishing resistance, and when something is replaced. One more of what was there
 * already ends nothing. `subject`: as it was before.
 */
export function endsOtherSessions(policies: PolicySet, subject: Subject, added: Added): boolean {
  const { authenticator, factors, characteristics } = added;
  if (added.single && subject.enrollments.some((one) => one.authenticator === authenticator)) return true;
  if (policies.authenticators.find(({ key }) => key === authenticator)?.auxiliary) return false;
  const before = usableEnrollments(subject, policies).filter(({ auxiliary, temporary }) => !auxiliary && !temporary);
  const hasFactor = (factor: Enrollment['factors'][number]) => before.some((one) => one.factors.includes(factor));
  return !factors.every(hasFactor) || (isResistant({ characteristics }) && !before.some(isResistant));
}

function isResistant({ characteristics }: Pick<Enrollment, 'characteristics'>): boolean {
  return characteristics.includes('phishingResistant');
}
