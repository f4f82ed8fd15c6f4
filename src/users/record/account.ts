/**
 * The account of a user in the store: reads it from the result of `Store.load`, and writes it with compare-and-swap
 * operations.
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
  parseUserAnew,
  serializeCredentials,
  serializeUser,
  type User,
} from './user.ts';

/** An account with the versions for compare-and-swap. */
export interface VersionedAccount extends Account {
  readonly userVersion: number;
  readonly credentialsVersion: number;
}

type Entries = ReadonlyMap<string, Entry | undefined>;

/**
 * The account with this id, from a load that included `userKey(id)` or an entry that refers to it. Undefined if there
 * is none.
 */
export function accountOf(entries: Entries, id: string, parse = parseUser): VersionedAccount | undefined {
  const user = entries.get(userKey(id));
  const credentials = entries.get(credentialsKey(id));
  if (user === undefined || credentials === undefined) return undefined;
  return {
    user: withoutOldAddress(parse(user.value), user.epoch),
    credentials: inEpoch(parseCredentials(credentials.value), credentials.epoch),
    userVersion: user.version,
    credentialsVersion: credentials.version,
  };
}

/**
 * Accounts, and the ids of existing accounts that cannot be read because they are damaged or were written by a newer
 * version.
 */
export interface PageOfAccounts {
  readonly accounts: readonly Account[];
  /** Ids of accounts. */
  readonly unreadable: readonly string[];
}

/** The accounts with these ids, from a load of their `userKey`. Missing accounts are left out. */
export function accountsOf(entries: Entries, ids: readonly string[]): PageOfAccounts {
  const accounts: Account[] = [];
  const unreadable: string[] = [];
  for (const id of ids) {
    try {
      const account = accountOf(entries, id, parseUserAnew);
      if (account !== undefined) accounts.push(account);
    } catch {
      unreadable.push(id);
    }
  }
  return { accounts, unreadable };
}

/**
 * The account with this identifier, from a load of `identifierKey(canonical)`. The reservation counts only while its
 * user lists the identifier. Undefined if no account has it.
 */
export function accountByIdentifier(entries: Entries, canonical: string): VersionedAccount | undefined {
  const reservation = entries.get(identifierKey(canonical));
  if (reservation === undefined) return undefined;
  const account = accountOf(entries, parseIdentifierReservation(reservation.value).user);
  return account?.user.identifiers.includes(canonical) ? account : undefined;
}

/** For changes that may affect the user's groups. */
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
 * Names of the counters of answers during enrollment: one that success resets, one that success does not reset, and one
 * for new users, who must not use up the attempts of an existing account with their address.
 */
export const enrollCounters = {
  attempts: (authenticator: string): string => `${authenticator}.enroll`,
  answers: (authenticator: string): string => `${authenticator}.enroll.answers`,
  registrations: (authenticator: string): string => `${authenticator}.register`,
} as const;

/** Clears the failed attempts with these authenticators, and with enrolling them. */
export function resetCounters(userId: string, authenticators: readonly string[]): readonly Op[] {
  const { attempts, answers } = enrollCounters;
  const names = [...new Set(authenticators)].flatMap((key) => [key, attempts(key), answers(key)]);
  return names.map((name) => ({ op: 'reset', counter: attemptCounter(userId, name) }));
}

/**
 * The next `validAfter`. Sessions and tokens record the value under which they were issued, so it must change even
 * twice within a second and if the clock was set back.
 */
export function nextValidAfter(user: User, now: Seconds): Seconds {
  return Math.max(now, user.validAfter + 1);
}
