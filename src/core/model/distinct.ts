/** Values without repeats, compared by their JSON. */

/** The first position of each value counts, and the last of equal values stands there. */
export function distinct<One>(all: readonly One[]): readonly One[] {
  return [...new Map(all.map((item) => [JSON.stringify(item), item])).values()];
}
