/**
 * One seed for all properties, so that a failure comes back; fast-check prints it with the counterexample. `npm run
 * test:seeds` draws with others.
 */
const seed = Number(process.env.STEPGATE_SEED ?? 20_261_124);

/**
 * A mutation run first tries each mutant with a small share of the samples, and with all of them only if it survives.
 */
const share = Number(process.env.STEPGATE_SAMPLE_SHARE ?? 1);

export function seeded(numRuns: number): { readonly seed: number; readonly numRuns: number } {
  return { seed, numRuns: Math.max(1, Math.ceil(numRuns * share)) };
}
