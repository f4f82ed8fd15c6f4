/** How a user is identified and reached, kind by kind, and what a change makes of it. */
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type { IdentifierKind, Profile, User } from '../record/user.ts';
import { canonicalIdentifier } from './identifier.ts';

/** How long what was given up can come back, and belongs to no other user (seconds). */
export const undoPeriod = 7 * 86_400;

const verifiedBy = { email: 'emailVerified', phone: 'phoneVerified' } as const;

/** What a user is called now. */
export interface CurrentIdentifier {
  readonly value: string;
  /** In canonical form, if the user is identified by it. */
  readonly identifier?: string;
  /** An address or a number that is known to be the user's. A user name needs no proof. */
  readonly verified: boolean;
}

/** A name is no address, no number, and none of the values by which administrators identify users (`others`). */
export function isUsername(identifier: string, others: readonly string[]): boolean {
  return !identifier.includes('@') && !/^\+?[\d\s()./-]+$/u.test(identifier) && !others.includes(identifier);
}

/** `others`: canonical values of attributes that identify. `undefined`: the user has none of this kind. */
export function currentIdentifier(
  { profile, identifiers }: Pick<User, 'profile' | 'identifiers'>,
  kind: IdentifierKind,
  others: readonly string[],
): CurrentIdentifier | undefined {
  if (kind === 'username') {
    const name = identifiers.find((one) => isUsername(one, others));
    return name === undefined ? undefined : { value: name, identifier: name, verified: true };
  }
  // Administrators may have named the user by an address without saying that it is theirs.
  const value = profile[kind] || (kind === 'email' ? identifiers.find((one) => one.includes('@')) : undefined);
  if (value === undefined || value === '') return undefined;
  const canonical = canonicalIdentifier(value);
  const identifier = canonical.ok && identifiers.includes(canonical.value) ? canonical.value : undefined;
  return { value, verified: profile[verifiedBy[kind]] === true, ...omitUndefined({ identifier }) };
}

/** What takes the place of what; identifiers are canonical, and absent where the user is not identified by it. */
export interface IdentifierChange {
  readonly kind: IdentifierKind;
  readonly value: string;
  readonly formerIdentifier?: string | undefined;
  readonly newIdentifier?: string | undefined;
}

/** The user with the new value, which was proved. The place among the identifiers stays: the first one is shown. */
export function withIdentifier(user: User, change: IdentifierChange): User {
  const { kind, value } = change;
  const profile: Profile =
    kind === 'username' ? user.profile : { ...user.profile, [kind]: value, [verifiedBy[kind]]: true };
  return { ...user, profile, identifiers: changedIdentifiers(user, change) };
}

/** An account keeps at least one. */
function changedIdentifiers(
  { identifiers }: User,
  { formerIdentifier, newIdentifier }: IdentifierChange,
): readonly string[] {
  const others = identifiers.filter((one) => one !== newIdentifier);
  if (newIdentifier === undefined) {
    const kept = others.filter((one) => one !== formerIdentifier);
    return kept.length > 0 ? kept : identifiers;
  }
  const at = formerIdentifier === undefined ? -1 : others.indexOf(formerIdentifier);
  return at < 0 ? [...others, newIdentifier] : others.with(at, newIdentifier);
}
