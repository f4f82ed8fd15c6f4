/**
 * The account of a user as read from the store: out of what `Store.load` returned, and back as operations that compare
 * and swap.
 */
import type { Seconds } from '../../core/model/facts.ts';
import { attemptCounter, credentialsKey, identifierKey, userKey } from '../../stores/keys.ts';
import type { Entry, Op } from '../../stores/store.ts';
import { inEpoch, withoutOldAddress } from './epoch.ts';
import { groupNameOps } from './group-names.ts';
import {
  type Account,
  parseCredentials,
  parseIdentifierReservation,
  parseUser,
  serializeCredentials,
  serializeUser,
  type User,
} from './user.ts';

/** An account with the versions to swap against. */
export interface VersionedAccount extends Account {
  readonly userVersion: number;
  readonly credentialsVersion: number;
}

type Entries = ReadonlyMap<string, Entry | undefined>;

/**
 * The account of this id, out of a load that had `userKey(id)`, or something that refers to it. `undefined`: there is
 * none.
 */
export function accountOf(entries: Entries, id: string): VersionedAccount | undefined {
  const user = entries.get(userKey(id));
  const credentials = entries.get(credentialsKey(id));
  if (user === undefined || credentials === undefined) return undefined;
  return {
    user: withoutOldAddress(parseUser(user.value), user.epoch),
    credentials: inEpoch(parseCredentials(credentials.value), credentials.epoch),
    userVersion: user.version,
    credentialsVersion: credentials.version,
  };
}

/** Accounts, and those that are there and cannot be read: damaged, or written by a newer version. */
export interface PageOfAccounts {
  readonly accounts: readonly Account[];
  /** Their ids. */
  readonly unreadable: readonly string[];
}

/** The accounts of these ids, out of a load of their `userKey`. Those that are not there are left out. */
export function accountsOf(entries: Entries, ids: readonly string[]): PageOfAccounts {
  const accounts: Account[] = [];
  const unreadable: string[] = [];
  for (const id of ids) {
    try {
      const account = accountOf(entries, id);
      if (account !== undefined) accounts.push(account);
    } catch {
      unreadable.push(id);
    }
  }
  return { accounts, unreadable };
}

/**
 * The account that has this identifier, out of a load of `identifierKey(canonical)`. An entry counts only while the
 * user that it names lists the identifier. `undefined`: no account has it.
 */
export function accountByIdentifier(entries: Entries, canonical: string): VersionedAccount | undefined {
  const reservation = entries.get(identifierKey(canonical));
  if (reservation === undefined) return undefined;
  const account = accountOf(entries, parseIdentifierReservation(reservation.value).user);
  return account?.user.identifiers.includes(canonical) ? account : undefined;
}

/** Where the groups of the user may have changed. */
export function replaceUserAndGroups(account: VersionedAccount, user: User): readonly Op[] {
  return [replaceUser(account, user), ...groupNameOps(user.groups, account.user.groups)];
}

export function replaceUser({ userVersion }: VersionedAccount, user: User): Op {
  const { id } = user;
  return {
    op: 'replace',
    key: userKey(id),
    version: userVersion,
    value: serializeUser(user),
    refs: [credentialsKey(id)],
  };
}

export function replaceCredentials(account: VersionedAccount, credentials: Account['credentials']): Op {
  return {
    op: 'replace',
    key: credentialsKey(account.user.id),
    version: account.credentialsVersion,
    value: serializeCredentials(credentials),
  };
}

/**
 * Names of the counters of answers while an authenticator is enrolled: `reset` by success, one that success leaves
 * alone, and the one of new users, who do not count against the account that may have their address.
 */
export const enrollCounters = {
  attempts: (authenticator: string): string => `${authenticator}.enroll`,
  answers: (authenticator: string): string => `${authenticator}.enroll.answers`,
  registrations: (authenticator: string): string => `${authenticator}.register`,
} as const;

/** Forgets the failed attempts with these authenticators, and with enrolling them. */
export function resetCounters(userId: string, authenticators: readonly string[]): readonly Op[] {
  const { attempts, answers } = enrollCounters;
  const names = [...new Set(authenticators)].flatMap((key) => [key, attempts(key), answers(key)]);
  return names.map((name) => ({ op: 'reset', counter: attemptCounter(userId, name) }));
}

/**
 * The next `validAfter`. Sessions and tokens remember the value that they were issued under, so it changes even twice
 * within a second and when the clock was set back.
 */
export function nextValidAfter(user: User, now: Seconds): Seconds {
  return Math.max(now, user.validAfter + 1);
}
