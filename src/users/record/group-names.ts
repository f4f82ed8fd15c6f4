/**
 * The names of groups that users have been in. Groups are no records of their own: they exist by their members. These
 * names are kept so that a misspelled one can be told without reading all users.
 */
import { groupNamesKey } from '../../stores/keys.ts';
import type { Op, Store } from '../../stores/store.ts';

type JoinOp = Extract<Op, { op: 'join' }>;

/** To be written in the commit that puts a user into these groups. `before`: those that the user was in already. */
export function groupNameOps(groups: readonly string[], before: readonly string[] = []): readonly JoinOp[] {
  return groups
    .filter((group) => !before.includes(group))
    .map((group) => ({ op: 'join', key: groupNamesKey, member: group }));
}

/** Every group that a user is in, and those that users were in once. Rejects with `StoreUnavailable`. */
export async function groupNames(store: Store): Promise<readonly string[]> {
  const names = new Set<string>();
  for await (const page of store.members(groupNamesKey)) for (const name of page) names.add(name);
  return [...names].sort();
}
