/** Numbers in the place of texts that are compared often. */
import { getOrMake } from './get-or-make.ts';

export interface Numbered<Value> {
  /** By position: the number of its key. */
  readonly numberOf: readonly number[];
  /** By number: the first with this key. */
  readonly values: readonly Value[];
}

export function numbered<Value>(all: readonly Value[], keyOf: (value: Value, at: number) => string): Numbered<Value> {
  const numbers = new Map<string, number>();
  const values: Value[] = [];
  const numberOf = all.map((value, at) => {
    const number = numberIn(numbers, keyOf(value, at));
    values[number] ??= value;
    return number;
  });
  return { numberOf, values };
}

export function numberIn(numbers: Map<string, number>, key: string): number {
  return getOrMake(numbers, key, () => numbers.size);
}
