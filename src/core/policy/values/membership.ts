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

/** The fewest values that meet the lists. From `any` it takes the first value that is not excluded. */
export function fewestMembers(lists: AnyAllNone | undefined): readonly string[] {
  const { any = [], all = [], none = [] } = lists ?? {};
  const hasAny = any.some((value) => all.includes(value));
  const first = any.find((value) => !none.includes(value));
  return hasAny || first === undefined ? all : [...all, first];
}

/**
 * Values that meet both lists, without combining a value that only one list asks for with one that only the other asks
 * for: no configuration says that members of one group can be members of the other. Undefined if no values are sure to
 * meet both.
 */
export function jointMembers(
  one: AnyAllNone | undefined,
  other: AnyAllNone | undefined,
): readonly string[] | undefined {
  const shared = one?.any?.find((value) => other?.any?.includes(value));
  if (shared !== undefined) return [...new Set([shared, ...(one?.all ?? []), ...(other?.all ?? [])])];
  const [a, b] = [fewestMembers(one), fewestMembers(other)];
  if (a.every((value) => b.includes(value))) return b;
  return b.every((value) => a.includes(value)) ? a : undefined;
}
