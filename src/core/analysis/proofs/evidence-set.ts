/**
 * Sets of proofs, and which of them are weaker than others. What holds for a set of proofs holds for each stronger one.
 * So only the weakest sets need to be examined.
 */
import type { AssessedEvidence } from '../../evidence/requirement.ts';

/** Evidence that is enough together. */
export type EvidenceSet = readonly AssessedEvidence[];

/** Proofs that are enough together. Only chains count enrollments. */
export interface EnoughProofs {
  /** Those for the steps of chains, each by an enrollment of its own. */
  readonly chained: EvidenceSet;
  /** All others. They may be by any enrollment, and none shows all that another proof of the set does. */
  readonly others: EvidenceSet;
}

/** The set, with one enrollment for each authenticator, or with one for each proof if there are chains. */
export function evidenceIn({ chained, others }: EnoughProofs): EvidenceSet {
  if (chained.length === 0) return others;
  return [...chained, ...others].map((item, index) => ({ ...item, enrollment: `${item.authenticator} ${index}` }));
}

/** The set with further proofs, which may be by any enrollment. */
export function withOthers(set: EnoughProofs, more: EvidenceSet): EnoughProofs {
  const added = more.filter((proof) => !isShownIn(set, proof));
  if (added.length === 0) return set;
  const others = set.others.filter((proof) => !added.some((stronger) => isAsStrong(stronger, proof)));
  return { chained: set.chained, others: [...others, ...added] };
}

/** The sets of which none is weaker than they are; of equal ones, the first. */
export function weakestOf(sets: readonly EnoughProofs[]): readonly EnoughProofs[] {
  let kept: Marked[] = [];
  const marked = marking();
  for (const set of sets) {
    const one = marked(set);
    let isStronger = false;
    let isWeaker = false;
    for (const other of kept) {
      isStronger = isWithin(other, one);
      if (isStronger) break;
      isWeaker ||= isWithin(one, other);
    }
    if (isStronger) continue;
    if (isWeaker) kept = kept.filter((other) => !isWithin(one, other));
    kept.push(one);
  }
  return kept.map(({ set }) => set);
}

interface Marked {
  readonly set: EnoughProofs;
  /** A bit for each authenticator in the set. */
  readonly authenticators: number;
}

/** With more than 31 authenticators some have a bit in common. That only makes a comparison slower. */
function marking(): (set: EnoughProofs) => Marked {
  const bits = new Map<string, number>();
  const bitOf = (key: string) => {
    const bit = bits.get(key) ?? 1 << (bits.size % 31);
    bits.set(key, bit);
    return bit;
  };
  return (set) => {
    let authenticators = 0;
    for (const { authenticator } of set.chained) authenticators |= bitOf(authenticator);
    for (const { authenticator } of set.others) authenticators |= bitOf(authenticator);
    return { set, authenticators };
  };
}

/** Whether the second set shows all that the first one does. Sets with other proofs for chains are not compared. */
function isWithin(weak: Marked, strong: Marked): boolean {
  if ((weak.authenticators & ~strong.authenticators) !== 0 || weak.set.chained !== strong.set.chained) return false;
  return weak.set.others.every((proof) => isShownIn(strong.set, proof));
}

function isShownIn({ chained, others }: EnoughProofs, proof: AssessedEvidence): boolean {
  return others.some((other) => isAsStrong(other, proof)) || chained.some((other) => isAsStrong(other, proof));
}

/** Whether the first proof shows all that the second one does. */
function isAsStrong(one: AssessedEvidence, other: AssessedEvidence): boolean {
  return (
    one.authenticator === other.authenticator &&
    isAsFresh(one, other) &&
    other.factors.every((factor) => one.factors.includes(factor)) &&
    other.characteristics.every((characteristic) => one.characteristics.includes(characteristic)) &&
    one.methods?.join() === other.methods?.join()
  );
}

function isAsFresh(one: AssessedEvidence, other: AssessedEvidence): boolean {
  if (one.age === 'now') return true;
  if (other.age === 'now' || one.age > other.age) return false;
  return (one.longestPause ?? 0) <= (other.longestPause ?? 0);
}
