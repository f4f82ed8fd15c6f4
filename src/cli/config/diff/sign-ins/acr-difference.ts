/** What tokens say in their `acr` under only one of two configurations, in any way to sign in. */
import type { AcrOfWay } from '../../../../core/analysis/simulation/acr-of-ways.ts';
import type { SignInContent } from '../compared/sign-in-content.ts';
import type { StatedWays } from './ways-compared.ts';

export interface AcrDifference extends AcrWords {
  /** The ways to sign in of which it is told. Absent: all. */
  readonly ways?: StatedWays;
  /** The same in parts, of which other users may have only some. */
  readonly apart?: readonly AcrWords[];
}

interface AcrWords {
  readonly headline: string;
  readonly words: readonly [string, string];
}

/** Empty: nothing differs, or the user does not get in under both of them. */
export function acrDifferences(active: SignInContent, next: SignInContent): readonly AcrDifference[] {
  if (active.asked === undefined || next.asked === undefined || isAlike(active, next)) return [];
  const [before, after] = [active.acrs, next.acrs];
  const ofBefore = new Map(before.map((way) => [keyOf(way), way]));
  const isSameProofs = before.length === after.length && after.every((way) => ofBefore.has(keyOf(way)));
  if (!isSameProofs) return inAll(active, next);
  return byWay(after.map((way) => ({ ...way, from: namesOf([ofBefore.get(keyOf(way)) ?? way]), to: namesOf([way]) })));
}

/** The same proofs, and nothing else that the values depend on differs. */
function isAlike(active: SignInContent, next: SignInContent): boolean {
  return (
    active.acrTerms === next.acrTerms &&
    JSON.stringify(active.asked?.proofs.sets) === JSON.stringify(next.asked?.proofs.sets)
  );
}

function keyOf({ set }: AcrOfWay): string {
  return JSON.stringify(set);
}

/** For example `acr phr` or `no acr`. */
function namesOf(ways: readonly AcrOfWay[]): readonly string[] {
  return [...new Set(ways.flatMap(({ acrs }) => acrs.map((acr) => (acr === undefined ? none : `acr ${acr}`))))].sort();
}

const none = 'no acr';

interface ComparedWay extends AcrOfWay {
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** Both configurations take the same proofs. */
function byWay(ways: readonly ComparedWay[]): readonly AcrDifference[] {
  const apart = [...Map.groupBy(ways, ({ from, to }) => JSON.stringify([from, to])).values()];
  return apart.flatMap((alike) => {
    const [first] = alike;
    if (first === undefined || first.from.join() === first.to.join()) return [];
    const others = ways.filter((way) => !alike.includes(way)).map(({ set }) => set);
    return [{ ...instead(first), ways: { own: alike.map(({ set }) => set), others } }];
  });
}

function either(names: readonly string[]): string {
  return names.join(' or ');
}

function instead({ from, to }: Pick<ComparedWay, 'from' | 'to'>): AcrWords {
  return { headline: `tokens say ${either(to)} instead of ${either(from)}`, words: [either(from), either(to)] };
}

/** Other proofs are taken, so the values of all ways are compared. */
function inAll(active: SignInContent, next: SignInContent): readonly AcrDifference[] {
  const [from, to] = [namesOf(active.acrs), namesOf(next.acrs)];
  const isWhole = (content: SignInContent) => content.asked?.proofs.isComplete === true;
  const [added, gone] = [isWhole(active) ? newIn(to, from) : [], isWhole(next) ? newIn(from, to) : []];
  const isOther = added.length === to.length && gone.length === from.length;
  const headline = isOther ? instead({ from, to }).headline : mayHeadline(added, gone);
  if (headline === '') return [];
  const apart = [
    ...added.map((name): AcrWords => ({ headline: mayHeadline([name], []), words: ['', name] })),
    ...gone.map((name): AcrWords => ({ headline: mayHeadline([], [name]), words: [name, ''] })),
  ];
  return [{ headline, words: [either(from), either(to)], apart }];
}

function newIn(names: readonly string[], others: readonly string[]): readonly string[] {
  return names.filter((name) => !others.includes(name));
}

/** For example `tokens may say acr phr, and did not`. */
function mayHeadline(added: readonly string[], gone: readonly string[]): string {
  const [may, cannot] = [added, gone].map((names) => names.filter((name) => name !== none));
  return [
    may && may.length > 0 ? `tokens may say ${either(may)}, and did not` : '',
    added.includes(none) ? 'tokens may say no acr, and said one' : '',
    cannot && cannot.length > 0 ? `tokens no longer say ${either(cannot)}` : '',
    gone.includes(none) ? 'tokens always say an acr' : '',
  ]
    .filter(Boolean)
    .join('; ');
}
