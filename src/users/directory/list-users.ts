/** Users in pages, for administrators. */
import { userKey, usersKey } from '../../stores/keys.ts';
import type { Store } from '../../stores/store.ts';
import { accountsOf, type PageOfAccounts } from '../record/account.ts';
import type { Account } from '../record/user.ts';

export interface UserQuery {
  /** Only users whose id comes after this one. */
  readonly after?: string;
  /** The most users per page. Unreadable ones count as well. */
  readonly limit: number;
  readonly matches: (account: Account) => boolean;
}

export interface PageOfUsers extends PageOfAccounts {
  /** The number of users in the store, matching or not. */
  readonly total: number;
  /** Pass it as `UserQuery.after` to get the next page. Absent on the last page. */
  readonly next?: string;
}

/** Accounts read at once: enough to be fast, and few enough to need little memory. */
const batchSize = 500;

/**
 * The first users that match, in the order of their ids. This order does not depend on the store and does not change
 * when other users change. Reads the ids of all users, but only the accounts of this page. Rejects with
 * `StoreUnavailable`.
 */
export async function listUsers(store: Store, { after = '', limit, matches }: UserQuery): Promise<PageOfUsers> {
  const ids = await allIds(store);
  const left = ids.slice(ids.findLastIndex((id) => id <= after) + 1);
  const accounts: Account[] = [];
  const unreadable: string[] = [];
  let read = 0;
  while (read < left.length && accounts.length + unreadable.length < limit) {
    const room = limit - accounts.length - unreadable.length;
    const batch = left.slice(read, read + Math.min(batchSize, Math.max(room, 50)));
    const { entries } = await store.load(batch.map(userKey));
    for (const id of batch) {
      if (accounts.length + unreadable.length === limit) break;
      read += 1;
      const page = accountsOf(entries, [id]);
      accounts.push(...page.accounts.filter(matches));
      unreadable.push(...page.unreadable);
    }
  }
  const last = left[read - 1];
  return {
    accounts,
    unreadable,
    total: ids.length,
    ...(last === undefined || read === left.length ? {} : { next: last }),
  };
}

async function allIds(store: Store): Promise<readonly string[]> {
  const ids = new Set<string>();
  for await (const page of store.members(usersKey)) for (const id of page) ids.add(id);
  return [...ids].sort();
}
