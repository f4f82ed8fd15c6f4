/** For repeatable options: each value adds one member. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
