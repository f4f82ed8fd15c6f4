/** One seed for all properties, so that a failure comes back; fast-check prints it with the counterexample. */
const SEED = 20_261_124;

export function seeded(numRuns: number): { readonly seed: number; readonly numRuns: number } {
  return { seed: SEED, numRuns };
}
