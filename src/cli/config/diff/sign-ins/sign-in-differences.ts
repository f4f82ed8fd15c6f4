/** The differences between two configurations in one sign-in, in words. */
import { asksAlike, leastFactors, type RulesInEffect } from '../../../../core/analysis/proofs/rules-in-effect.ts';
import { haveOffer } from '../../../../core/analysis/simulation/skipping-offers.ts';
import type { AuthenticatorDescriptor } from '../../../../core/model/facts.ts';
import type { Requirement } from '../../../../core/model/policy.ts';
import { requirementText } from '../../../explain/requirement-text.ts';
import { askedParts, getsIn, joinedParts, stepParts } from '../../questions/asked-text.ts';
import { scopeNames, scopesHeadline } from '../compared/carried-scopes.ts';
import type { AskedThere, ChangeKind, NamedLocation } from '../compared/configuration-changes.ts';
import { acrDifference } from './acr-difference.ts';
import { askedHeadline, isNoSetUp, newOnes, otherOrder, saidOf } from './asked-headline.ts';
import { type EffectOnUsers, effectOf, fillInEffect, isWithoutSecondFactor } from './effect-on-users.ts';
import { isSetUp, setUpChange, setUpHeadline } from './set-up.ts';
import type { DecidingPolicy, DecidingRule, SignInContent, SignInView } from './sign-in-view.ts';
import { type ComparedWays, differingWays, type FollowingPart, followingParts } from './ways-compared.ts';

/** One difference. */
export interface SignInDifference {
  readonly kind: ChangeKind;
  /** The sentence that follows "412 editors: ". */
  readonly headline: string;
  readonly before: AskedThere;
  readonly after: AskedThere;
  readonly effect?: EffectOnUsers;
  /** The user has no second factor, but two factors are required. */
  readonly isWithoutSecondFactor?: true;
}

/** A difference before it is known where the rules are written. */
export interface ContentDifference extends Omit<SignInDifference, 'before' | 'after'> {
  /** What each configuration requires. */
  readonly words: readonly [string, string];
  /** The policies whose rules say it. */
  readonly saidBy: readonly DecidingPolicy[];
  /** Rules with the same requirement under both configurations say it, too. */
  readonly isSaidByAll?: true;
}

/** Adds where the rules are written. */
export function located(difference: ContentDifference, active: SignInView, next: SignInView): SignInDifference {
  const { words, saidBy, isSaidByAll, ...rest } = difference;
  const rulesOf = (view: SignInView) => saidBy.flatMap((policy) => view.rules[policy] ?? []);
  const [before, after] = [rulesOf(active), rulesOf(next)];
  const apart = (own: readonly DecidingRule[], others: readonly DecidingRule[]) =>
    own.filter(
      (rule) =>
        isSaidByAll ||
        !others.some((other) => other.name === rule.name && other.file === rule.file && other.asks === rule.asks),
    );
  return {
    ...rest,
    before: { words: words[0], rules: apart(before, after).map(locationOf) },
    after: { words: words[1], rules: apart(after, before).map(locationOf) },
  };
}

export function contentDifferences(
  active: SignInContent,
  next: SignInContent,
  authenticators: readonly AuthenticatorDescriptor[],
): readonly ContentDifference[] {
  if (active === next) return [];
  const sides = { active, next };
  const isOther = !asksAlike(active.asks, next.asks, authenticators);
  return [
    ...(isOther ? [requirementDifference(sides), ...laterStepsDifference(sides)] : stepsDifference(sides)),
    ...tokensDifference(sides),
    ...scopesDifference(sides),
    ...lifetimeDifference(sides),
    ...(asksAlike(active.recovery, next.recovery, authenticators) ? [] : [recoveryDifference(sides)]),
  ];
}

interface Sides {
  readonly active: SignInContent;
  readonly next: SignInContent;
}

function requirementDifference({ active, next }: Sides): ContentDifference {
  const effect = effectOf(active, next);
  return {
    kind: 'requirement',
    headline: requirementHeadline(active.asks, next.asks),
    words: [asksText(active.asks), asksText(next.asks)],
    saidBy: ['app', 'session'],
    ...(effect && isOfRequirement(effect) && active.asks !== 'denied' && next.asks !== 'denied' && { effect }),
    ...(isWithoutSecondFactor(next) && { isWithoutSecondFactor: true as const }),
  };
}

