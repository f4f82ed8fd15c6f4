/** The weakest evidence that is enough for requirements, of all proofs that can count. */
import { coveredFactors, isFresh, meetsDemand, meetsRequirement } from '../../evidence/requirement.ts';
import { distinct } from '../../model/distinct.ts';
import type { Alternative, ChainStep, Requirement } from '../../model/policy.ts';
import { type EnoughProofs, type EvidenceSet, evidenceIn, weakestOf, withOthers } from './evidence-set.ts';
import { itemsFor, type PossibleProofs } from './weakest-proofs.ts';

interface Enough<Set> {
  /** Whatever meets the requirements shows all that one of these sets does. Each item is as weak as possible. */
  readonly sets: readonly Set[];
  /** There are too many, and these are only some of them. */
  readonly isPartial: boolean;
}

/** No more sets are examined. */
const mostSets = 2_000;
/** No more sets are compared with each other. */
const mostCompared = 10_000;
/** How many of too many are examined, since they may refute something. */
const someSets = 100;

const nothing: Enough<EnoughProofs> = { sets: [{ chained: [], others: [] }], isPartial: false };

/** The weakest sets of proofs that meet all requirements. A requirement that the other ones imply adds nothing. */
export function enoughFor(requirements: readonly Requirement[], proofs: PossibleProofs): Enough<EvidenceSet> {
  const all = distinct(requirements);
  const layers = all
    .flatMap((requirement) => ('anyOf' in requirement ? [layerOf(requirement, proofs)] : []))
    .toSorted((one, other) => one.own.sets.length - other.own.sets.length);
  const chained = all.reduce(
    (enough, requirement) => ('chains' in requirement ? withChains(enough, requirement, proofs) : enough),
    nothing,
  );
  const { sets, isPartial } = layers.reduce(withLayer, chained);
  return { sets: sets.map(evidenceIn), isPartial };
}

/** What each set becomes. */
function extended<One>(
  { sets, isPartial }: Enough<One>,
  more: (set: One) => readonly EnoughProofs[],
  weakest: (sets: readonly EnoughProofs[]) => readonly EnoughProofs[] = weakestOf,
): Enough<EnoughProofs> {
  const made: EnoughProofs[] = [];
  let isChanged = false;
  for (const set of sets) {
    const further = more(set);
    for (const extension of further) made.push(extension);
    isChanged ||= further.length !== 1 || further[0] !== set;
    if (made.length > mostCompared)
      return { sets: someOf(someOf(sets).flatMap((sample) => someOf(more(sample)))), isPartial: true };
  }
  const left = isChanged ? weakest(made) : made;
  return left.length > mostSets ? { sets: someOf(left), isPartial: true } : { sets: left, isPartial };
}

/** Spread over all of them. */
function someOf<One>(all: readonly One[]): readonly One[] {
  if (all.length <= someSets) return all;
  return Array.from({ length: someSets }, (_, at) => all[Math.floor((at * all.length) / someSets)] as One);
}

type Chains = Extract<Requirement, { readonly chains: unknown }>;
type EnoughForLayer = ReturnType<typeof layerOf>;

/** Each step takes an enrollment of its own, but may take one that another chain has taken. */
function withChains(enough: Enough<EnoughProofs>, requirement: Chains, proofs: PossibleProofs): Enough<EnoughProofs> {
  const own = extended(
    asSets(requirement.chains.map((chain) => chainSets(chain, proofs))),
    ({ sets }) => sets,
    distinctChains,
  );
  return extended(
    { ...enough, isPartial: enough.isPartial || own.isPartial },
    (set) => (isMet(requirement, set) ? [set] : own.sets.map(({ chained }) => withChained(set, chained))),
    distinctChains,
  );
}

function chainSets(chain: readonly ChainStep[], proofs: PossibleProofs): Enough<EnoughProofs> {
  const all = chain.reduce((enough, step) => {
    const items = itemsFor(step, undefined, proofs);
    return extended(enough, (set) => items.map((item) => withChained(set, [item])), distinctChains);
  }, nothing);
  // Evidence that meets one step can take the place of what met it, so some set has other proofs as well.
  return { ...all, sets: all.sets.filter(({ chained }) => chained.some(({ auxiliary }) => !auxiliary)) };
}

function withChained({ chained, others }: EnoughProofs, more: EvidenceSet): EnoughProofs {
  return { chained: [...chained, ...more], others };
}

/** The same proofs in another order are the same. */
function distinctChains(sets: readonly EnoughProofs[]): readonly EnoughProofs[] {
  const found = new Map<string, EnoughProofs>();
  for (const set of sets) {
    const key = set.chained
      .map((item) => JSON.stringify(item))
      .toSorted()
      .join();
    if (!found.has(key)) found.set(key, set);
  }
  return [...found.values()];
}

function layerOf({ anyOf }: Extract<Requirement, { readonly anyOf: unknown }>, proofs: PossibleProofs) {
  const each = asSets(anyOf.map((alternative) => alternativeSets(alternative, proofs)));
  const [first, ...others] = each.sets;
  return { requirement: { anyOf }, own: first && others.length === 0 ? first : extended(each, ({ sets }) => sets) };
}

function asSets(each: readonly Enough<EnoughProofs>[]): Enough<Enough<EnoughProofs>> {
  return { sets: each, isPartial: each.some(({ isPartial }) => isPartial) };
}

function withLayer(enough: Enough<EnoughProofs>, { requirement, own }: EnoughForLayer): Enough<EnoughProofs> {
  if (enough === nothing) return own;
  return extended({ ...enough, isPartial: enough.isPartial || own.isPartial }, (set) =>
    isMet(requirement, set) ? [set] : own.sets.map(({ others }) => withOthers(set, others)),
  );
}

function isMet(requirement: Requirement, set: EnoughProofs): boolean {
  return meetsRequirement(requirement, evidenceIn(set));
}

/** What the demands ask for, and proofs of further factor types if some are missing. */
function alternativeSets(alternative: Alternative, proofs: PossibleProofs): Enough<EnoughProofs> {
  const { demands, maxAge } = alternative;
  const demanded = demands.reduce((enough, demand) => {
    const items = itemsFor(demand, maxAge, proofs);
    const isShown = ({ others }: EnoughProofs) =>
      others.some((item) => isFresh(item.age, maxAge) && meetsDemand(demand, item));
    return extended(enough, (set) => (isShown(set) ? [set] : items.map((item) => withOthers(set, [item]))));
  }, nothing);
  const byFactor = factors.map((factor) => ({ factor, items: itemsFor({ factor }, maxAge, proofs) }));
  const withOneMore = (set: EnoughProofs) => {
    const covered = coveredFactors(alternative, set.others);
    if (covered.length >= Math.max(1, alternative.factors)) return [set];
    const open = byFactor.filter(({ factor }) => !covered.includes(factor));
    return open.flatMap(({ items }) => items.map((item) => withOthers(set, [item])));
  };
  // Each round covers one more factor type at least.
  return factors.reduce((enough) => extended(enough, withOneMore), demanded);
}

const factors = ['knowledge', 'possession', 'inherence'] as const;
