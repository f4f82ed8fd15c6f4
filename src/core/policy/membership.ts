/** Lists of names (`any`, `all`, `none`): testing them, and finding names that meet two of them. */
import type { AnyAllNone } from '../model/conditions.ts';

/** Whether these values meet all the lists. */
export function meetsLists(lists: AnyAllNone, values: readonly string[]): boolean {
  return (
    (lists.any === undefined || intersects(lists.any, values)) &&
    (lists.all === undefined || containsAll(values, lists.all)) &&
    (lists.none === undefined || !intersects(lists.none, values))
  );
}

function intersects(list: readonly string[], values: readonly string[]): boolean {
  for (const item of list) if (values.includes(item)) return true;
  return false;
}

function containsAll(values: readonly string[], list: readonly string[]): boolean {
  for (const item of list) if (!values.includes(item)) return false;
  return true;
}

/** The fewest values that meet the lists; of `any` the first that is not excluded. */
export function fewestMembers(lists: AnyAllNone | undefined): readonly string[] {
  const { any = [], all = [], none = [] } = lists ?? {};
  const hasAny = any.some((value) => all.includes(value));
  const first = any.find((value) => !none.includes(value));
  return hasAny || first === undefined ? all : [...all, first];
}

/**
 * Values that meet both, without a membership that neither of them alone asks for: no configuration says that members
 * of one group are in another one, too. Undefined: no values are sure to meet both.
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
