/**
 * All users, on top of the store. This file promises: every change is a compare-and-swap that is repeated if another
 * change was faster; an identifier belongs to at most one user; a change that voids sessions and tokens does so in the
 * same commit.
 */

import type { NewCredential } from '../../authenticators/authenticator.ts';
import type { Seconds, UserStatus } from '../../core/model/facts.ts';
import { StepgateError } from '../../errors.ts';
import { canonicalIdentifier } from '../../identifier.ts';
import { credentialsKey, historyKeys, identifierKey, userKey, usersKey } from '../../stores/keys.ts';
import type { Entry, Op, Store } from '../../stores/store.ts';
import { withoutAddedAddresses } from '../identifiers/notification-addresses.ts';
import {
  accountByIdentifier,
  accountOf,
  nextValidAfter,
  replaceCredentials,
  replaceUser,
  replaceUserAndGroups,
  resetCounters,
  type VersionedAccount,
} from '../record/account.ts';
import { issueCredential } from '../record/credentials.ts';
import { groupNameOps } from '../record/group-names.ts';
import { type Account, serializeCredentials, serializeUser, type User, withNewPassword } from '../record/user.ts';
import { releaseUniqueValues, uniqueValues } from '../reservations/attribute-reservations.ts';
import { releaseReservations } from '../reservations/credential-reservations.ts';
import { releaseIdentifiers, reserveIdentifiers } from '../reservations/identifier-reservations.ts';
import {
  type Amendment,
  changedGroups,
  changedUser,
  droppedIdentifiers,
  type GroupChange,
  type NewUser,
  newCredentials,
  newUser,
  replacingOld,
  type UserChange,
} from './changes.ts';
import { canonicalList, type DeleteOptions, type DirectoryResult, uniqueValueOps } from './directory-result.ts';

/**
 * Further operations for the same commit, from the account before and the user after the change. May be called several
 * times.
 */
export type ExtraOps = (before: Account, after: User) => readonly Op[];

/** The same for a new user. */
export type ExtraOpsForNewUser = (user: User) => readonly Op[];

const nothing = (): readonly Op[] => [];

/** The most attempts if other changes keep being faster. */
const rounds = 16;

export class Directory {
  readonly #store: Store;
  readonly #clock: () => Seconds;

  /** `clock` returns epoch seconds. */
  constructor(store: Store, clock: () => Seconds = () => Math.floor(Date.now() / 1000)) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Undefined if there is no such user. */
  async get(id: string): Promise<Account | undefined> {
    return this.#hold(id);
  }

  /** In any spelling. Undefined if no user has it, or the text cannot be an identifier. */
  async findByIdentifier(text: string): Promise<Account | undefined> {
    const canonical = canonicalIdentifier(text);
    if (!canonical.ok) return undefined;
    const { entries } = await this.#store.load([identifierKey(canonical.value)]);
    return accountByIdentifier(entries, canonical.value);
  }

