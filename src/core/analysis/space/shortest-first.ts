/** The order in which a search takes formulas. */
import type { ReadChoice } from './read-formulas.ts';

/** Of the same length: in their order. They are counted by length, as comparing them would take longer. */
export function shortestFirst(open: readonly ReadChoice[]): readonly ReadChoice[] {
  const places: number[] = [];
  for (const { parts } of open) {
    while (places.length <= parts.length + 1) places.push(0);
    places[parts.length + 1] = (places[parts.length + 1] as number) + 1;
  }
  for (let length = 1; length < places.length; length += 1)
    places[length] = (places[length] as number) + (places[length - 1] as number);
  const ordered = open.slice();
  for (const choice of open) {
    const { length } = choice.parts;
    const place = places[length] as number;
    ordered[place] = choice;
    places[length] = place + 1;
  }
  return ordered;
}
