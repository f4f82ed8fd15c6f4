/**
 * One seed for all properties, so that a failure comes back; fast-check prints it with the counterexample. `npm run
 * test:seeds` draws with others.
 */
const seed = Number(process.env.STEPGATE_SEED ?? 20_261_124);

/** The share of the samples that `npm test` draws, but never fewer than `fewest`. */
const usualShare = 1 / 3;
const fewest = 50;

/**
 * `npm run test:seeds` draws all samples. A mutation run first tries each mutant with a small share of them, and with
 * all only if it survives.
 */
const asked = process.env.STEPGATE_SAMPLE_SHARE;
const share = asked === undefined ? usualShare : Number(asked);

/** `numRuns`: all samples of the property. */
export function seeded(numRuns: number): { readonly seed: number; readonly numRuns: number } {
  const least = asked === undefined ? Math.min(numRuns, fewest) : 1;
  return { seed, numRuns: Math.max(least, Math.ceil(numRuns * share)) };
}

/** How many of the draws must at least be of some kind, where `count` of all samples must be. */
export function enough(count: number): number {
  return Math.floor(count * share);
}
