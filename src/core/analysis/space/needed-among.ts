/** Which of many things are needed for a property to hold. */

/**
 * Leaves out what is not needed for the property to hold, the last first. What holds for some must hold for more. It
 * asks about halves, as mostly few of many are needed (U. Junker, QuickXplain, 2004). All are returned if the property
 * does not hold for them. Where steps run out, so that it seems not to hold, more are kept.
 */
export function neededAmong<Item>(items: readonly Item[], holds: (some: readonly Item[]) => boolean): readonly Item[] {
  if (!holds(items)) return items;
  let needed: readonly Item[] = [];
  let end = items.length;
  while (end > 0 && !holds(needed)) {
    end = shortestHolding(end, (length) => holds([...items.slice(0, length), ...needed])) - 1;
    needed = [items[end] as Item, ...needed];
  }
  return needed;
}

/** The smallest number for which it holds. It holds for `most`, and not for 0. */
function shortestHolding(most: number, holds: (length: number) => boolean): number {
  let [tooFew, enough] = [0, most];
  while (enough - tooFew > 1) {
    const middle = Math.floor((tooFew + enough) / 2);
    if (holds(middle)) enough = middle;
    else tooFew = middle;
  }
  return enough;
}
