/**
 * Cuts all texts into the classes that patterns and fixed texts distinguish. It searches the product of their automata
 * breadth first, so that each class is represented by a shortest text. A fixed text is a pattern without a star; all
 * fixed texts together are one automaton, their trie (E. Fredkin, 1960), as policies name hundreds of them.
 */

/** One text for each class. */
export type PatternClasses = readonly string[];

/** The most states of the product. A handful of patterns has a few dozen, and 400 mail domains have 7,000. */
const maxStates = 8_000;
/** More classes would be too many for the search that looks at each. */
const maxClasses = 2_000;

/** Undefined if there are too many classes. The empty text is not included. */
export function patternClasses(patterns: readonly string[]): PatternClasses | undefined {
  const units = unitsIn(patterns);
  const automata = automataOf(patterns.filter((pattern) => pattern.includes('*')));
  const classes = new Map<string, string>();
  const seen = new Set<string>();
  let frontier: readonly ReachedState[] = [{ state: automata.start, fixed: trieOf(patterns), text: '' }];
  while (frontier.length > 0) {
    const next: ReachedState[] = [];
    for (const { state, fixed, text } of frontier) {
      for (const unit of units) {
        const awaited = state & (automata.positionsOf.get(unit) ?? 0n);
        const node = fixed?.next.get(unit);
        // It leads where the unit leads that no pattern has, and that one was tried first.
        if (awaited === 0n && node === undefined && unit !== units[0]) continue;
        const reached = withStars((awaited << 1n) | (state & automata.stars), automata.stars);
        const key = `${reached.toString(32)} ${node?.id ?? ''}`;
        if (seen.has(key)) continue;
        seen.add(key);
        if (seen.size > maxStates || classes.size > maxClasses) return undefined;
        const accepting = `${(reached & automata.accepting).toString(32)} ${node?.isEnd ? node.id : ''}`;
        if (!classes.has(accepting)) classes.set(accepting, text + unit);
        next.push({ state: reached, fixed: node, text: text + unit });
      }
    }
    frontier = next;
  }
  return [...classes.values()];
}

/**
 * The automata of patterns side by side: each has one bit for each of its units, and one more that says that it
 * matches. The lowest bit is the first unit of the first pattern.
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

/** What is reached by a text. */
interface ReachedState {
  /** The positions in patterns with a star. */
  readonly state: bigint;
  /** Absent: no fixed text begins with it. */
  readonly fixed: TrieNode | undefined;
  readonly text: string;
}

/** A text with which fixed texts begin. */
interface TrieNode {
  readonly id: number;
  readonly next: Map<string, TrieNode>;
  /** It is a fixed text itself. */
  isEnd: boolean;
}

/** The root of the trie of those without a star. */
function trieOf(patterns: readonly string[]): TrieNode {
  let count = 0;
  const newNode = (): TrieNode => {
    count += 1;
    return { id: count, next: new Map(), isEnd: false };
  };
  const root = newNode();
  for (const pattern of patterns.filter((text) => !text.includes('*'))) {
    let node = root;
    for (const unit of pattern.split('')) {
      const child = node.next.get(unit) ?? newNode();
      node.next.set(unit, child);
      node = child;
    }
    node.isEnd = true;
  }
  return root;
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
