/**
 * Cuts all texts into the classes that patterns and fixed texts distinguish. It searches the product of their automata
 * breadth first, so that each class is represented by a shortest text. A fixed text is a pattern without a star; all
 * fixed texts together are one automaton, their trie (E. Fredkin, 1960), as policies name hundreds of them.
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
  const starred = patterns.filter((pattern) => pattern.includes('*'));
  const start: PatternState = starred.map((pattern) => closure(1n, pattern));
  const classes = new Map<string, string>();
  const seen = new Set<string>();
  let frontier: readonly ReachedState[] = [{ state: start, fixed: trieOf(patterns), text: '' }];
  while (frontier.length > 0) {
    const next: ReachedState[] = [];
    for (const { state, fixed, text } of frontier) {
      for (const unit of units) {
        const reached = state.map((positions, at) => step(positions, starred[at] ?? '', unit));
        const node = fixed?.next.get(unit);
        const key = `${reached.join(' ')} ${node?.id ?? ''}`;
        if (seen.has(key)) continue;
        seen.add(key);
        if (seen.size > maxStates) return undefined;
        const accepted = reached.map((positions, at) => accepts(positions, starred[at] ?? '')).join();
        const accepting = `${accepted} ${node?.isEnd ? node.id : ''}`;
        if (!classes.has(accepting)) classes.set(accepting, text + unit);
        next.push({ state: reached, fixed: node, text: text + unit });
      }
    }
    frontier = next;
  }
  return [...classes.values()];
}

/** What is reached by a text. */
interface ReachedState {
  /** For each pattern with a star. */
  readonly state: PatternState;
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
