/**
 * Cuts all texts into the classes that patterns and fixed texts distinguish. It searches the product of their automata
 * breadth first, so that each class is represented by a shortest text. A fixed text is a pattern without a star.
 */

/** One text for each class. */
export type PatternClasses = readonly string[];

/** The most states of the product. A handful of patterns has a few dozen. */
const maxStates = 2_000;

/** For each pattern, the positions that a text may have reached: one bit per position. */
type PatternState = readonly bigint[];

/** Undefined if there are too many classes. The empty text is not included. */
export function patternClasses(patterns: readonly string[]): PatternClasses | undefined {
  const units = unitsIn(patterns);
  const start: PatternState = patterns.map((pattern) => closure(1n, pattern));
  const classes = new Map<string, string>();
  const seen = new Set<string>();
  let frontier: readonly { readonly state: PatternState; readonly text: string }[] = [{ state: start, text: '' }];
  while (frontier.length > 0) {
    const next: { readonly state: PatternState; readonly text: string }[] = [];
    for (const { state, text } of frontier) {
      for (const unit of units) {
        const reached = state.map((positions, at) => step(positions, patterns[at] ?? '', unit));
        const key = reached.join(' ');
        if (seen.has(key)) continue;
        seen.add(key);
        if (seen.size > maxStates) return undefined;
        const accepted = reached.map((positions, at) => accepts(positions, patterns[at] ?? '')).join();
        if (!classes.has(accepted)) classes.set(accepted, text + unit);
        next.push({ state: reached, text: text + unit });
      }
    }
    frontier = next;
  }
  return [...classes.values()];
}

/** The code units that patterns contain, and one other unit that represents all the rest. */
function unitsIn(patterns: readonly string[]): readonly string[] {
  const used = new Set(patterns.flatMap((pattern) => pattern.split('').filter((unit) => unit !== '*')));
  const letters = Array.from({ length: used.size + 1 }, (_, index) => String.fromCharCode(0x61 + index));
  const other = letters.find((letter) => !used.has(letter)) ?? '?';
  return [other, ...used];
}

/** A star also matches nothing, so the position after it is reached as well. */
function closure(positions: bigint, pattern: string): bigint {
  let reached = positions;
  for (let at = 0; at < pattern.length; at += 1) {
    if (pattern[at] === '*' && reached & (1n << BigInt(at))) reached |= 1n << BigInt(at + 1);
  }
  return reached;
}

function step(positions: bigint, pattern: string, unit: string): bigint {
  let reached = 0n;
  for (let at = 0; at < pattern.length; at += 1) {
    if (!(positions & (1n << BigInt(at)))) continue;
    if (pattern[at] === '*') reached |= 1n << BigInt(at);
    else if (pattern[at] === unit) reached |= 1n << BigInt(at + 1);
  }
  return closure(reached, pattern);
}

function accepts(positions: bigint, pattern: string): boolean {
  return (positions & (1n << BigInt(pattern.length))) !== 0n;
}
