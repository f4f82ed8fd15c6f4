/** Which groups currently have members. */
import { userKey, usersKey } from '../../stores/keys.ts';
import type { Store } from '../../stores/store.ts';
import { accountsOf } from '../record/account.ts';
import { groupNames } from '../record/group-names.ts';

/** Users read at once. */
const batchSize = 500;
/** The most users to read, so that checking configuration files takes about a second. */
const mostRead = 20_000;

/**
 * The groups that currently have members. Users are read until every group has one, so only a group without members
 * makes it read all users. If more than `most` users would have to be read, all groups count as having members.
 * Rejects with `StoreUnavailable`.
 */
export async function groupsWithMembers(store: Store, most = mostRead): Promise<readonly string[]> {
  const names = await groupNames(store);
  const open = new Set(names);
  let read = 0;
  for await (const page of store.members(usersKey))
    for (let start = 0; start < page.length; start += batchSize) {
      const batch = page.slice(start, start + batchSize);
      read += batch.length;
      if (open.size === 0 || read > most) return names;
      const { accounts } = accountsOf((await store.load(batch.map(userKey))).entries, batch);
      for (const { user } of accounts) for (const group of user.groups) open.delete(group);
    }
  return names.filter((name) => !open.has(name));
}
