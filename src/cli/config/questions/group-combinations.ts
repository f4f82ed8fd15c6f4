/** The combinations of groups that users actually have. */
import { userKey, usersKey } from '../../../stores/keys.ts';
import type { Store } from '../../../stores/store.ts';
import { accountsOf } from '../../../users/record/account.ts';

/** The most users to read, and the most combinations to keep while counting. */
const maxUsers = 100_000;
const maxCombinations = 10_000;

export interface GroupCombinations {
  /** Active users by their sorted groups. The most frequent combination comes first. */
  readonly combinations: readonly { readonly groups: readonly string[]; readonly users: number }[];
  /** There are more users or combinations than were counted. */
  readonly isPartial: boolean;
}

/** Reads the users in pages. Rejects with `StoreUnavailable`. */
export async function groupCombinations(
  store: Store,
  limits = { users: maxUsers, combinations: maxCombinations },
): Promise<GroupCombinations> {
  const counts = new Map<string, { readonly groups: readonly string[]; readonly users: number }>();
  let read = 0;
  let isPartial = false;
  for await (const ids of store.members(usersKey)) {
    const page = ids.slice(0, limits.users - read);
    if (page.length < ids.length) isPartial = true;
    if (page.length === 0) break;
    read += page.length;
    const { entries } = await store.load(page.map(userKey));
    for (const { user } of accountsOf(entries, page).accounts) {
      if (user.status !== 'active') continue;
      const groups = [...user.groups].sort();
      const key = JSON.stringify(groups);
      const users = (counts.get(key)?.users ?? 0) + 1;
      if (users > 1 || counts.size < limits.combinations) counts.set(key, { groups, users });
      else isPartial = true;
    }
  }
  return { combinations: [...counts.values()].sort((a, b) => b.users - a.users), isPartial };
}
