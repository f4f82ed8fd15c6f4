/** The differences in the steps of a sign-in: one for each thing that users are told to do, or need not do any more. */
import { askedParts, getsIn, stepParts, stepPartsByName } from '../../questions/asked-text.ts';
import { proofSetsText } from '../../questions/proof-sets-text.ts';
import type { SignInContent } from '../compared/sign-in-content.ts';
import {
  askedHeadline,
  changeHeadline,
  isNoProof,
  isNoSetUp,
  otherOrder,
  saidOf,
  takesProof,
} from './asked-headline.ts';
import type { ContentDifference } from './content-difference.ts';
import { type EffectOnUsers, effectOf, fillInEffect } from './effect-on-users.ts';
import { type SaidThere, saidByAllText } from './said-text.ts';
import { setUpChange, setUpHeadline, withoutSetUps } from './set-up.ts';
import {
  type ComparedWays,
  changeOfWay,
  comparedWays,
  type FollowingPart,
  followingParts,
  type StepsOfWay,
  type WayChange,
  waysOfSkipping,
} from './ways-compared.ts';

export interface ComparedContents {
  readonly active: SignInContent;
  readonly next: SignInContent;
}

/** Of sign-ins for which the rules require the same. */
export function stepsDifferences(sides: ComparedContents): readonly ContentDifference[] {
  const found = stepsOfAll(sides);
  const known = found.flatMap(({ effects = [] }) => effects.map(({ many }) => many));
  const isOther = ({ effects = [] }: ContentDifference) => effects.some(({ many }) => !known.includes(many));
  const told = [...found, ...leastDifferences(sides).filter((each) => found.length === 0 || isOther(each))];
  return told.length > 0 ? told : furtherProofDifferences(sides);
}

/**
 * Where nothing else differs. In words, a further proof has no name, because it depends on what was proved before: here
 * the same was.
 */
function furtherProofDifferences({ active, next }: ComparedContents): readonly ContentDifference[] {
  if (!active.asked || !next.asked) return [];
  const { shared } = comparedWays(active.asked, next.asked, stepPartsByName);
  return toldByWays(shared.map(changeOfWay));
}

/** Of users who accept what is offered. */
function stepsOfAll(sides: ComparedContents): readonly ContentDifference[] {
  const { active, next } = sides;
  if (active.asks === 'denied' || next.asks === 'denied') return [];
  const ways = active.asked && next.asked && comparedWays(active.asked, next.asked);
  if (ways === undefined || !areApart(ways, sides)) return wholeDifference(sides);
  const isOther = ways.gone.length + ways.added.length > 0;
  return [...(isOther ? [proofsDifference(sides, ways)] : []), ...followingDifferences(sides, ways.shared)];
}

/** Of users who skip what may be skipped. */
function leastDifferences(sides: ComparedContents): readonly ContentDifference[] {
  return followingDifferences(sides, waysOfSkipping(sides.active, sides.next)).map((difference) => ({
    ...difference,
    headline: `${difference.headline}, when skipping what may be skipped`,
  }));
}

/** Whether the proofs are told apart from what follows them. */
function areApart({ shared, mixed, gone, added }: ComparedWays, { active, next }: ComparedContents): boolean {
  if (mixed.length > 0) return false;
  if (gone.length + added.length === 0) return true;
  const isEnrolled = [...gone, ...added].flat().some(({ toEnroll }) => toEnroll);
  const isKnown = [active, next].every(({ asked }) => asked?.proofs.isComplete);
  return shared.length > 0 && !isEnrolled && isKnown;
}

const notAboutPasswords: ContentDifference['saidBy'] = ['app', 'session', 'enrollment', 'profile'];
const saidBy: ContentDifference['saidBy'] = [...notAboutPasswords, 'passwordPolicy', 'accountPolicy'];

function wholeDifference(sides: ComparedContents): readonly ContentDifference[] {
  const { active, next } = sides;
  const [before, after] = [askedParts(active), askedParts(next)];
  if (before.join() === after.join()) return [];
  const effect = effectOf(active, next);
  const isAllSaid = getsIn(active) !== getsIn(next);
  return [
    {
      kind: 'steps',
      headline: wholeHeadline(sides, effect),
      words: [saidOf(before, after), saidOf(after, before)],
      ...(isAllSaid && { said: [{ asked: active.asked }, { asked: next.asked }] as const }),
      saidBy,
      ...(effect && { effects: [effect] }),
    },
  ];
}

