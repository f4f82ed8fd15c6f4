/** The differences between two configurations in one sign-in, in words. */
import { asksAlike, leastFactors, type RulesInEffect } from '../../../../core/analysis/proofs/rules-in-effect.ts';
import type { AuthenticatorDescriptor } from '../../../../core/model/facts.ts';
import type { Requirement } from '../../../../core/model/policy.ts';
import { alternativesLine, requirementText } from '../../../explain/requirement-text.ts';
import { scopeNames, scopesHeadline } from '../compared/carried-scopes.ts';
import { rememberedDifference, rememberedLengths } from '../compared/remembered-second-factor.ts';
import type { SessionLength, SignInContent } from '../compared/sign-in-content.ts';
import { acrDifferences } from './acr-difference.ts';
import { newOnes } from './asked-headline.ts';
import type { ContentDifference } from './content-difference.ts';
import { type EffectOnUsers, effectOf, effectsOfLettingIn, isWithoutSecondFactor } from './effect-on-users.ts';
import { type ComparedContents, laterStepsDifferences, stepsDifferences } from './step-differences.ts';

export function contentDifferences(
  active: SignInContent,
  next: SignInContent,
  authenticators: readonly AuthenticatorDescriptor[],
): readonly ContentDifference[] {
  if (active === next) return [];
  const sides = { active, next };
  const isOther = !asksAlike(active.asks, next.asks, authenticators);
  return [
    ...(isOther ? [requirementDifference(sides), ...laterStepsDifferences(sides)] : stepsDifferences(sides)),
    ...tokensDifference(sides),
    ...scopesDifference(sides),
    ...lifetimeDifference(sides),
    ...(asksAlike(active.recovery, next.recovery, authenticators) ? [] : [recoveryDifference(sides)]),
  ];
}

function requirementDifference({ active, next }: ComparedContents): ContentDifference {
  const effects = effectsOfRequirement(active, next);
  return {
    kind: 'requirement',
    headline: requirementHeadline(active.asks, next.asks),
    words: [asksText(active.asks), asksText(next.asks)],
    saidBy: ['app', 'session'],
    ...(effects.length > 0 && { effects }),
    ...(isWithoutSecondFactor(next) && { isWithoutSecondFactor: true as const }),
  };
}

/** What users must fill in is told as a step, unless they are newly let in. */
function effectsOfRequirement(active: SignInContent, next: SignInContent): readonly EffectOnUsers[] {
  if (next.asks === 'denied') return [];
  if (active.asks === 'denied') return effectsOfLettingIn(next);
  const effect = effectOf(active, next);
  return effect && effect.kind !== 'must_fill_in' ? [effect] : [];
}

function asksText(asks: RulesInEffect['asks']): string {
  if (asks === 'denied') return 'denied';
  return [...new Set(asks.map((requirement) => alternativesLine(requirementText(requirement))))].join(', and ');
}

const numbers: readonly string[] = ['no', 'one', 'two', 'three'];

const otherProofs = 'other proofs are asked for';

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
    return `${numbers[from]} ${from === 1 ? 'factor becomes' : 'factors become'} ${numbers[to]}${noLongerText(active, next)}`;
  const [before, after] = [partsOf(active), partsOf(next)];
  const [gone, added] = [newOnes(after, before), newOnes(before, after)].map((parts) => parts.join('; '));
  if ((gone?.length ?? 0) > longest || (added?.length ?? 0) > longest) return otherProofs;
  if (gone && added) return `"${gone}" becomes "${added}"`;
  // Alternatives that are added are not more, but less.
  const isPlain = [...active, ...next].every((requirement) => requirementText(requirement).length === 1);
  if (!isPlain || gone === added) return otherProofs;
  return gone ? `less is asked for: no longer "${gone}"` : `more is asked for: "${added}"`;
}

