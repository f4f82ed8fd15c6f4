/** Which groups have members now. */
import { userKey, usersKey } from '../../stores/keys.ts';
import type { Store } from '../../stores/store.ts';
import { accountsOf } from '../record/account.ts';
import { groupNames } from '../record/group-names.ts';

/** Users that are read at once. */
const batchSize = 500;
/** Most users that are read: a check of files should take a second. */
const mostRead = 20_000;

/**
 * The groups that users are in now. Users are read until each group has shown a member, so only a group without any
 * costs a look at all users. In larger directories it stays among the groups. Rejects with
 * `StoreUnavailable`.
 */
export async function groupsWithMembers(store: Store, most = mostRead): Promise<readonly string[]> {
  const names = await groupNames(store);
  const open = new Set(names);
  let read = 0;
  for await (const page of store.members(usersKey))
    for (let at = 0; at < page.length; at += batchSize) {
      const batch = page.slice(at, at + batchSize);
      read += batch.length;
      if (open.size === 0 || read > most) return names;
      const { accounts } = accountsOf((await store.load(batch.map(userKey))).entries, batch);
      for (const { user } of accounts) for (const group of user.groups) open.delete(group);
    }
  return names.filter((name) => !open.has(name));
}
