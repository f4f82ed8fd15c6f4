/**
 * Cuts all texts into the classes that patterns and fixed texts tell apart: the product of their automata, searched
 * breadth first, so that each class gets a shortest text. Fixed texts are patterns without a star.
 */

/** One text of each class. */
export type PatternClasses = readonly string[];

/** The most states of the product: a handful of patterns has a few dozen. */
const maxStates = 2_000;

/** For each pattern, the positions in it that a text may have reached; one bit each. */
type State = readonly bigint[];

/** Undefined: there are too many classes. No text is empty. */
export function patternClasses(patterns: readonly string[]): PatternClasses | undefined {
  const units = unitsIn(patterns);
  const start: State = patterns.map((pattern) => closure(1n, pattern));
  const classes = new Map<string, string>();
  const seen = new Set<string>();
  let frontier: readonly { readonly state: State; readonly text: string }[] = [{ state: start, text: '' }];
  while (frontier.length > 0) {
    const next: { readonly state: State; readonly text: string }[] = [];
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

/** A unit that no pattern has, which stands for all such units, and those that patterns have. */
function unitsIn(patterns: readonly string[]): readonly string[] {
  const used = new Set(patterns.flatMap((pattern) => pattern.split('').filter((unit) => unit !== '*')));
  const letters = Array.from({ length: used.size + 1 }, (_, index) => String.fromCharCode(0x61 + index));
  const other = letters.find((letter) => !used.has(letter)) ?? '?';
  return [other, ...used];
}

/** A star can be passed without a unit. */
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
