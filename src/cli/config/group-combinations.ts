/** Which groups users really have together. */
import { userKey, usersKey } from '../../stores/keys.ts';
import type { Store } from '../../stores/store.ts';
import { accountsOf } from '../../users/account.ts';

/** Users that are read at most, and combinations that are kept while counting. */
const maxUsers = 100_000;
const maxCombinations = 10_000;

export interface GroupCombinations {
  /** Active users by their groups, sorted; those with the most users first. */
  readonly combinations: readonly { readonly groups: readonly string[]; readonly users: number }[];
  /** There are more users or combinations than were counted. */
  readonly isPartial: boolean;
}

/** Reads the users in pages. Rejects with `StoreUnavailable`. */
export async function groupCombinations(
  store: Store,
  limits = { users: maxUsers, combinations: maxCombinations },
): Promise<GroupCombinations> {
  const counts = new Map<string, number>();
  let read = 0;
  let isPartial = false;
  for await (const ids of store.members(usersKey)) {
    const page = ids.slice(0, limits.users - read);
    if (page.length < ids.length) isPartial = true;
    if (page.length === 0) break;
    read += page.length;
    const { entries } = await store.load(page.map(userKey));
    for (const { user } of accountsOf(entries, page).accounts) {
      const key = JSON.stringify([...user.groups].sort());
      if (user.status !== 'active') continue;
      if (counts.has(key) || counts.size < limits.combinations) counts.set(key, (counts.get(key) ?? 0) + 1);
      else isPartial = true;
    }
  }
  const combinations = [...counts].map(([key, users]) => ({ groups: JSON.parse(key) as readonly string[], users }));
  return { combinations: combinations.sort((a, b) => b.users - a.users), isPartial };
}
