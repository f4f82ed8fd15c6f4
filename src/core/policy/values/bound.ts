/** Conditions with one bound: `within` it, or the exact complement. */
type Bound = { readonly within: number } | { readonly notWithin: number };

export function boundOf(condition: Bound): number {
  return 'within' in condition ? condition.within : condition.notWithin;
}

export function isWithinBound(condition: Bound, value: number): boolean {
  return 'within' in condition ? value < condition.within : value >= condition.notWithin;
}