function wholeHeadline({ active, next }: ComparedContents, effect: EffectOnUsers | undefined): string {
  if (effect && effect.enroll === undefined) return effect.many;
  const setUp = setUpHeadline(setUpChange(active.least, next.least));
  const [before, after] = [askedParts(active), askedParts(next)].map((parts) =>
    setUp === undefined ? parts : parts.filter(isNoSetUp),
  );
  const rest = askedHeadline(before ?? [], after ?? []);
  return [setUp, rest].filter(Boolean).join('; ') || otherOrder;
}

function proofsDifference({ active, next }: ComparedContents, { gone, added }: ComparedWays): ContentDifference {
  const [less, more] = [gone, added].map((sets) => proofSetsText({ sets, isComplete: true }));
  const change = added.length === 0 ? `no longer sign in by ${less}` : `sign in by ${more} instead of ${less}`;
  const said = (content: SignInContent): SaidThere => {
    const { proofs = { sets: [], isComplete: true } } = content.asked ?? {};
    return { asked: { proofs, ways: [{ sets: proofs.sets, after: [] }] } };
  };
  return {
    kind: 'steps',
    headline: `may ${gone.length === 0 ? `also sign in by ${more}` : change}`,
    ...saidOnBothSides(said(active), said(next)),
    saidBy,
  };
}

function saidOnBothSides(before: SaidThere, after: SaidThere): Pick<ContentDifference, 'words' | 'said'> {
  return { words: [saidByAllText([before]) ?? '', saidByAllText([after]) ?? ''], said: [before, after] };
}

/** Steps in words, as lists of one way or of several. */
function stepsOnBothSides(
  ways: readonly Pick<WayChange, 'gone' | 'added'>[],
): Pick<ContentDifference, 'words' | 'said'> {
  return saidOnBothSides({ steps: ways.map(({ gone }) => gone) }, { steps: ways.map(({ added }) => added) });
}

/** Sign-ins by the same proofs. */
function followingDifferences(sides: ComparedContents, shared: readonly StepsOfWay[]): readonly ContentDifference[] {
  const changes = shared.map(changeOfWay);
  const told = [setUpTold(sides, changes), fillInTold(sides, changes)].flatMap((each) => each ?? []);
  const left = changes.map((change) => partsOf(change, (part) => !told.some(({ isPart }) => isPart(part, change))));
  return [...told.map(({ difference }) => difference), ...othersTold(left)];
}

function partsOf(change: WayChange, isMeant: (part: string) => boolean): WayChange {
  return { ...change, gone: change.gone.filter(isMeant), added: change.added.filter(isMeant) };
}

/** A difference in all ways, and the parts that it tells. */
interface Told {
  readonly difference: ContentDifference;
  readonly isPart: (part: string, way: WayChange) => boolean;
}

function setUpTold({ active, next }: ComparedContents, changes: readonly WayChange[]): Told | undefined {
  const headline = setUpHeadline(setUpChange(active.least, next.least));
  const setUps = changes.map((change) => partsOf(change, isSetUpPart));
  const [first] = setUps;
  const isSame = setUps.every(
    ({ gone, added }) => gone.join() === first?.gone.join() && added.join() === first.added.join(),
  );
  if (headline === undefined || !isSame || !first || first.gone.length + first.added.length === 0) return undefined;
  const isPart = (part: string, way: WayChange) => isSetUpPart(part) || isBeforeSetUp(part, way);
  const effect = effectOf(active, next);
  const difference: ContentDifference = {
    kind: 'steps',
    headline,
    ...stepsOnBothSides(changes.map((change) => partsOf(change, (part) => isPart(part, change)))),
    saidBy,
    ...(effect?.enroll !== undefined && { effects: [effect] }),
  };
  return { difference, isPart };
}

/** One that cannot be skipped. */
function isSetUpPart(part: string): boolean {
  return part.startsWith('enroll ') && !part.includes('(may be skipped');
}

/** A proof is no demand of its own, nor is that a password is replaced that is proved only for this. */
function isBeforeSetUp(part: string, { set }: WayChange): boolean {
  const isProved = set.some(({ authenticator }) => part === `replace ${authenticator}`);
  return part === 'further proof' || (part.startsWith('replace ') && !isProved);
}

function fillInTold({ active, next }: ComparedContents, changes: readonly WayChange[]): Told | undefined {
  const effect = fillInEffect(active, next);
  if (effect === undefined || !changes.every(({ added }) => added.some(isFillIn))) return undefined;
  const own = changes.map((change) => partsOf(change, isFillIn));
  const told = { headline: effect.many, saidBy: notAboutPasswords, effects: [effect] };
  return { difference: { kind: 'steps', ...told, ...stepsOnBothSides(own) }, isPart: isFillIn };
}

function isFillIn(part: string): boolean {
  return part.startsWith('fill in ');
}

