/** What a browser that remembers a second factor is asked for, and what a change makes of it. */
import { type RulesInEffect, rulesInEffect } from '../../../../core/analysis/proofs/rules-in-effect.ts';
import type { AskedInAll } from '../../../../core/analysis/simulation/asked-in-all.ts';
import { waivedProofs, withEverything } from '../../../../core/analysis/simulation/waived-proofs.ts';
import type { Facts, Seconds } from '../../../../core/model/facts.ts';
import type { Rule } from '../../../../core/model/policy.ts';
import type { PolicySet } from '../../../../core/policy/rules/compile.ts';
import { durationText } from '../../../../policy/model/duration-text.ts';

/** Of a sign-in whose rule lets the browser remember the second factor. */
export interface RememberedSecondFactor {
  readonly seconds: Seconds;
  /** Whether it is waived for a user who has what the rules ask for, so that the page offers to remember it. */
  readonly isWaived: boolean;
  /** The user lacks what the rules ask for. */
  readonly mustSetUp: boolean;
  /** Proofs of what the user has that waive it. */
  readonly own: readonly string[];
  /** The rules say the same in the next sign-in with this browser, which is a known one then. */
  readonly isSameOnceKnown: boolean;
}

/** What is found out about a sign-in for other comparisons, too. */
interface SignInInEffect {
  readonly rules: RulesInEffect;
  readonly asked: () => AskedInAll | undefined;
}

/** Undefined: the rule that decides lets no browser remember anything, or the user is denied. */
export function rememberedSecondFactor(
  policies: PolicySet,
  facts: Facts,
  { rules: { asks, app, session }, asked }: SignInInEffect,
): RememberedSecondFactor | undefined {
  const seconds = app?.then.kind === 'allow' ? app.then.remember : undefined;
  if (seconds === undefined || asks === 'denied') return undefined;
  const own = waivedProofs(policies, facts);
  // A user who lacks something sets it up first, and the browser may remember that.
  const hasEnough = () => asked()?.proofs.sets.some((set) => set.every(({ toEnroll }) => !toEnroll)) === true;
  const { risk: _, ...usual } = facts;
  const later = rulesInEffect(policies, { ...usual, device: { ...facts.device, known: true } });
  const mustSetUp = own.length === 0 && !hasEnough();
  return {
    seconds,
    own,
    isWaived: own.length > 0 || (mustSetUp && waivedProofs(policies, withEverything(policies, facts)).length > 0),
    mustSetUp,
    isSameOnceKnown: isSame(later.app, app) && isSame(later.session, session),
  };
}

function isSame(rule: Rule | undefined, other: Rule | undefined): boolean {
  return JSON.stringify(rule?.then) === JSON.stringify(other?.then);
}

/** The difference in browsers that remember a second factor, in words. */
interface RememberedDifference {
  readonly headline: string;
  readonly words: readonly [string, string];
}

/** How long browsers remember it under each configuration, in words. Undefined: the difference is told otherwise. */
export function rememberedLengths(
  active: RememberedSecondFactor | undefined,
  next: RememberedSecondFactor | undefined,
): readonly [string, string] | undefined {
  const isOther = active !== undefined && next !== undefined && active.isWaived !== next.isWaived;
  if (isOther && (rememberedDifference(active, next) !== undefined || isFromSetUp(active, next))) return undefined;
  return [lengthText(active), lengthText(next)];
}

function lengthText(remembered: RememberedSecondFactor | undefined): string {
  return remembered?.isWaived ? `remembered for ${durationText(remembered.seconds)}` : 'not remembered';
}

/** Whether it is waived after a set-up alone that only one of them asks for, so that the set-up is what is told. */
function isFromSetUp(active: RememberedSecondFactor, next: RememberedSecondFactor): boolean {
  const [waived, other] = active.isWaived ? [active, next] : [next, active];
  return waived.mustSetUp && !other.mustSetUp;
}

/** Undefined: there is none, or that browsers may remember a second factor is itself what changes. */
export function rememberedDifference(
  active: RememberedSecondFactor | undefined,
  next: RememberedSecondFactor | undefined,
): RememberedDifference | undefined {
  if (!active?.isSameOnceKnown || !next?.isSameOnceKnown) return undefined;
  const isOther = active.isWaived !== next.isWaived;
  if (isOther && isFromSetUp(active, next)) return undefined;
  const [gone, added] = isOther
    ? [active.isWaived ? 'it' : '', next.isWaived ? 'it' : '']
    : [newNames(next, active), newNames(active, next)];
  if (gone === '' && added === '') return undefined;
  const headline = [wordsOf(added, 'no longer asked for'), wordsOf(gone, 'asked for even')].filter(Boolean).join('; ');
  return { headline, words: [stateOf(gone, added), stateOf(added, gone)] };
}

function newNames({ own: known }: RememberedSecondFactor, { own }: RememberedSecondFactor): string {
  return own.filter((name) => !known.includes(name)).join(' or ');
}

function stateOf(waived: string, asked: string): string {
  return [wordsOf(waived, 'not asked for'), wordsOf(asked, 'asked for even')].filter(Boolean).join('; ');
}

function wordsOf(names: string, how: string): string {
  return names === '' ? '' : `the second factor is ${how} where the browser remembers ${names}`;
}