/** What users must fill in is told as a step. */
function isOfRequirement({ kind }: EffectOnUsers): boolean {
  return kind !== 'must_fill_in';
}

function asksText(asks: RulesInEffect['asks']): string {
  if (asks === 'denied') return 'denied';
  return [...new Set(asks.map((requirement) => requirementText(requirement).join(', or ')))].join(', and ');
}

const numbers: readonly string[] = ['no', 'one', 'two', 'three'];

/** Longer requirements are printed below the sentence. */
const longest = 80;

function partsOf(asks: readonly Requirement[]): readonly string[] {
  return [...new Set(asks.flatMap(requirementText).flatMap((words) => words.split('; ')))];
}

function requirementHeadline(active: RulesInEffect['asks'], next: RulesInEffect['asks']): string {
  if (active === 'denied') return `let in, by ${shortAsksText(next)} (denied before)`;
  if (next === 'denied') return `no longer let in (${shortAsksText(active)} before)`;
  const [from, to] = [leastFactors(active), leastFactors(next)];
  if (from !== undefined && to !== undefined && from !== to)
    return `${numbers[from]} factor${from === 1 ? '' : 's'} becomes ${numbers[to]}`.replace(
      'factors becomes',
      'factors become',
    );
  const [before, after] = [partsOf(active), partsOf(next)];
  const [gone, added] = [newOnes(after, before), newOnes(before, after)].map((parts) => parts.join('; '));
  if (gone && added && gone.length <= longest && added.length <= longest) return `"${gone}" becomes "${added}"`;
  return 'other proofs are asked for';
}

function shortAsksText(asks: RulesInEffect['asks']): string {
  const count = asks === 'denied' ? undefined : leastFactors(asks);
  if (count === undefined) return asksText(asks);
  return count === 1 ? 'one factor' : `${numbers[count]} factors`;
}

/** The rules require the same, but the steps differ. */
function stepsDifference(sides: Sides): readonly ContentDifference[] {
  const { active, next } = sides;
  if (active.asks === 'denied' || next.asks === 'denied') return [];
  const ways = differingWays(active, next);
  const [first] = ways;
  if (first === undefined) return leastDifference(sides);
  const effect = first.when === '' ? effectOf(active, next) : undefined;
  return [
    {
      kind: 'steps',
      headline: first.when === '' ? stepsHeadline(sides, effect) : ways.map(wayHeadline).join('; '),
      words: [
        ways.map(({ before, after, when }) => saidOf(before, after) + when).join('; '),
        ways.map(({ before, after, when }) => saidOf(after, before) + when).join('; '),
      ],
      saidBy: ['app', 'session', 'enrollment', 'profile', 'passwordPolicy', 'accountPolicy'],
      ...(effect && { effect }),
    },
  ];
}

/** What is asked differs only for users who skip what may be skipped. */
function leastDifference({ active, next }: Sides): readonly ContentDifference[] {
  const isOffered = [active, next].some(({ asked }) => asked?.ways.some(({ after }) => haveOffer(after)));
  const ways = isOffered ? differingWays(whenSkipping(active), whenSkipping(next)) : [];
  const [first] = ways;
  if (first === undefined) return [];
  const effect = first.when === '' ? effectOf(active, next) : undefined;
  const skipping = ', for those who skip what may be skipped';
  return [
    {
      kind: 'steps',
      headline: `${effect?.many ?? ways.map(wayHeadline).join('; ')}${skipping}`,
      words: [
        ways.map(({ before, after, when }) => saidOf(before, after) + when).join('; ') + skipping,
        ways.map(({ before, after, when }) => saidOf(after, before) + when).join('; ') + skipping,
      ],
      saidBy: ['enrollment', 'profile'],
      ...(effect && { effect }),
    },
  ];
}

function whenSkipping({ asked, least }: SignInContent): Pick<SignInContent, 'asked'> {
  return {
    asked: asked && { ...asked, ways: asked.ways.map((way, at) => ({ ...way, after: least[at] ?? way.after })) },
  };
}

