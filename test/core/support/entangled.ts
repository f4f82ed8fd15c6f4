/** Conditions that no search within its steps sees through. */
import type { Conditions } from '../../../src/core/model/conditions.ts';

const hole = (pigeon: number, at: number) => `p${pigeon}h${at}`;
const holes = [0, 1, 2, 3, 4, 5];
const pigeons = [...holes, 6];

/**
 * Seven pigeons in six holes: a pigeon that is nowhere meets one of these, and two that are in one hole another. So
 * every user meets one, and to know that takes more steps than a search has.
 */
export const entangled: readonly Conditions[] = [
  ...pigeons.map((pigeon): Conditions => ({ groups: { none: holes.map((at) => hole(pigeon, at)) } })),
  ...holes.flatMap((at) =>
    pigeons.flatMap((pigeon) =>
      pigeons.slice(0, pigeon).map((other): Conditions => ({ groups: { all: [hole(pigeon, at), hole(other, at)] } })),
    ),
  ),
];
