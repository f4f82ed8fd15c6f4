/** For options that can be repeated: each value is one more member. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
