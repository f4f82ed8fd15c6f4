/** What differs between two views of the same sign-in, in words. */
import { asksAlike, leastFactors, type RulesInEffect } from '../../../core/analysis/rules-in-effect.ts';
import type { SimulatedStep } from '../../../core/analysis/simulated-answers.ts';
import type { AuthenticatorDescriptor } from '../../../core/model/facts.ts';
import type { Requirement } from '../../../core/model/policy.ts';
import { requirementWords } from '../../explain/requirement-text.ts';
import { askedParts, denialText, getsIn } from '../asked-text.ts';
import type { AskedThere, ChangeKind, EffectKind } from './model.ts';
import type { DecidingPolicy, DecidingRule, SessionLength, SignInView } from './view.ts';

/** One difference. */
export interface Delta {
  readonly kind: ChangeKind;
  /** After "412 editors: ". */
  readonly headline: string;
  readonly before: AskedThere;
  readonly after: AskedThere;
  readonly effect?: DeltaEffect;
}

/** After "1 of them " or "37 of them ". */
export interface DeltaEffect {
  readonly kind: EffectKind;
  readonly one: string;
  readonly many: string;
  /** What they would have to enroll. */
  readonly enroll?: string;
}

export function deltasBetween(
  live: SignInView,
  next: SignInView,
  authenticators: readonly AuthenticatorDescriptor[],
): readonly Delta[] {
  if (live === next) return [];
  const sides = { live, next };
  const isOther = !asksAlike(live.asks, next.asks, authenticators);
  return [
    ...(isOther ? [requirementDelta(sides)] : stepsDelta(sides)),
    ...acrDelta(sides),
    ...lifetimeDelta(sides),
    ...(asksAlike(live.recovery, next.recovery, authenticators) ? [] : [recoveryDelta(sides)]),
  ];
}

interface Sides {
  readonly live: SignInView;
  readonly next: SignInView;
}

/** What each side says, and by which rules of these policies; without those that say the same on both sides. */
function saidBy(
  { live, next }: Sides,
  policies: readonly DecidingPolicy[],
  [from, to]: readonly [string, string],
): Pick<Delta, 'before' | 'after'> {
  const rulesOf = (view: SignInView) => policies.flatMap((policy) => view.rules[policy] ?? []);
  const apart = (own: readonly DecidingRule[], others: readonly DecidingRule[]) =>
    own
      .filter(
        (rule) => !others.some((one) => one.name === rule.name && one.file === rule.file && one.asks === rule.asks),
      )
      .map(({ name, file, line }) => ({ name, file, line }));
  const [before, after] = [rulesOf(live), rulesOf(next)];
  return {
    before: { words: from, rules: apart(before, after) },
    after: { words: to, rules: apart(after, before) },
  };
}

function requirementDelta({ live, next }: Sides): Delta {
  const effect = effectOf(live, next);
  return {
    kind: 'requirement',
    headline: requirementHeadline(live.asks, next.asks),
    ...saidBy({ live, next }, ['app', 'session'], [asksWords(live.asks), asksWords(next.asks)]),
    ...(effect && live.asks !== 'denied' && next.asks !== 'denied' && { effect }),
  };
}

function asksWords(asks: RulesInEffect['asks']): string {
  if (asks === 'denied') return 'denied';
  return [...new Set(asks.map((one) => requirementWords(one).join(', or ')))].join(', and ');
}

const numbers: readonly string[] = ['no', 'one', 'two', 'three'];

/** Longer requirements stand below the sentence, not in it. */
const longest = 80;

function partsOf(asks: readonly Requirement[]): readonly string[] {
  return asks.flatMap(requirementWords).flatMap((words) => words.split('; '));
}

function requirementHeadline(live: RulesInEffect['asks'], next: RulesInEffect['asks']): string {
  if (live === 'denied') return `let in, by ${shortWords(next)} (denied before)`;
  if (next === 'denied') return `no longer let in (${shortWords(live)} before)`;
  const [from, to] = [leastFactors(live), leastFactors(next)];
  if (from !== undefined && to !== undefined && from !== to)
    return `${numbers[from]} factor${from === 1 ? '' : 's'} becomes ${numbers[to]}`.replace(
      'factors becomes',
      'factors become',
    );
  const [before, after] = [partsOf(live), partsOf(next)];
  const [gone, added] = [newOnes(after, before), newOnes(before, after)].map((parts) => parts.join('; '));
  if (gone && added && gone.length <= longest && added.length <= longest) return `"${gone}" becomes "${added}"`;
  return 'other proofs are asked for';
}

function shortWords(asks: RulesInEffect['asks']): string {
  const count = asks === 'denied' ? undefined : leastFactors(asks);
  if (count === undefined) return asksWords(asks);
  return count === 1 ? 'one factor' : `${numbers[count]} factors`;
}

/** What the change comes to with what the user has. */
function effectOf(live: SignInView, next: SignInView): DeltaEffect | undefined {
  const [could, can] = [getsIn(live), getsIn(next)];
  if (could && !can) {
    const why = denialText(next);
    return { kind: 'shut_out', one: `can't get in any more: ${why}`, many: `can't get in any more: ${why}` };
  }
  if (!could && can)
    return { kind: 'let_in', one: "gets in, and couldn't before", many: "get in, and couldn't before" };
  if (!can) return undefined;
  const enroll = newOnes(toEnroll(live.steps), toEnroll(next.steps));
  if (enroll.length > 0) return mustEnroll(enroll.join(' and '), next.factors);
  const fields = newOnes(toFillIn(live.steps), toFillIn(next.steps)).join(', ');
  if (fields === '') return undefined;
  return { kind: 'must_fill_in', one: `must fill in ${fields}`, many: `must fill in ${fields}` };
}

