/**
 * Cuts all texts into the classes that patterns and fixed texts distinguish. It searches the product of their automata
 * breadth first, so that each class is represented by a shortest text. A fixed text is a pattern without a star.
 */

/** One text for each class. */
export type PatternClasses = readonly string[];

/** The most states of the product. A handful of patterns has a few dozen, and 400 mail domains have 7,000. */
const maxStates = 8_000;
/** More classes would be too many for the search that looks at each. */
const maxClasses = 2_000;

/**
 * The automata of all patterns side by side: each pattern has one bit for each of its units, and one more that says that
 * it matches. The lowest bit is the first unit of the first pattern.
 */
interface Automata {
  /** The positions before anything is read. */
  readonly start: bigint;
  /** Where a star stands. */
  readonly stars: bigint;
  /** By unit: where it stands. */
  readonly positionsOf: ReadonlyMap<string, bigint>;
  readonly accepting: bigint;
}

/** Undefined if there are too many classes. The empty text is not included. */
export function patternClasses(patterns: readonly string[]): PatternClasses | undefined {
  const units = unitsIn(patterns);
  const automata = automataOf(patterns);
  const classes = new Map<string, string>();
  const seen = new Set<string>();
  let frontier: readonly { readonly state: bigint; readonly text: string }[] = [{ state: automata.start, text: '' }];
  while (frontier.length > 0) {
    const next: { readonly state: bigint; readonly text: string }[] = [];
    for (const { state, text } of frontier) {
      for (const unit of units) {
        const awaited = state & (automata.positionsOf.get(unit) ?? 0n);
        // It leads where the unit leads that no pattern has, and that one was tried first.
        if (awaited === 0n && unit !== units[0]) continue;
        const reached = withStars((awaited << 1n) | (state & automata.stars), automata.stars);
        const key = reached.toString(32);
        if (seen.has(key)) continue;
        seen.add(key);
        if (seen.size > maxStates || classes.size > maxClasses) return undefined;
        const accepted = (reached & automata.accepting).toString(32);
        if (!classes.has(accepted)) classes.set(accepted, text + unit);
        next.push({ state: reached, text: text + unit });
      }
    }
    frontier = next;
  }
  return [...classes.values()];
}

function automataOf(patterns: readonly string[]): Automata {
  const positionsOf = new Map<string, bigint>();
  let [start, accepting] = [0n, 0n];
  let bit = 1n;
  for (const pattern of patterns) {
    start |= bit;
    for (const unit of pattern.split('')) {
      positionsOf.set(unit, (positionsOf.get(unit) ?? 0n) | bit);
      bit <<= 1n;
    }
    accepting |= bit;
    bit <<= 1n;
  }
  const stars = positionsOf.get('*') ?? 0n;
  return { start: withStars(start, stars), stars, positionsOf, accepting };
}

/** The code units that patterns contain, and one other unit that represents all the rest. */
function unitsIn(patterns: readonly string[]): readonly string[] {
  const used = new Set(patterns.flatMap((pattern) => pattern.split('').filter((unit) => unit !== '*')));
  const letters = Array.from({ length: used.size + 1 }, (_, index) => String.fromCharCode(0x61 + index));
  const other = letters.find((letter) => !used.has(letter)) ?? '?';
  return [other, ...used];
}

/** A star also matches nothing, so the position after it is reached as well. */
function withStars(positions: bigint, stars: bigint): bigint {
  const reached = positions | ((positions & stars) << 1n);
  return reached === positions ? reached : withStars(reached, stars);
}
