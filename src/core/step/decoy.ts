/** Decoys: imaginary users for unknown identifiers, who get the same steps as real users. */
import type { AuthenticatorDescriptor, DecoyDescriptor, Enrollment, Subject } from '../model/facts.ts';
import { noEnrollment } from '../model/no-enrollment.ts';

/** What a decoy is derived from. */
export interface Decoy {
  /** The same for the same identifier (a keyed hash), and never the id of an account. */
  readonly id: string;
  /** 32 bits derived from the identifier with a secret of the server. The same for the same identifier. */
  readonly entropy: number;
  /** The kind of the identifier. Absent if it is neither a mail address nor a phone number. */
  readonly identifierKind?: 'address' | 'number';
}

/**
 * The subject for an identifier that no account has. It gets the steps of a real user and can prove nothing. Its
 * apparent enrollments follow from `decoys` of the descriptors. Their ids do not look like real ones, so the page must
 * not contain them.
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
    { id: `${noEnrollment}-${key}`, authenticator: key, factors, characteristics, ...(auxiliary && { auxiliary }) },
  ];
}

/** The share of decoys that appear to have the authenticator, by the kind of identifier. */
function shareOf(
  { share, shareOfAddresses = share, shareOfNumbers = share }: DecoyDescriptor,
  kind: Decoy['identifierKind'],
): number {
  if (kind === undefined) return share;
  return kind === 'address' ? shareOfAddresses : shareOfNumbers;
}

/**
 * A number from 0 up to, but without, 1. It differs for each authenticator, so that one apparent enrollment says
 * nothing about another. FNV-1a with the final steps of MurmurHash3, which spread each difference over all bits. The
 * secret is in the entropy.
 */
function drawFor(entropy: number, key: string): number {
  let hash = entropy;
  for (const letter of key) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
