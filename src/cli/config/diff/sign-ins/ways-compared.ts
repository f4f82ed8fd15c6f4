/** What two configurations ask for in the steps of a sign-in, apart where it follows only some ways to sign in. */
import type { AskedInAll } from '../../../../core/analysis/simulation/asked-in-all.ts';
import type { Action } from '../../../../core/remediation/all-sufficient-sets.ts';
import { askedParts, partsByWay, stepParts } from '../../questions/asked-text.ts';
import { proofSetsText } from '../../questions/proof-sets-text.ts';
import type { SignInContent } from './sign-in-view.ts';

/** What is asked in some ways to sign in. */
export interface ComparedWays {
  /** For example `, when signing in by password`. Empty: in every way. */
  readonly when: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Those in which it differs. Ways are told apart only where both configurations take the same proofs. */
export function differingWays(
  active: Pick<SignInContent, 'asked'>,
  next: Pick<SignInContent, 'asked'>,
): readonly ComparedWays[] {
  const apart = waysApart(active.asked, next.asked);
  const differing = apart.filter(isOther);
  if (apart.length > 1) return differing;
  return [{ when: '', before: askedParts(active), after: askedParts(next) }].filter(isOther);
}

function isOther({ before, after }: ComparedWays): boolean {
  return before.join() !== after.join();
}

/** Empty: the proofs are not the same. */
function waysApart(active: AskedInAll | undefined, next: AskedInAll | undefined): readonly ComparedWays[] {
  const [before, after] = [partsBySet(active), partsBySet(next)];
  if (before.size !== after.size || [...after.keys()].some((key) => !before.has(key))) return [];
  const all = Array.from(after, ([key, { set, parts }]) => ({
    set,
    before: before.get(key)?.parts ?? [],
    after: parts,
  }));
  const ways = [...Map.groupBy(all, ({ before: from, after: to }) => JSON.stringify([from, to])).values()];
  return ways.flatMap((alike) => {
    const [first] = alike;
    return first ? [{ ...first, when: ways.length === 1 ? '' : whenSigningIn(alike.map(({ set }) => set)) }] : [];
  });
}

function partsBySet(asked: AskedInAll | undefined) {
  const ways = asked ? partsByWay(asked, stepParts) : [];
  return new Map(ways.flatMap(({ sets, parts }) => sets.map((set) => [JSON.stringify(set), { set, parts }] as const)));
}

/** For example `, when signing in by password`. */
export function whenSigningIn(sets: readonly (readonly Action[])[]): string {
  return `, when signing in by ${proofSetsText({ sets, isComplete: true })}`;
}

/** A step after the proofs. */
export interface FollowingPart {
  readonly part: string;
  /** As in `ComparedWays`. */
  readonly when: string;
}

/** What follows the proofs, or only some of them. */
export function followingParts(asked: AskedInAll | undefined, partsOf: typeof stepParts): readonly FollowingPart[] {
  const ways = asked ? partsByWay(asked, partsOf) : [];
  const [only] = ways;
  if (ways.length === 1 && only) return only.parts.map((part) => ({ part, when: '' }));
  return [...new Set(ways.flatMap(({ parts }) => parts))].map((part) => {
    const having = ways.filter(({ parts }) => parts.includes(part));
    return { part, when: having.length === ways.length ? '' : whenSigningIn(having.flatMap(({ sets }) => sets)) };
  });
}
