/** How a change affects the record of a user: as data, and as the compare-and-swap operations. */

import type { NewCredential } from '../../authenticators/authenticator.ts';
import type { AttributeSchema } from '../../core/model/attribute.ts';
import { composedNames } from '../../core/model/composed-name.ts';
import type { Seconds, UserStatus } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type { Op } from '../../stores/store.ts';
import { identifyingValues } from '../identifiers/identifier-kinds.ts';
import { nextValidAfter, replaceCredentials, resetCounters, type VersionedAccount } from '../record/account.ts';
import { withOnlyCredential } from '../record/credentials.ts';
import { newUserId, type Profile, type User, withComposedNames } from '../record/user.ts';

export interface NewUser {
  /** In any spelling; at least one. */
  readonly identifiers: readonly string[];
  readonly profile?: Profile;
  readonly groups?: readonly string[];
  readonly userType?: string;
  /** Default: active. */
  readonly status?: UserStatus;
  readonly credentials?: readonly NewCredential[];
  /** Defines which values must be unique. */
  readonly schema?: AttributeSchema;
}

/** What `update` may change. */
export type UserChange = Partial<Pick<User, 'status' | 'profile' | 'groups' | 'userType'>>;

export interface Amendment extends UserChange {
  /** In any spelling. Identifiers that the user already has stay. */
  readonly addIdentifiers?: readonly string[];
  /** Replaces the old password and voids sessions and tokens. */
  readonly password?: NewCredential;
  /** Each replaces those of the same authenticator. A credential that already exists stays. */
  readonly credentials?: readonly NewCredential[];
  /**
   * Defines which values must be unique and which identify the user. A new identifying value replaces the old one as an
   * identifier.
   */
  readonly schema?: AttributeSchema;
}

/** Identifiers that came from attributes and no longer do. `added`: canonical identifiers that stay in any case. */
export function droppedIdentifiers(
  { profile, identifiers }: User,
  after: User,
  { schema, added }: { readonly schema: AttributeSchema | undefined; readonly added: readonly string[] },
): readonly string[] {
  if (schema === undefined) return [];
  const kept = [...identifyingValues(schema, after.profile), ...added];
  return identifyingValues(schema, profile).filter(
    (identifyingValue) => identifiers.includes(identifyingValue) && !kept.includes(identifyingValue),
  );
}

export function newUser(input: NewUser, identifiers: readonly string[], now: Seconds): User {
  return withComposedNames({
    id: newUserId(),
    status: input.status ?? 'active',
    identifiers,
    profile: input.profile ?? {},
    groups: [...new Set(input.groups)],
    ...omitUndefined({ userType: input.userType }),
    createdAt: now,
    updatedAt: now,
    validAfter: now,
  });
}

/** In any spelling. */
export interface GroupChange {
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
}

export function changedGroups(groups: readonly string[], { add = [], remove = [] }: GroupChange): readonly string[] {
  const removed = composedNames(remove);
  return [...new Set([...groups, ...composedNames(add)])].filter((group) => !removed.includes(group));
}

export function changedUser(user: User, change: UserChange, now: Seconds): User {
  const changed = withComposedNames({ ...user, ...change, updatedAt: now });
  const stopped = user.status === 'active' && changed.status !== 'active';
  return stopped ? { ...changed, validAfter: nextValidAfter(user, now) } : changed;
}

export function replacingOld(account: VersionedAccount, credential: NewCredential, now: Seconds): readonly Op[] {
  return [
    replaceCredentials(account, withOnlyCredential(account.credentials, credential, now)),
    ...resetCounters(account.user.id, [credential.authenticator]),
  ];
}

/** Both in one write. A credential that already exists stays. */
export function newCredentials(
  account: VersionedAccount,
  { password, credentials: proven = [] }: Pick<Amendment, 'password' | 'credentials'>,
  now: Seconds,
): readonly Op[] {
  const isThere = (credential: NewCredential): boolean =>
    account.credentials.some(
      ({ authenticator, secret }) =>
        authenticator === credential.authenticator && JSON.stringify(secret) === JSON.stringify(credential.secret),
    );
  const added = [...(password ? [password] : []), ...proven.filter((credential) => !isThere(credential))];
  if (added.length === 0) return [];
  const credentials = added.reduce((all, credential) => withOnlyCredential(all, credential, now), account.credentials);
  const keys = added.map(({ authenticator }) => authenticator);
  return [replaceCredentials(account, credentials), ...resetCounters(account.user.id, keys)];
}