function mustEnroll(enroll: string, factors: number): DeltaEffect {
  const kind = 'must_enroll';
  if (factors > 1) return { kind, one: `must set up ${enroll} first`, many: `must set up ${enroll} first`, enroll };
  return { kind, one: 'has no second factor yet', many: 'have no second factor yet', enroll };
}

function newOnes(before: readonly string[], after: readonly string[]): readonly string[] {
  return after.filter((one) => !before.includes(one));
}

/** What must be enrolled, and may not be skipped. */
function toEnroll(steps: readonly SimulatedStep[]): readonly string[] {
  return steps.flatMap((step) =>
    step.kind === 'enroll' && step.skippable === undefined
      ? [
          [...new Set([step.authenticator, ...step.alternatives.map(({ authenticator }) => authenticator)])].join(
            ' or ',
          ),
        ]
      : [],
  );
}

function toFillIn(steps: readonly SimulatedStep[]): readonly string[] {
  return steps.flatMap((step) => (step.kind === 'profile' ? step.required : []));
}

/** The rules ask for the same, and something else on the way differs. */
function stepsDelta(sides: Sides): readonly Delta[] {
  const { live, next } = sides;
  if (live.asks === 'denied' || next.asks === 'denied') return [];
  const [before, after] = [askedParts(live), askedParts(next)];
  if (before.join() === after.join()) return [];
  const gone = newOnes(after, before);
  const added = newOnes(before, after);
  const effect = effectOf(live, next);
  const said = (view: SignInView, parts: readonly string[]) => (getsIn(view) ? parts.join('; then ') : 'denied');
  return [
    {
      kind: 'steps',
      headline: effectHeadline(effect) ?? stepsHeadline(gone, added),
      ...saidBy(sides, ['app', 'session', 'enrollment', 'profile'], [said(live, gone), said(next, added)]),
      ...(effect && { effect }),
    },
  ];
}

function effectHeadline(effect: DeltaEffect | undefined): string | undefined {
  return effect?.enroll === undefined ? effect?.many : `must set up ${effect.enroll}`;
}

function stepsHeadline(gone: readonly string[], added: readonly string[]): string {
  if (gone.length === 0 && added.length === 0) return 'the same is asked in another order';
  const more = added.length > 0 ? `asked for ${added.join('; then ')}` : '';
  const less = gone.length > 0 ? `${more ? 'instead of' : 'no longer asked for'} ${gone.join('; then ')}` : '';
  return [more, less].filter((part) => part !== '').join(' ');
}

function acrDelta(sides: Sides): readonly Delta[] {
  const { live, next } = sides;
  if (!getsIn(live) || !getsIn(next)) return [];
  const [from, to] = [acrOf(live.steps), acrOf(next.steps)];
  if (from === to) return [];
  return [{ kind: 'acr', headline: `tokens say ${to} instead of ${from}`, ...saidBy(sides, [], [from, to]) }];
}

function acrOf(steps: readonly SimulatedStep[]): string {
  const last = steps.at(-1);
  return last?.kind === 'complete' && last.acr !== undefined ? `acr ${last.acr}` : 'no acr';
}

/** Only what differs. */
function lifetimeDelta(sides: Sides): readonly Delta[] {
  const { live, next } = sides;
  const changed = next.lifetimes.flatMap(({ what, length: to, by }) => {
    const from = live.lifetimes.find((one) => one.what === what)?.length;
    return from === undefined || from === to ? [] : [{ what, from, to, by }];
  });
  if (changed.length === 0) return [];
  const said = (side: 'from' | 'to') => changed.map((one) => `${one.what} ${one[side]}`).join(', ');
  return [
    {
      kind: 'session',
      headline: changed.map(({ what, from, to }) => `${what} ${to} (${from} before)`).join(', '),
      before: { words: said('from'), rules: rulesBy(live, changed) },
      after: { words: said('to'), rules: rulesBy(next, changed) },
    },
  ];
}

function rulesBy({ rules }: SignInView, changed: readonly Pick<SessionLength, 'by'>[]): AskedThere['rules'] {
  const policies = [...new Set(changed.map(({ by }) => by))];
  return policies.flatMap((policy) => {
    const { name, file, line } = rules[policy] ?? {};
    return name === undefined || file === undefined || line === undefined ? [] : [{ name, file, line }];
  });
}

function recoveryDelta(sides: Sides): Delta {
  const [from, to] = [asksWords(sides.live.recovery), asksWords(sides.next.recovery)];
  return { kind: 'recovery', headline: recoveryHeadline(from, to), ...saidBy(sides, ['recovery'], [from, to]) };
}

function recoveryHeadline(from: string, to: string): string {
  if (to === 'denied') return 'a forgotten password can no longer be replaced by its user';
  return from === 'denied'
    ? `a forgotten password can be replaced, by "${to}"`
    : `a forgotten password takes "${to}" instead of "${from}"`;
}
