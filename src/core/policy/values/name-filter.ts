/**
 * Tells most names that are not in a set from those that may be, by a few characters of the name, which is faster than
 * a look into the set. A user is in hundreds of groups, of which rules name few.
 */

/** 1 at the place of each name of the set. The size is a power of two. */
export type NameFilter = Uint8Array;

/** So many places for each name, so that few of them are taken. */
const PLACES_PER_NAME = 4;

/** Made once for a set. */
export function nameFilter(names: Pick<ReadonlySet<string>, 'size' | 'keys'>): NameFilter {
  const filter = new Uint8Array(2 ** Math.ceil(Math.log2(PLACES_PER_NAME * (names.size + 1))));
  for (const name of names.keys()) filter[placeOf(name, filter)] = 1;
  return filter;
}

/** False: the name is not in the set. */
export function mayContain(filter: NameFilter, name: string): boolean {
  return filter[placeOf(name, filter)] === 1;
}

/** By the length, the last character and the one in the middle: names often begin alike. An empty name is at 0. */
function placeOf(name: string, filter: NameFilter): number {
  const { length } = name;
  const sum = length * 7 + name.charCodeAt(length - 1) * 31 + name.charCodeAt(length >> 1) * 131;
  return sum & (filter.length - 1);
}
