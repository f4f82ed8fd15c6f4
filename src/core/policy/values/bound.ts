/** Conditions that compare a number with one bound. */

/** Below the bound, or the exact complement. */
type Bound = { readonly within: number } | { readonly notWithin: number };

/** The number that is written. */
export function boundOf(condition: Bound): number {
  return 'within' in condition ? condition.within : condition.notWithin;
}

/** Whether the value meets the condition. */
export function isWithinBound(condition: Bound, value: number): boolean {
  return 'within' in condition ? value < condition.within : value >= condition.notWithin;
}
