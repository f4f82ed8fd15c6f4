/** Summarises what a sign-in asks for. */
import type { AskedInAll, WayIn } from '../../../core/analysis/simulation/asked-in-all.ts';
import type { SimulatedStep } from '../../../core/analysis/simulation/simulated-answers.ts';
import { denialText, letInWithText } from '../../explain/denial-text.ts';
import { skippableText } from '../../explain/enrollment-text.ts';
import { keepText, profileText } from '../../explain/profile-text.ts';
import { conditionNamesText, pronounOf } from '../../explain/unanswered-conditions.ts';
import type { AskedSignIns, OtherUsers, Outcome } from './fresh-sign-ins.ts';
import { identityText } from './identities.ts';
import { proofSetsText } from './proof-sets-text.ts';
import { withoutRepeatedPlaces } from './zones-together.ts';

/** The relevant parts of a sign-in. */
type SignIn = Pick<Outcome, 'steps' | 'asked' | 'dependsOn' | 'others'>;

/** The user gets in: in the simulated way, or in another one. */
export function getsIn(signIn: Pick<SignIn, 'steps' | 'asked'>): boolean {
  return signIn.steps.at(-1)?.kind === 'complete' || signIn.asked !== undefined;
}

/**
 * For example `webauthn, or password + totp; then consent`, or `denied`, followed by what it depends on, and by what is
 * asked of others.
 */
export function askedText(signIn: Omit<SignIn, 'steps'>): string {
  return `${ownText(signIn)}${othersText(signIn, ownText)}`;
}

function ownText({ asked, dependsOn }: Pick<SignIn, 'asked' | 'dependsOn'>): string {
  const words = joinedParts(askedParts({ asked }));
  return dependsOn.length === 0 ? words : `${words} (depends on ${dependsOnText(dependsOn)})`;
}

/** For example `device, time and last sign-in`. */
function dependsOnText(dependsOn: SignIn['dependsOn']): string {
  const names = dependsOn.map((name) => (name === 'lastSignIn' ? 'last sign-in' : name));
  return [names.slice(0, -1).join(', '), ...names.slice(-1)].filter((part) => part !== '').join(' and ');
}

/** The most users to name as examples. */
const mostNamed = 3;

/** For example ` (ann@corp.test: denied)`. Of users of whom the same is asked, one is named. */
function othersText({ others }: Pick<SignIn, 'others'>, textOf: (outcome: OtherUsers['outcome']) => string): string {
  const byText = Map.groupBy(others, ({ outcome }) => textOf(outcome));
  const words = [...byText].flatMap(([text, [first]]) => (first ? [`${identityText(first.identity)}: ${text}`] : []));
  const more = words.length > mostNamed ? [`${words.length - mostNamed} more`] : [];
  return words.length === 0 ? '' : ` (${[...words.slice(0, mostNamed), ...more].join('; ')})`;
}

/**
 * All proofs as one part, and one part for each step after them. Steps that follow only some of the proofs stand with
 * these, as in `totp, or password (then replace password)`.
 */
export function askedParts({ asked }: Pick<SignIn, 'asked'>): readonly string[] {
  if (asked === undefined) return ['denied'];
  const ways = partsByWay(asked, stepParts);
  const shared = sharedEnd(ways.map(({ parts }) => parts));
  return [proofsText(asked, ways, shared.length), ...shared].filter((part) => part !== '');
}

/** Sets of proofs, and the parts that follow them. */
export interface WayInParts {
  readonly sets: WayIn['sets'];
  readonly parts: readonly string[];
}

/** The sets by the words of what follows. */
export function partsByWay({ ways }: AskedInAll, partsOf: typeof stepParts): readonly WayInParts[] {
  const all = ways.map(({ sets, after }) => ({ sets, parts: withoutRepeats(partsOf(after)) }));
  return [...Map.groupBy(all, ({ parts }) => JSON.stringify(parts)).values()].flatMap((alike) =>
    alike[0] ? [{ sets: alike.flatMap(({ sets }) => sets), parts: alike[0].parts }] : [],
  );
}

function withoutRepeats(parts: readonly string[]): readonly string[] {
  return parts.filter((part, index) => part !== parts[index - 1] || part.startsWith(enrolling));
}

function sharedEnd([first = [], ...others]: readonly (readonly string[])[]): readonly string[] {
  const isShared = (fromEnd: number) => others.every((parts) => parts.at(-fromEnd) === first.at(-fromEnd));
  let count = 0;
  while (count < first.length && isShared(count + 1)) count += 1;
  return first.slice(first.length - count);
}

/** `shared`: how many of the parts follow all sets. */
function proofsText({ proofs }: AskedInAll, ways: readonly WayInParts[], shared: number): string {
  if (ways.length === 1) return proofSetsText(proofs);
  const simplestFirst = ways.toSorted((one, other) => one.parts.length - other.parts.length);
  const words = simplestFirst.map(({ sets, parts }) => {
    const own = parts.slice(0, parts.length - shared);
    const set = proofSetsText({ sets, isComplete: true });
    return own.length === 0 ? set : `${set} (then ${joinedParts(own)})`;
  });
  return [...words, ...(proofs.isComplete ? [] : ['others'])].join(', or ');
}

