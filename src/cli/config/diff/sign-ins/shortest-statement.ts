/** Finds the shortest words that are true of some members of a set, and of none of the others. */

/** Words, and the members of which they are true. */
export interface Description<Member> {
  readonly words: string;
  /** How many facts the words state. */
  readonly facts: number;
  readonly of: readonly Member[];
}

/** Names members by several descriptions: those of any of them, or the others. */
export interface ShortestStatement {
  readonly named: readonly string[];
  readonly isExcepted: boolean;
  /** The others are among these. Absent: among all. */
  readonly within?: string;
}

interface Described {
  readonly words: string;
  readonly facts: number;
  /** A bit for each member. */
  readonly members: bigint;
}

interface Cover {
  readonly named: readonly string[];
  readonly length: number;
}

interface Asked<Member> {
  readonly own: readonly Member[];
  readonly all: readonly Member[];
  /** Those of each member alone are among them. Of the same length, the first are preferred. */
  readonly descriptions: readonly Description<Member>[];
}

export function shortestStatement<Member>({ own, all, descriptions }: Asked<Member>): ShortestStatement {
  const bits = new Map(all.map((member, at) => [member, 1n << BigInt(at)]));
  const membersOf = (some: readonly Member[]) => some.reduce((sum, member) => sum | (bits.get(member) ?? 0n), 0n);
  const described = shortestOfEach(
    descriptions.map(({ words, facts, of }) => ({ words, facts, members: membersOf(of) })),
  );
  const [target, everything] = [membersOf(own), membersOf(all)];
  const direct = shortestCover(target, described, Number.POSITIVE_INFINITY);
  let best = { named: [] as readonly string[], length: Number.POSITIVE_INFINITY, ...direct };
  let statement: ShortestStatement = { named: best.named, isExcepted: false };
  const around = described.filter(({ members }) => isWithin(target, members) && members !== everything);
  for (const { words, facts, members } of [...around, { words: undefined, facts: -1, members: everything }]) {
    const outside = facts + 1;
    const among = described.map((each) => ({ ...each, members: each.members & members }));
    const cover = shortestCover(members & ~target, among, best.length - outside);
    if (cover === undefined) continue;
    best = { ...cover, length: cover.length + outside };
    statement = { named: cover.named, isExcepted: true, ...(words !== undefined && { within: words }) };
  }
  return statement;
}

function isWithin(some: bigint, members: bigint): boolean {
  return (some & ~members) === 0n;
}

/** Of several with the same members, the shortest. Shorter ones first, and then those of more members. */
function shortestOfEach(described: readonly Described[]): readonly Described[] {
  const found = new Map<bigint, Described>();
  for (const each of described.toSorted((one, other) => one.facts - other.facts))
    if (each.members !== 0n && !found.has(each.members)) found.set(each.members, each);
  return [...found.values()].toSorted(
    (one, other) => one.facts - other.facts || countOf(other.members) - countOf(one.members),
  );
}

function countOf(members: bigint): number {
  return members.toString(2).replaceAll('0', '').length;
}

/** The most choices to try. What is found by then is true, too, but may be longer. */
const mostChoices = 2000;

/** Undefined: none is shorter than this. */
function shortestCover(target: bigint, described: readonly Described[], limit: number): Cover | undefined {
  const usable = withoutCovered(described.filter(({ members }) => members !== 0n && isWithin(members, target)));
  let [best, choices] = [undefined as Cover | undefined, 0];
  const search = (left: bigint, { named, length }: Cover): void => {
    const isShorter = length < (best?.length ?? limit);
    if (left === 0n) best = isShorter ? { named, length } : best;
    if (left === 0n || !isShorter) return;
    const first = left & -left;
    for (const { words, facts, members } of usable) {
      if ((members & first) === 0n) continue;
      choices += 1;
      if (choices > mostChoices) return;
      search(left & ~members, { named: [...named, words], length: length + facts + Math.min(named.length, 1) });
    }
  };
  search(target, { named: [], length: 0 });
  return best;
}

/** Leaves out those of whose members others say as much in as few words. */
function withoutCovered(described: readonly Described[]): readonly Described[] {
  return described.filter(
    ({ members, facts }) =>
      !described.some((other) => other.members !== members && other.facts <= facts && isWithin(members, other.members)),
  );
}
