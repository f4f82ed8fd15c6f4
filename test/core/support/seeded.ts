/**
 * One seed for all properties, so that a failure comes back; fast-check prints it with the counterexample. `npm run
 * test:seeds` draws with others.
 */
const seed = Number(process.env.STEPGATE_SEED ?? 20_261_124);

/** The share of the samples that `npm test` draws, but never fewer than `fewest`. */
const usualShare = 1 / 3;
const fewest = 50;

/**
 * `npm run test:core` draws a tenth of the samples, `npm run test:seeds` all. A mutation run first tries each mutant
 * with a small share of them, and with all only if it survives.
 */
const asked = process.env.STEPGATE_SAMPLE_SHARE;
const share = asked === undefined ? usualShare : Number(asked);

/** All cases of tables are tried (`drawnFrom`). */
export const drawsAll = share >= usualShare;

/** `numRuns`: all samples of the property. */
export function seeded(numRuns: number): { readonly seed: number; readonly numRuns: number } {
  const least = asked === undefined ? Math.min(numRuns, fewest) : 1;
  return { seed, numRuns: Math.max(least, Math.ceil(numRuns * share)) };
}

/**
 * How many of the draws there must be more than of some kind, where there must be more than `count` of all samples. Few
 * draws differ more from what is usual: half as many will do where the share is smaller than that of `npm test`, and
 * where not even one can be asked for, none is.
 */
export function enough(count: number): number {
  if (share >= usualShare) return Math.floor(count * share);
  return Math.floor((count * share) / 2) || -1;
}

/** The same for what must be less than `count` of all samples; of few draws, twice as much. */
export function few(count: number): number {
  return share >= usualShare ? Math.floor(count * share) : Math.ceil(count * share * 2);
}

/**
 * The cases of a table that takes too long for `npm run test:core`, which tries its share of them, spread over the
 * table. `npm test` tries them all.
 */
export function drawnFrom<Case>(cases: readonly Case[]): readonly Case[] {
  if (drawsAll) return cases;
  const count = Math.ceil(cases.length * share);
  return cases.filter(
    (_, at) => Math.floor(((at + 1) * count) / cases.length) > Math.floor((at * count) / cases.length),
  );
}
