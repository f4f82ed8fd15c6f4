/** Reads from the options of `explain` how the account was recovered, and by what. */
import { isAddress } from '../../core/evidence/recovered-password.ts';
import type { AuthenticatorDescriptor, Enrollment, Recovery, Seconds, Subject } from '../../core/model/facts.ts';
import { refusal } from '../shared/options/refusal.ts';
import type { FactOptions } from './fact-options.ts';
import { enrollmentNamed } from './proofs-from-options.ts';

/** What a recovery of this account can be by, and when. */
interface Recovered {
  /** With the enrollments that are assumed. */
  readonly subject: Subject;
  readonly authenticators: readonly AuthenticatorDescriptor[];
  /** Epoch seconds. Absent: the options do not say. */
  readonly at?: Seconds;
}

/**
 * The recovery that the options assume, over that of the real user. Undefined: there was none. Unless they say what
 * proved it, every address that could have did, so that an assumed user has no second factor that a real one lacks
 * (decision 33).
 */
export function recoveryFrom(
  { recoveredBy }: Pick<FactOptions, 'recoveredBy'>,
  { subject, authenticators, at = subject.recovery?.at }: Recovered,
): Recovery | undefined {
  if (at === undefined && recoveredBy !== undefined)
    throw refusal('--recovered-by is about a recovery: give --recovered');
  if (at === undefined) return undefined;
  if (recoveredBy === undefined)
    return { at, by: subject.recovery?.by ?? recoveringAddresses(subject, authenticators).map(({ id }) => id) };
  return { at, by: recoveredBy.map((name) => enrollmentNamed(name, subject).id) };
}

/** Those whose codes can prove a recovery. */
export function recoveringAddresses(
  { enrollments }: Pick<Subject, 'enrollments'>,
  authenticators: readonly Pick<AuthenticatorDescriptor, 'key' | 'recovery'>[],
): readonly Enrollment[] {
  const recoveryKeys = authenticators.filter(({ recovery }) => recovery).map(({ key }) => key);
  return enrollments.filter((enrollment) => isAddress(enrollment) && !recoveryKeys.includes(enrollment.authenticator));
}
