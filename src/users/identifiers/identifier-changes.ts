/** A user's identifiers and addresses, by kind, and how a change affects them. */
import { oneWeek } from '../../core/model/durations.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { canonicalIdentifier } from '../../identifier.ts';
import type { IdentifierKind, Profile, User } from '../record/user.ts';

/** How long a replaced identifier can be restored, and belongs to no other user (seconds). */
export const undoPeriod = oneWeek;

const verifiedBy = { email: 'emailVerified', phone: 'phoneVerified' } as const;

/** The user's present value of one kind. */
export interface CurrentIdentifier {
  readonly value: string;
  /** In canonical form, if the user is identified by it. */
  readonly identifier?: string;
  /** Whether an address or number is known to belong to the user. A username needs no proof. */
  readonly verified: boolean;
}

/**
 * A username is not an address, not a number, and none of the values by which administrators identify users (`others`).
 */
export function isUsername(identifier: string, others: readonly string[]): boolean {
  return !identifier.includes('@') && !/^\+?[\d\s()./-]+$/u.test(identifier) && !others.includes(identifier);
}

/** `others`: canonical values of identifying attributes. Undefined if the user has no value of this kind. */
export function currentIdentifier(
  { profile, identifiers }: Pick<User, 'profile' | 'identifiers'>,
  kind: IdentifierKind,
  others: readonly string[],
): CurrentIdentifier | undefined {
  if (kind === 'username') {
    const name = identifiers.find((candidate) => isUsername(candidate, others));
    return name === undefined ? undefined : { value: name, identifier: name, verified: true };
  }
  // An administrator may have used an address as an identifier without entering it as the user's address.
  const value =
    profile[kind] || (kind === 'email' ? identifiers.find((candidate) => candidate.includes('@')) : undefined);
  if (value === undefined || value === '') return undefined;
  const canonical = canonicalIdentifier(value);
  const identifier = canonical.ok && identifiers.includes(canonical.value) ? canonical.value : undefined;
  return { value, verified: profile[verifiedBy[kind]] === true, ...omitUndefined({ identifier }) };
}

/** A replacement. Identifiers are canonical, and absent if the user is not identified by the value. */
export interface IdentifierChange {
  readonly kind: IdentifierKind;
  readonly value: string;
  readonly formerIdentifier?: string | undefined;
  readonly newIdentifier?: string | undefined;
}

/**
 * The user with the new, proved value. It keeps its position among the identifiers, because the first one is displayed.
 */
export function withIdentifier(user: User, change: IdentifierChange): User {
  const { kind, value } = change;
  const profile: Profile =
    kind === 'username' ? user.profile : { ...user.profile, [kind]: value, [verifiedBy[kind]]: true };
  return { ...user, profile, identifiers: changedIdentifiers(user, change) };
}

/** An account keeps at least one identifier. */
function changedIdentifiers(
  { identifiers }: User,
  { formerIdentifier, newIdentifier }: IdentifierChange,
): readonly string[] {
  const others = identifiers.filter((identifier) => identifier !== newIdentifier);
  if (newIdentifier === undefined) {
    const kept = others.filter((other) => other !== formerIdentifier);
    return kept.length > 0 ? kept : identifiers;
  }
  const index = formerIdentifier === undefined ? -1 : others.indexOf(formerIdentifier);
  return index < 0 ? [...others, newIdentifier] : others.with(index, newIdentifier);
}