/** For example `password; then enroll 2 of totp or webauthn`. */
export function joinedParts(parts: readonly string[]): string {
  const runs: { readonly part: string; count: number }[] = [];
  for (const part of parts) {
    const last = runs.at(-1);
    if (last?.part === part) last.count += 1;
    else runs.push({ part, count: 1 });
  }
  const words = runs.map(({ part, count }) =>
    count === 1 ? part : part.replace(enrolling, `${enrolling}${count} of `),
  );
  return words.join('; then ');
}

/** Why the user does not get in. Empty if the user does. */
export function exclusionText(signIn: Pick<SignIn, 'steps' | 'asked'>): string {
  if (getsIn(signIn)) return '';
  const last = signIn.steps.at(-1);
  return last?.kind === 'denied' ? denialText(last) : 'nothing is enrolled that could be proved';
}

/** What is asked, and why the user does not get in all the same. */
export function reasonedText(signIn: SignIn): string {
  return `${ownReasonedText(signIn)}${othersText(signIn, ownReasonedText)}`;
}

function ownReasonedText(signIn: Omit<SignIn, 'others'>): string {
  const why = exclusionText(signIn);
  return why === '' ? ownText(signIn) : `${ownText(signIn)}: ${why}`;
}

const enrolling = 'enroll ';

/** Steps after the proofs, one part each. */
export function stepParts(steps: readonly SimulatedStep[]): readonly string[] {
  return steps.flatMap(stepText);
}

/** As `stepParts`, with the authenticators of further proofs, in whatever order they are offered. */
export function stepPartsByName(steps: readonly SimulatedStep[]): readonly string[] {
  return steps.flatMap((step) => {
    if (step.kind !== 'challenge') return stepText(step);
    const names = new Set([step, ...step.alternatives].map(({ authenticator }) => authenticator));
    return [`further proof by ${[...names].sort().join(' or ')}${skippableText(step.skippable)}`];
  });
}

/** A step after the proofs. A choice is skipped, because the next step names its options. */
function stepText(step: SimulatedStep): readonly string[] {
  switch (step.kind) {
    case 'challenge':
      // The remaining proofs depend on those that the user has given.
      return [`further proof${skippableText(step.skippable)}`];
    case 'enroll': {
      if (step.replacementReason) return [`replace ${step.authenticator}`];
      const others = step.alternatives.map(({ authenticator }) => authenticator);
      const words = [...new Set([step.authenticator, ...others])].join(' or ');
      return [`${enrolling}${words}${skippableText(step.skippable)}`];
    }
    case 'profile':
      return [`fill in ${profileText(step)}`];
    case 'consent':
      return ['consent'];
    case 'keep_account':
      return [keepText(step.dueAt)];
    case 'complete':
      return step.keptPassword ? [letInWithText(step.keptPassword)] : [];
    case 'identify':
    case 'select':
    case 'denied':
      return [];
  }
}

export interface SameOutcome {
  /** `everywhere`, or the zones. */
  readonly where: string;
  readonly outcome: Outcome;
}

/** Groups zones with the same words. */
export function byOutcome(outcomes: readonly Outcome[], words: (outcome: Outcome) => string): readonly SameOutcome[] {
  const told = withoutRepeatedPlaces(outcomes, words);
  const groups = Map.groupBy(told, words);
  return [...groups.values()].flatMap((same) => {
    const [outcome] = same;
    const where = same.length === told.length ? 'everywhere' : same.map(({ zone }) => zone).join(', ');
    return outcome ? [{ where, outcome }] : [];
  });
}

/** One line that says that not all places in several zones were examined. Empty if they were. */
export function placesLeftText({ placesLeft }: Pick<AskedSignIns, 'placesLeft'>): string {
  return placesLeft === 0 ? '' : `\n${placesLeft} more places in several zones at once are not examined.\n`;
}

/** One line that lists what else the rules ask about. Empty if there is nothing else. */
export function leftAsideText(names: readonly string[]): string {
  if (names.length === 0) return '';
  const pronoun = pronounOf(names);
  return `\nRules also ask about ${conditionNamesText(names)}. This is about sign-ins without ${pronoun}; \`explain\` takes ${pronoun} as options.\n`;
}

/** One line each that says who the made-up user is, and when they last signed in. Empty if no rule asks. */
export function plainUserText({
  asksWho,
  asksWhen,
  plain,
}: Pick<AskedSignIns, 'asksWho' | 'asksWhen' | 'plain'>): string {
  const who = asksWho
    ? `\nRules also ask who the user is. This is about ${identityText(plain)}; in brackets are examples of others of whom something else is asked.\n`
    : '';
  const when = asksWhen
    ? '\nRules also ask when the user last signed in. This is about a user who never has; where something else is asked of others, it says that it depends on the last sign-in.\n'
    : '';
  return `${who}${when}`;
}

/** An outcome as data for scripts. */
export function outcomeData(outcome: Outcome): object {
  const { zone, others } = outcome;
  const ofOthers = others.map(({ identity, outcome: ofOther }) => ({ user: identity, ...userOutcomeData(ofOther) }));
  return {
    zone,
    ...userOutcomeData(outcome),
    asked: askedText(outcome),
    ...(ofOthers.length > 0 && { others: ofOthers }),
  };
}

function userOutcomeData(outcome: OtherUsers['outcome']): object {
  const { steps, asked, dependsOn, rule } = outcome;
  return { getsIn: getsIn(outcome), asked: ownText(outcome), proofs: asked?.proofs, dependsOn, rule, steps };
}
