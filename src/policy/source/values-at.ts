/** Finds values in data whose shape was not checked, by path patterns. */
import type { Path } from './yaml-source.ts';

export interface FoundValue {
  readonly path: Path;
  readonly value: unknown;
}

/**
 * All values that `pattern` leads to: names of keys separated by dots, `*` for any key or index, `a|b` for either, `**`
 * for any number of steps. What is absent or has another shape is skipped.
 */
export function valuesAt(content: unknown, pattern: string): readonly FoundValue[] {
  return walk([{ path: [], value: content }], pattern.split('.'));
}

/**
 * All values that `pattern` leads to from the conditions of each rule and invariant, in alternatives as well. What it
 * finds in `any` comes last.
 */
export function valuesInConditions(content: unknown, pattern: string): readonly FoundValue[] {
  return ['rules|invariants.*.when', 'rules|invariants.*.when.any.*'].flatMap((when) =>
    valuesAt(content, `${when}.${pattern}`),
  );
}

function walk(found: readonly FoundValue[], steps: readonly string[]): readonly FoundValue[] {
  return steps.reduce<readonly FoundValue[]>((reached, step) => {
    if (step === '**') return reached.flatMap(allWithin);
    if (step === '*') return reached.flatMap(children);
    const names = step.split('|');
    return reached.flatMap((value) => namedChildren(value, names));
  }, found);
}

/** In the order in which they are written. A single name is looked up: mappings may have thousands of keys. */
function namedChildren(found: FoundValue, names: readonly string[]): readonly FoundValue[] {
  const { path, value } = found;
  const [name, ...others] = names;
  if (name === undefined || typeof value !== 'object' || value === null) return [];
  if (others.length > 0 || Array.isArray(value))
    return children(found).filter((child) => names.includes(String(child.path.at(-1))));
  if (!Object.hasOwn(value, name)) return [];
  return [{ path: [...path, name], value: (value as Readonly<Record<string, unknown>>)[name] }];
}

function children({ path, value }: FoundValue): readonly FoundValue[] {
  if (Array.isArray(value)) return value.map((item, index) => ({ path: [...path, index], value: item }));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).map(([key, item]) => ({ path: [...path, key], value: item }));
}

function allWithin(found: FoundValue): readonly FoundValue[] {
  return [found, ...children(found).flatMap(allWithin)];
}
