/** What an enrollment makes of the memory of a recovery. */

import { isAddress, isIndependent, recoveredPart } from '../evidence/recovered-password.ts';
import type { AssessedEvidence } from '../evidence/requirement.ts';
import type { AuthenticatorDescriptor, Enrollment, Evidence, Recovery, Subject } from '../model/facts.ts';
import { omitUndefined } from '../model/omit-undefined.ts';

/**
 * The recovery that is completed now, by these addresses. What an earlier one remembers stays: an address that was
 * enrolled since then may be no more than the mailbox.
 */
export function recoveryNow({ recovery }: Pick<Subject, 'recovery'>, { at, by }: Recovery): Recovery {
  return { at, by: [...new Set([...(recovery?.by ?? []), ...by])] };
}

/** The new enrollment, and what the user had proved for it. */
export interface EnrollmentMade {
  readonly enrollment: Pick<Enrollment, 'id' | 'factors' | 'characteristics'>;
  readonly descriptor: Pick<AuthenticatorDescriptor, 'underPasswordPolicy' | 'recovery'>;
  readonly evidence: readonly Pick<AssessedEvidence, 'auxiliary' | 'recovered'>[];
}

/** What the user has proved, as it counts for what an enrollment makes of a recovery. Proofs of a recovery do not. */
export function provedBeside(
  subject: Subject,
  evidence: readonly Evidence[],
  descriptorOf: (key: string) => Pick<AuthenticatorDescriptor, 'underPasswordPolicy' | 'auxiliary'> | undefined,
): EnrollmentMade['evidence'] {
  const own = evidence.filter((proof) => proof.subject === subject.id && proof.origin !== 'recovery');
  return own.map(({ authenticator, enrollment }) => {
    const { auxiliary, underPasswordPolicy } = descriptorOf(authenticator) ?? {};
    const recovered = recoveredPart(subject, omitUndefined({ underPasswordPolicy }), enrollment);
    return omitUndefined({ auxiliary, recovered });
  });
}

/**
 * The recovery as the account remembers it afterwards. A user who proved another factor and changes the password ends
 * it. An address that was enrolled with nothing but the mailbox joins those that proved the recovery. The first other
 * factor of the account stays free, as for a new account.
 */
export function recoveryAfter(
  { recovery }: Pick<Subject, 'recovery'>,
  { enrollment, descriptor, evidence }: EnrollmentMade,
): Recovery | undefined {
  if (recovery === undefined || recovery.by.length === 0) return recovery;
  if (isIndependent(evidence)) return descriptor.underPasswordPolicy ? { ...recovery, by: [] } : recovery;
  if (descriptor.recovery || !isAddress(enrollment)) return recovery;
  return { ...recovery, by: [...recovery.by, enrollment.id] };
}
