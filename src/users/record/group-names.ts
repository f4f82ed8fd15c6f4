/**
 * The names of groups that users are or were in. Groups have no records: they exist by their members. The names are
 * kept so that a misspelled one can be detected without reading all users.
 */
import { composedName } from '../../core/model/composed-name.ts';
import { groupNamesKey } from '../../stores/keys.ts';
import type { Op, Store } from '../../stores/store.ts';

type JoinOp = Extract<Op, { op: 'join' }>;

/** For the commit that adds a user to these groups. `before`: the user's groups until then. */
export function groupNameOps(groups: readonly string[], before: readonly string[] = []): readonly JoinOp[] {
  return groups
    .filter((group) => !before.includes(group))
    .map((group) => ({ op: 'join', key: groupNamesKey, member: group }));
}

/** Every group that a user is or once was in, as names are compared. Rejects with `StoreUnavailable`. */
export async function groupNames(store: Store): Promise<readonly string[]> {
  const names = new Set<string>();
  for await (const page of store.members(groupNamesKey)) for (const name of page) names.add(composedName(name));
  return [...names].sort();
}
