/** Lists of names (`any`, `all`, `none`): tests them, and finds names that meet two of them. */
import type { AnyAllNone } from '../../model/conditions.ts';

/** Whether these values meet all three lists. */
export function meetsLists(lists: AnyAllNone, values: readonly string[]): boolean {
  return (
    (lists.any === undefined || intersects(lists.any, values)) &&
    (lists.all === undefined || containsAll(values, lists.all)) &&
    (lists.none === undefined || !intersects(lists.none, values))
  );
}

function intersects(list: readonly string[], values: readonly string[]): boolean {
  const isThere = membersOf(values);
  for (const item of list) if (isThere(item)) return true;
  return false;
}

function containsAll(values: readonly string[], list: readonly string[]): boolean {
  const isThere = membersOf(values);
  for (const item of list) if (!isThere(item)) return false;
  return true;
}

/** From this length on, a set is faster than a search. */
const longLength = 16;

/** Cached by list, which never changes: many rules contain the same long list of groups. */
const sets = new WeakMap<readonly string[], ReadonlySet<string>>();

function membersOf(values: readonly string[]): (value: string) => boolean {
  if (values.length < longLength) return (value) => values.includes(value);
  const set = sets.get(values) ?? new Set(values);
  sets.set(values, set);
  return (value) => set.has(value);
}