  /** The reservations under these keys, with the users that they lead to, and the time (epoch seconds). */
  async reservations(
    keys: readonly string[],
  ): Promise<{ readonly entries: ReadonlyMap<string, Entry | undefined>; readonly now: Seconds }> {
    const { entries } = await this.#store.load(keys);
    return { entries, now: this.#clock() };
  }

  /** Writes the user, the credentials and the reservations of all identifiers, or nothing. */
  async create(input: NewUser, extraOps: ExtraOpsForNewUser = nothing): Promise<DirectoryResult> {
    const identifiers = canonicalList(input.identifiers);
    if (!Array.isArray(identifiers)) return identifiers;
    const now = this.#clock();
    const user = newUser(input, identifiers, now);
    const credentials = (input.credentials ?? []).map((credential) => issueCredential(credential, now));
    const { id } = user;
    const written = { schema: input.schema, before: {}, after: user.profile, user: id, now };
    return this.#repeat(async (): Promise<DirectoryResult | undefined> => {
      const unique = await uniqueValueOps(this.#store, written);
      if ('ok' in unique) return unique;
      const reserved = await reserveIdentifiers(this.#store, { user: id, identifiers, now }, [
        { op: 'create', key: userKey(id), value: serializeUser(user), refs: [credentialsKey(id)] },
        { op: 'create', key: credentialsKey(id), value: serializeCredentials(credentials) },
        { op: 'join', key: usersKey, member: id },
        ...groupNameOps(user.groups),
        ...unique,
        ...extraOps(user),
      ]);
      if (reserved.kind === 'taken') return { ok: false, code: 'identifier_taken', identifier: reserved.identifier };
      return reserved.kind === 'reserved' ? { ok: true, user } : undefined;
    });
  }

  /** Undefined if there is no such user. `change` may run several times. */
  async update(
    id: string,
    change: (user: User) => UserChange,
    extraOps: ExtraOps = nothing,
  ): Promise<User | undefined> {
    return this.#swap(id, (user, now) => changedUser(user, change(user), now), extraOps);
  }

  /** For a user who is no longer active, sessions and tokens become void permanently. */
  async setStatus(id: string, status: UserStatus, extraOps: ExtraOps = nothing): Promise<User | undefined> {
    return this.update(id, () => ({ status }), extraOps);
  }

  async setGroups(id: string, change: GroupChange, extraOps: ExtraOps = nothing): Promise<User | undefined> {
    return this.update(id, ({ groups }) => ({ groups: changedGroups(groups, change) }), extraOps);
  }

  /**
   * Makes several changes in one commit, all or none. Undefined if there is no such user. `change` may run several
   * times.
   */
  async amend(
    id: string,
    change: (user: User) => Amendment,
    extraOps: ExtraOps = nothing,
  ): Promise<DirectoryResult | undefined> {
    return this.#attempt(id, async (account): Promise<DirectoryResult | undefined> => {
      const { addIdentifiers = [], password, credentials: proven = [], schema, ...rest } = change(account.user);
      const canonical = addIdentifiers.length === 0 ? [] : canonicalList(addIdentifiers);
      if (!Array.isArray(canonical)) return canonical;
      const now = this.#clock();
      const identifiers = canonical.filter((identifier) => !account.user.identifiers.includes(identifier));
      const amended = changedUser(account.user, rest, now);
      const dropped = droppedIdentifiers(account.user, amended, { schema, added: canonical });
      const kept = account.user.identifiers.filter((identifier) => !dropped.includes(identifier));
      const changed = { ...amended, identifiers: [...kept, ...identifiers] };
      const { profile: before } = account.user;
      const unique = await uniqueValueOps(this.#store, { schema, before, after: amended.profile, user: id, now });
      if ('ok' in unique) return unique;
      const user = password === undefined ? changed : withNewPassword(changed, nextValidAfter(account.user, now));
      const credentials = newCredentials(account, { ...(password ? { password } : {}), credentials: proven }, now);
      const ops = [...replaceUserAndGroups(account, user), ...credentials, ...unique, ...extraOps(account, user)];
      const reserved = await reserveIdentifiers(this.#store, { user: id, identifiers, now }, ops);
      if (reserved.kind === 'taken') return { ok: false, code: 'identifier_taken', identifier: reserved.identifier };
      if (reserved.kind === 'conflict') return undefined;
      await releaseIdentifiers(this.#store, id, dropped);
      return { ok: true, user };
    });
  }

  /**
   * Removes the enrollments of one authenticator, or all, with their counters, and voids sessions and tokens. `all`
   * also removes addresses added for notifications, since an attacker may have added one. The verified address of the
   * profile stays. Undefined if there is no such user.
   */
  async resetAuthenticators(
    id: string,
    authenticator: string | 'all',
    extraOps: ExtraOps = nothing,
  ): Promise<User | undefined> {
    const gone = (key: string): boolean => authenticator === 'all' || key === authenticator;
    return this.#attempt(id, async (account) => {
      const now = this.#clock();
      const kept = authenticator === 'all' ? withoutAddedAddresses(account.user) : account.user;
      const user = { ...kept, updatedAt: now, validAfter: nextValidAfter(account.user, now) };
      const keys = account.credentials.map((credential) => credential.authenticator);
      const { ok } = await this.#store.commit([
        replaceUser(account, user),
        replaceCredentials(
          account,
          account.credentials.filter((credential) => !gone(credential.authenticator)),
        ),
        ...resetCounters(id, keys.filter(gone)),
        ...releaseReservations(account.credentials.filter((credential) => gone(credential.authenticator))),
        ...extraOps(account, user),
      ]);
      return ok ? user : undefined;
    });
  }

  /**
   * Replaces the password, clears failed attempts with it, and voids sessions and tokens. The password no longer counts
   * as recovered. Undefined if there is no such user.
   */
  async setPassword(id: string, password: NewCredential, extraOps: ExtraOps = nothing): Promise<User | undefined> {
    const outcome = await this.amend(id, () => ({ password }), extraOps);
    return outcome?.ok ? outcome.user : undefined;
  }

  /** Replaces the credentials of its authenticator by `credential`. Undefined if there is no such user. */
  async replaceCredential(
    id: string,
    credential: NewCredential,
    extraOps: ExtraOps = nothing,
  ): Promise<User | undefined> {
    return this.#attempt(id, async (account) => {
      const ops = [...replacingOld(account, credential, this.#clock()), ...extraOps(account, account.user)];
      const { ok } = await this.#store.commit(ops);
      return ok ? account.user : undefined;
    });
  }

  /** Clears the failed attempts with these authenticators. `extraOps` go into the same commit. */
  async unlock(id: string, authenticators: readonly string[], extraOps: readonly Op[] = []): Promise<void> {
    await this.#store.commit([...resetCounters(id, authenticators), ...extraOps]);
  }

  /**
   * Deletes the user with credentials, counters, logs, identifiers and unique values. False if nothing was deleted,
   * because there was no such user or the deletion was no longer wanted.
   */
  async delete(
    id: string,
    extraOps: ExtraOps = nothing,
    { isMeant = () => true, schema }: DeleteOptions = {},
  ): Promise<boolean> {
    const deleted = await this.#attempt<User | 'kept'>(id, async (account) => {
      if (!isMeant(account.user)) return 'kept';
      const { ok } = await this.#store.commit([
        { op: 'check', key: userKey(id), version: account.userVersion },
        { op: 'take', key: userKey(id) },
        { op: 'delete', key: credentialsKey(id) },
        ...historyKeys(id).map((key): Op => ({ op: 'delete', key })),
        ...resetCounters(
          id,
          account.credentials.map(({ authenticator }) => authenticator),
        ),
        ...releaseReservations(account.credentials),
        { op: 'leave', key: usersKey, member: id },
        ...extraOps(account, account.user),
      ]);
      return ok ? account.user : undefined;
    });
    if (deleted === undefined || deleted === 'kept') return false;
    await releaseIdentifiers(this.#store, id, deleted.identifiers);
    if (schema) await releaseUniqueValues(this.#store, uniqueValues(schema, deleted.profile), id);
    return true;
  }

  async #hold(id: string): Promise<VersionedAccount | undefined> {
    const { entries } = await this.#store.load([userKey(id)]);
    return accountOf(entries, id);
  }

  async #swap(
    id: string,
    change: (user: User, now: Seconds) => User,
    extraOps: ExtraOps = nothing,
  ): Promise<User | undefined> {
    return this.#attempt(id, async (account) => {
      const user = change(account.user, this.#clock());
      const { ok } = await this.#store.commit([...replaceUserAndGroups(account, user), ...extraOps(account, user)]);
      return ok ? user : undefined;
    });
  }

  /**
   * Reads the account and lets `act` change it. Repeats while `act` returns `undefined`, which means that another
   * change was faster.
   */
  async #attempt<T>(id: string, act: (account: VersionedAccount) => Promise<T | undefined>): Promise<T | undefined> {
    const done = await this.#repeat(async () => {
      const account = await this.#hold(id);
      return account === undefined ? 'gone' : act(account);
    });
    return done === 'gone' ? undefined : done;
  }

  async #repeat<T>(act: () => Promise<T | undefined>): Promise<T> {
    for (let round = 0; round < rounds; round += 1) {
      const done = await act();
      if (done !== undefined) return done;
    }
    throw tooManyConflicts();
  }
}

function tooManyConflicts(): StepgateError {
  return new StepgateError('busy', 'other changes to this user were faster', { retryAfter: 1 });
}
