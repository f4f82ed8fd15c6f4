/** All subsets of a short list, the empty one first. Their number doubles with each element. */
export function subsetsOf<One>(all: readonly One[]): readonly (readonly One[])[] {
  return Array.from({ length: 2 ** all.length }, (_, subset) => all.filter((_one, index) => subset & (1 << index)));
}
