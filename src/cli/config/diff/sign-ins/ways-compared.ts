/** Compares what is asked in each way to sign in. */
import type { AskedInAll } from '../../../../core/analysis/simulation/asked-in-all.ts';
import { haveOffer } from '../../../../core/analysis/simulation/skipping-offers.ts';
import { distinct } from '../../../../core/model/distinct.ts';
import type { Action } from '../../../../core/remediation/all-sufficient-sets.ts';
import { partsByWay, stepParts } from '../../questions/asked-text.ts';
import { proofSetsText } from '../../questions/proof-sets-text.ts';
import type { SignInContent } from '../compared/sign-in-content.ts';
import { newOnes } from './asked-headline.ts';

/** Sets of proofs. */
export type ProofSets = readonly (readonly Action[])[];

/** The ways to sign in of which something is true, and the others. */
export interface StatedWays {
  readonly own: ProofSets;
  readonly others: ProofSets;
}

/** One way that both configurations have. */
export interface StepsOfWay {
  readonly set: readonly Action[];
  /** The steps that follow the proofs, in words. */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** What follows the proofs in one way under only one of the configurations. */
export interface WayChange {
  readonly set: ProofSets[number];
  readonly gone: readonly string[];
  readonly added: readonly string[];
}

export function changeOfWay({ set, before, after }: StepsOfWay): WayChange {
  const [gone, added] = [newOnes(after, before), newOnes(before, after)];
  const isOrder = gone.length + added.length === 0 && before.join() !== after.join();
  return isOrder ? { set, gone: before, added: after } : { set, gone, added };
}

export interface ComparedWays {
  readonly shared: readonly StepsOfWay[];
  /** Others that both have, which something else follows, and under one of them not always the same. */
  readonly mixed: ProofSets;
  /** Those of one configuration alone. */
  readonly gone: ProofSets;
  readonly added: ProofSets;
}

export function comparedWays(active: AskedInAll, next: AskedInAll, partsOf = stepParts): ComparedWays {
  const [before, after] = [partsBySet(active, partsOf), partsBySet(next, partsOf)];
  const alone = (own: typeof before, others: typeof before) =>
    [...own].flatMap(([key, { set }]) => (others.has(key) ? [] : [set]));
  const inBoth = [...after].flatMap(([key, { set, lists }]) => {
    const known = before.get(key)?.lists;
    return known ? [{ set, before: known, after: lists }] : [];
  });
  const isMixed = (way: (typeof inBoth)[number]) =>
    way.before.length + way.after.length > 2 && !isSameLists(way.before, way.after);
  return {
    shared: inBoth.flatMap((way) => {
      const [from, to] = [way.before[0], way.after.length > 1 ? way.before[0] : way.after[0]];
      return from && to && !isMixed(way) ? [{ set: way.set, before: from, after: to }] : [];
    }),
    mixed: inBoth.filter(isMixed).map(({ set }) => set),
    gone: alone(before, after),
    added: alone(after, before),
  };
}

/** In whatever order. */
function isSameLists(some: StepLists, others: StepLists): boolean {
  const keys = new Set(others.map((parts) => JSON.stringify(parts)));
  return some.length === keys.size && some.every((parts) => keys.has(JSON.stringify(parts)));
}

/** What follows the shared ways of users who skip what may be skipped. Empty: nothing may be. */
export function waysOfSkipping(...sides: readonly [SignInContent, SignInContent]): readonly StepsOfWay[] {
  const mayBeSkipped = sides.some(({ asked }) => asked?.ways.some((way) => haveOffer(way.after)));
  const [before, after] = mayBeSkipped ? sides.map(leastAsked) : [];
  return before && after ? comparedWays(before, after).shared : [];
}

function leastAsked({ asked, least }: SignInContent): AskedInAll | undefined {
  return asked && { ...asked, ways: asked.ways.map((way, at) => ({ ...way, after: least[at]?.steps ?? way.after })) };
}

/** Steps in words, in each way on. */
type StepLists = readonly (readonly string[])[];

function partsBySet(
  asked: AskedInAll,
  partsOf: typeof stepParts,
): ReadonlyMap<string, { set: ProofSets[number]; lists: StepLists }> {
  const all = partsByWay(asked, partsOf).flatMap(({ sets, parts }) => sets.map((set) => ({ set, parts })));
  const bySet = Map.groupBy(all, ({ set }) => JSON.stringify(set));
  return new Map([...bySet].map(([key, same]) => [key, { set: same[0]?.set ?? [], lists: same.map(partsIn) }]));
}

function partsIn({ parts }: { readonly parts: readonly string[] }): readonly string[] {
  return parts;
}

/** For example `, when signing in by password`. Empty: in every way. */
export function whenText({ own, others }: StatedWays): string {
  return others.length === 0 ? '' : `, when signing in by ${proofSetsText({ sets: own, isComplete: true })}`;
}

/** What is true of several users. Undefined: of some of them it is true in a way in which it is not of others. */
export function waysOfAll(some: readonly StatedWays[]): StatedWays | undefined {
  const [own, others] = [distinct(some.flatMap((ways) => ways.own)), distinct(some.flatMap((ways) => ways.others))];
  const known = new Set(own.map((set) => JSON.stringify(set)));
  return others.some((set) => known.has(JSON.stringify(set))) ? undefined : { own, others };
}

/** A step after the proofs. */
export interface FollowingPart {
  readonly part: string;
  readonly ways: StatedWays;
}

/** What follows the proofs, or only some of them. */
export function followingParts(asked: AskedInAll | undefined, partsOf: typeof stepParts): readonly FollowingPart[] {
  const all = asked ? partsByWay(asked, partsOf) : [];
  const setsOf = (ways: typeof all) => ways.flatMap(({ sets }) => sets);
  const [only] = all;
  if (all.length === 1 && only) return only.parts.map((part) => ({ part, ways: { own: only.sets, others: [] } }));
  return [...new Set(all.flatMap(({ parts }) => parts))].map((part) => ({
    part,
    ways: {
      own: setsOf(all.filter(({ parts }) => parts.includes(part))),
      others: setsOf(all.filter(({ parts }) => !parts.includes(part))),
    },
  }));
}