function wayHeadline({ before, after, when }: ComparedWays): string {
  return `${askedHeadline(before, after) || otherOrder}${when}`;
}

/**
 * The rules require something else, and apart from the proofs and what must be set up for them, something else is asked
 * as well.
 */
function laterStepsDifference(sides: Sides): readonly ContentDifference[] {
  const { active, next } = sides;
  if (!getsIn(active) || !getsIn(next)) return [];
  const [before, after] = [laterParts(active), laterParts(next)];
  const effect = fillInEffect(active, next);
  // That it follows other proofs now is told by the requirement, unless it follows all of them now.
  if (effect === undefined && before.map(({ part }) => part).join() === after.map(({ part }) => part).join()) return [];
  const [gone, added] = [before, after].map((parts) => parts.map(({ part, when }) => `${part}${when}`));
  const words = (own: readonly string[] = [], others: readonly string[] = []) =>
    joinedParts(newOnes(others, own)) || 'nothing more';
  return [
    {
      kind: 'steps',
      headline: effect?.many ?? (askedHeadline(gone ?? [], added ?? []) || otherOrder),
      words: [words(gone, added), words(added, gone)],
      saidBy: ['enrollment', 'profile', 'passwordPolicy', 'accountPolicy'],
      ...(effect && { effect }),
    },
  ];
}

function laterParts({ asked }: SignInContent): readonly FollowingPart[] {
  return followingParts(asked, (steps) =>
    stepParts(steps.filter((step) => step.kind !== 'challenge' && !isSetUp(step))),
  );
}

function stepsHeadline({ active, next }: Sides, effect: EffectOnUsers | undefined): string {
  if (effect && effect.enroll === undefined) return effect.many;
  const setUp = setUpHeadline(setUpChange(active.least, next.least));
  const [before, after] = [askedParts(active), askedParts(next)].map((parts) =>
    setUp === undefined ? parts : parts.filter(isNoSetUp),
  );
  const rest = askedHeadline(before ?? [], after ?? []);
  return [setUp, rest].filter(Boolean).join('; ') || otherOrder;
}

function tokensDifference({ active, next }: Sides): readonly ContentDifference[] {
  const difference = acrDifference(active, next);
  return difference ? [{ kind: 'acr', ...difference, saidBy: [] }] : [];
}

function scopesDifference(sides: Sides): readonly ContentDifference[] {
  const { active, next } = sides;
  if (active.asks === 'denied' || next.asks === 'denied') return [];
  const headline = scopesHeadline(active.scopes, next.scopes);
  if (headline === undefined) return [];
  return [{ kind: 'scopes', headline, words: [scopeNames(active.scopes), scopeNames(next.scopes)], saidBy: ['app'] }];
}

/** Contains only what differs. */
function lifetimeDifference(sides: Sides): readonly ContentDifference[] {
  const { active, next } = sides;
  const changed = next.lifetimes.flatMap(({ what, length: to, by }) => {
    const from = active.lifetimes.find((lifetime) => lifetime.what === what)?.length;
    return from === undefined || from === to ? [] : [{ what, from, to, by }];
  });
  if (changed.length === 0) return [];
  const lengths = (side: 'from' | 'to') => changed.map((change) => `${change.what} ${change[side]}`).join(', ');
  return [
    {
      kind: 'session',
      headline: changed.map(({ what, from, to }) => `${what} ${to} (${from} before)`).join(', '),
      words: [lengths('from'), lengths('to')],
      saidBy: [...new Set(changed.map(({ by }) => by))],
      isSaidByAll: true,
    },
  ];
}

function locationOf({ asks: _, ...location }: DecidingRule): NamedLocation {
  return location;
}

function recoveryDifference(sides: Sides): ContentDifference {
  const [from, to] = [asksText(sides.active.recovery), asksText(sides.next.recovery)];
  return { kind: 'recovery', headline: recoveryHeadline(from, to), words: [from, to], saidBy: ['recovery'] };
}

function recoveryHeadline(from: string, to: string): string {
  if (to === 'denied') return 'a forgotten password can no longer be replaced by its user';
  return from === 'denied'
    ? `a forgotten password can be replaced, by "${to}"`
    : `a forgotten password takes "${to}" instead of "${from}"`;
}
