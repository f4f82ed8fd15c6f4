/** The combinations of groups, and of user types that rules name, that users actually have. */
import { userKey, usersKey } from '../../../stores/keys.ts';
import type { Store } from '../../../stores/store.ts';
import { accountsOf } from '../../../users/record/account.ts';
import type { NamedUser } from './fresh-sign-ins.ts';

/** The most users to read, and the most combinations to keep while counting. */
const maxUsers = 100_000;
const maxCombinations = 10_000;

interface CountedCombination extends NamedUser {
  readonly users: number;
}

export interface GroupCombinations {
  /** Active users by their sorted groups and their type, if rules name it. The most frequent one comes first. */
  readonly combinations: readonly CountedCombination[];
  /** There are more users or combinations than were counted. */
  readonly isPartial: boolean;
}

/** Reads the users in pages. `types`: the user types that rules name. Rejects with `StoreUnavailable`. */
export async function groupCombinations(
  store: Store,
  types: ReadonlySet<string>,
  limits = { users: maxUsers, combinations: maxCombinations },
): Promise<GroupCombinations> {
  const counts = new Map<string, CountedCombination>();
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
      const isNamed = user.userType !== undefined && types.has(user.userType);
      const who: NamedUser = isNamed ? { groups, userType: user.userType } : { groups };
      const key = JSON.stringify(who);
      const users = (counts.get(key)?.users ?? 0) + 1;
      if (users > 1 || counts.size < limits.combinations) counts.set(key, { ...who, users });
      else isPartial = true;
    }
  }
  return { combinations: [...counts.values()].sort((a, b) => b.users - a.users), isPartial };
}
