/** Decoys: users that do not exist, who get the same steps as users who do. */
import type { AuthenticatorDescriptor, DecoyDescriptor, Enrollment, Subject } from '../model/facts.ts';
import { NO_ENROLLMENT } from '../model/no-enrollment.ts';

/** What a decoy is made from. */
export interface Decoy {
  /** Stable for each identifier (a keyed hash), and never the id of an account. */
  readonly id: string;
  /** 32 bits, stable for each identifier, that only the server can compute from its secret. */
  readonly entropy: number;
  /** What the identifier is; absent: neither a mail address nor a phone number. */
  readonly identifierKind?: 'address' | 'number';
}

/**
 * A subject for an identifier that no account has: it gets the steps of a real user and can prove nothing. What it
 * seems to have follows from `decoys` of the descriptors. The ids of its enrollments must not reach the page: they look
 * unlike those of real users.
 */
export function decoySubject(decoy: Decoy, authenticators: readonly AuthenticatorDescriptor[]): Subject {
  const enrollments = authenticators.flatMap((descriptor) => decoyEnrollment(descriptor, decoy));
  return { id: decoy.id, status: 'active', identifiers: [], groups: [], profile: {}, enrollments };
}

function decoyEnrollment(
  descriptor: AuthenticatorDescriptor,
  { entropy, identifierKind }: Decoy,
): readonly Enrollment[] {
  const { key, factors, auxiliary, decoys } = descriptor;
  if (decoys === undefined || drawFor(entropy, key) >= shareOf(decoys, identifierKind)) return [];
  const characteristics = decoys.characteristics ?? descriptor.characteristics;
  return [
    { id: `${NO_ENROLLMENT}-${key}`, authenticator: key, factors, characteristics, ...(auxiliary && { auxiliary }) },
  ];
}

/** The share of decoys that seem to have the authenticator, by the kind of their identifier. */
function shareOf(
  { share, shareOfAddresses = share, shareOfNumbers = share }: DecoyDescriptor,
  kind: Decoy['identifierKind'],
): number {
  if (kind === undefined) return share;
  return kind === 'address' ? shareOfAddresses : shareOfNumbers;
}

/**
 * From 0 to 1, without 1. Different for each authenticator, so that having one says nothing about another. FNV-1a with
 * the last steps of MurmurHash3, which spread each difference over all bits; the secret is in the entropy.
 */
function drawFor(entropy: number, key: string): number {
  let hash = entropy;
  for (const letter of key) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
