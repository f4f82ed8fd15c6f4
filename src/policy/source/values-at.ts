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
  const steps = pattern.split('.').map((step) => (step === '*' || step === '**' ? step : step.split('|')));
  const found: FoundValue[] = [];
  collect({ steps, found, path: [] }, content, 0);
  return found;
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

/** The search for a pattern. Only what is found gets a copy of the path: each check of each file searches. */
interface PatternSearch {
  readonly steps: readonly ('*' | '**' | readonly string[])[];
  readonly found: FoundValue[];
  /** Leads to the value that is looked at. */
  readonly path: (string | number)[];
}

/** What the steps from `at` on lead to from `value`, in the order in which it is written. */
function collect(search: PatternSearch, value: unknown, at: number): void {
  const step = search.steps[at];
  if (step === undefined) {
    search.found.push({ path: [...search.path], value });
    return;
  }
  if (step === '**') collect(search, value, at + 1);
  if (typeof value !== 'object' || value === null) return;
  const next = step === '**' ? at : at + 1;
  const enter = (key: string | number) => {
    search.path.push(key);
    collect(search, Reflect.get(value, key), next);
    search.path.pop();
  };
  const only = typeof step === 'string' || step.length > 1 ? undefined : step[0];
  // A single name is looked up: mappings may have thousands of keys.
  if (only !== undefined && !Array.isArray(value)) {
    if (Object.hasOwn(value, only)) enter(only);
    return;
  }
  const keys = Array.isArray(value) ? value.keys() : Object.keys(value);
  for (const key of keys) if (typeof step === 'string' || step.includes(String(key))) enter(key);
}
