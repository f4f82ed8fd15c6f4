/**
 * Quickly excludes most names that are not in a set, by a few of their characters. This is faster than a set lookup. A
 * user is in hundreds of groups, and rules name few of them.
 */

/** One byte per slot: 1 if a name of the set falls into the slot. The size is a power of two. */
export type NameFilter = Uint8Array;

/** Slots per name, so that most slots stay empty. */
const slotsPerName = 4;

/** Builds the filter, once for a set. */
export function nameFilter(names: Pick<ReadonlySet<string>, 'size' | 'keys'>): NameFilter {
  const filter = new Uint8Array(2 ** Math.ceil(Math.log2(slotsPerName * (names.size + 1))));
  for (const name of names.keys()) filter[slotOf(name, filter)] = 1;
  return filter;
}

/** False if the name is certainly not in the set. */
export function mayContain(filter: NameFilter, name: string): boolean {
  return filter[slotOf(name, filter)] === 1;
}

/**
 * The slot depends on the length, the last character and the middle one, because names often begin alike. The empty
 * name has slot 0.
 */
function slotOf(name: string, filter: NameFilter): number {
  const { length } = name;
  const sum = length * 7 + name.charCodeAt(length - 1) * 31 + name.charCodeAt(length >> 1) * 131;
  return sum & (filter.length - 1);
}