/** What else is asked. What is asked in all ways is told apart from what is asked in some. */
function othersTold(changes: readonly WayChange[]): readonly ContentDifference[] {
  const shared = sharedAdditions(changes);
  if (shared.length === 0) return toldByWays(changes);
  const own = changes.map((change) => partsOf(change, (part) => shared.includes(part)));
  const isFollowed = shared.some(takesProof);
  const left = changes.map((change) => {
    const others = partsOf(change, (part) => !shared.includes(part));
    return isFollowed && !others.added.some(isNoProof) ? partsOf(others, isNoProof) : others;
  });
  return [...toldByWays(own), ...toldByWays(left)];
}

/** Empty: it is the same in all ways, or something else is asked no longer. */
function sharedAdditions(changes: readonly WayChange[]): readonly string[] {
  const isSame = new Set(changes.map(({ gone, added }) => changeHeadline(gone, added))).size === 1;
  if (isSame || changes.some(({ gone }) => gone.length > 0)) return [];
  const [first, ...others] = changes;
  return first?.added.filter((part) => isNoProof(part) && others.every(({ added }) => added.includes(part))) ?? [];
}

/** Ways with the same change are told together. */
function toldByWays(changes: readonly WayChange[]): readonly ContentDifference[] {
  const byHeadline = Map.groupBy(changes, ({ gone, added }) => changeHeadline(gone, added));
  return [...byHeadline].flatMap(([headline, alike]): readonly ContentDifference[] => {
    if (headline === '') return [];
    const own = alike.map(({ set }) => set);
    const others = changes.flatMap((change) => (alike.includes(change) ? [] : [change.set]));
    return [{ kind: 'steps', headline, ways: { own, others }, ...stepsOnBothSides(alike), saidBy }];
  });
}

/**
 * The rules require something else, and apart from the proofs and what must be set up for them, something else is asked
 * as well. That it follows other proofs now is told by the requirement.
 */
export function laterStepsDifferences({ active, next }: ComparedContents): readonly ContentDifference[] {
  if (!getsIn(active) || !getsIn(next)) return [];
  const [before, after] = [laterParts(active), laterParts(next)];
  const gone = newLaterParts(after, before, next);
  const added = newLaterParts(before, after, active);
  const effect = fillInEffect(active, next);
  const isFilledIn = ({ part }: FollowingPart) => effect !== undefined && isFillIn(part);
  const isOther = (each: FollowingPart) => !isFilledIn(each);
  // What only some had to fill in before is told, too.
  const toFillIn = added.some(isFilledIn) ? added : after;
  const fillIn = effect ? [laterDifference(gone.filter(isFilledIn), toFillIn.filter(isFilledIn), effect)] : [];
  return [...fillIn, ...otherLaterSteps(gone.filter(isOther), added.filter(isOther))];
}

/** Leaves out that a password is replaced that `other` does not take: the requirement tells that it is proved. */
function newLaterParts(
  others: readonly FollowingPart[],
  own: readonly FollowingPart[],
  other: SignInContent,
): readonly FollowingPart[] {
  const taken = other.asked?.proofs.sets.flat().map(({ authenticator }) => `replace ${authenticator}`) ?? [];
  return own.filter(
    ({ part }) =>
      !others.some((known) => known.part === part) && (!part.startsWith('replace ') || taken.includes(part)),
  );
}

/** The ways are told if it is more or less that is asked. */
function otherLaterSteps(
  gone: readonly FollowingPart[],
  added: readonly FollowingPart[],
): readonly ContentDifference[] {
  if (gone.length > 0 && added.length > 0) return [laterDifference(gone, added)];
  const byWays = Map.groupBy([...gone, ...added], ({ ways }) => JSON.stringify(ways));
  return [...byWays.values()].flatMap((alike) => {
    const [first] = alike;
    const difference = gone.length > 0 ? laterDifference(alike, []) : laterDifference([], alike);
    return first ? [{ ...difference, ways: first.ways }] : [];
  });
}

function laterDifference(
  gone: readonly FollowingPart[],
  added: readonly FollowingPart[],
  effect?: EffectOnUsers,
): ContentDifference {
  const change = { gone: gone.map(partIn), added: added.map(partIn) };
  return {
    kind: 'steps',
    headline: effect?.many ?? changeHeadline(change.gone, change.added),
    ...stepsOnBothSides([change]),
    saidBy: ['enrollment', 'profile', 'passwordPolicy', 'accountPolicy'],
    ...(effect && { effects: [effect] }),
  };
}

function partIn({ part }: FollowingPart): string {
  return part;
}

function laterParts({ asked }: SignInContent): readonly FollowingPart[] {
  return followingParts(asked, (steps) => stepParts(withoutSetUps(steps).filter(({ kind }) => kind !== 'challenge')));
}