/** What is asked for no longer, besides the number of factors. Empty where there are several alternatives. */
function noLongerText(active: readonly Requirement[], next: readonly Requirement[]): string {
  const isPlain = [...active, ...next].every((requirement) => requirementText(requirement).length === 1);
  const gone = newOnes(partsOf(next), partsOf(active)).filter((part) => !/ factors?$| factor types$/.test(part));
  const words = gone.join('; ');
  return isPlain && words !== '' && words.length <= longest ? `, no longer "${words}"` : '';
}

function shortAsksText(asks: RulesInEffect['asks']): string {
  const count = asks === 'denied' ? undefined : leastFactors(asks);
  if (count === undefined) return asksText(asks);
  return count === 1 ? 'one factor' : `${numbers[count]} factors`;
}

function tokensDifference({ active, next }: ComparedContents): readonly ContentDifference[] {
  return acrDifferences(active, next).map((difference) => ({ kind: 'acr', ...difference, saidBy: [] }));
}

function scopesDifference(sides: ComparedContents): readonly ContentDifference[] {
  const { active, next } = sides;
  if (active.asks === 'denied' || next.asks === 'denied') return [];
  const headline = scopesHeadline(active.scopes, next.scopes);
  if (headline === undefined) return [];
  return [{ kind: 'scopes', headline, words: [scopeNames(active.scopes), scopeNames(next.scopes)], saidBy: ['app'] }];
}

/** Contains only what differs. */
function lifetimeDifference(sides: ComparedContents): readonly ContentDifference[] {
  const { active, next } = sides;
  // Of users who are denied there is none.
  if (active.lifetimes.length === 0 || next.lifetimes.length === 0) return [];
  const remembered = rememberedDifference(active.remembered, next.remembered);
  const [before, after] = rememberedLengths(active.remembered, next.remembered)?.map(rememberedLength) ?? [];
  return [
    ...lengthsDifference(
      [...active.lifetimes, ...(before ? [before] : [])],
      [...next.lifetimes, ...(after ? [after] : [])],
    ),
    ...(remembered ? [{ kind: 'session' as const, ...remembered, saidBy: waivedBy }] : []),
  ];
}

/** The policies on which it depends whether a remembered second factor is waived. */
const waivedBy: ContentDifference['saidBy'] = ['app', 'session', 'enrollment'];

function rememberedLength(length: string): SessionLength {
  return { what: 'the second factor is', length, by: 'app' };
}

function lengthsDifference(
  active: readonly SessionLength[],
  next: readonly SessionLength[],
): readonly ContentDifference[] {
  const [before, after] = [differingLengths(active, next), differingLengths(next, active)];
  if (after.length === 0) return [];
  const saidBefore = (what: string) => before.find((lifetime) => lifetime.what === what)?.length;
  const told = after.map(({ what, length }) => {
    const known = saidBefore(what);
    return `${what} ${length}${known === undefined ? '' : ` (${known} before)`}`;
  });
  const words = (some: readonly SessionLength[]) => some.map(({ what, length }) => `${what} ${length}`).join(', ');
  return [
    {
      kind: 'session',
      headline: told.join(', '),
      words: [words(before), words(after)],
      saidBy: [...new Set(after.map(({ by }) => by))],
      isSaidByAll: true,
    },
  ];
}

function differingLengths(own: readonly SessionLength[], other: readonly SessionLength[]): readonly SessionLength[] {
  return own.filter(({ what, length }) => !other.some((each) => each.what === what && each.length === length));
}

function recoveryDifference(sides: ComparedContents): ContentDifference {
  const [from, to] = [asksText(sides.active.recovery), asksText(sides.next.recovery)];
  return { kind: 'recovery', headline: recoveryHeadline(from, to), words: [from, to], saidBy: ['recovery'] };
}

function recoveryHeadline(from: string, to: string): string {
  if (to === 'denied') return 'a forgotten password can no longer be replaced by its user';
  return from === 'denied'
    ? `a forgotten password can be replaced, by "${to}"`
    : `a forgotten password takes "${to}" instead of "${from}"`;
}
