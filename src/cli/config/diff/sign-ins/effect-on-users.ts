/** The effect of a change on users, given what they have. */
import { leastFactors } from '../../../../core/analysis/proofs/rules-in-effect.ts';
import { exclusionText, getsIn } from '../../questions/asked-text.ts';
import type { EffectKind } from '../compared/configuration-changes.ts';
import type { SignInContent } from '../compared/sign-in-content.ts';
import { choicesText, setUpChange } from './set-up.ts';

/** An effect, in words that follow "1 of them " or "37 of them ". */
export interface EffectOnUsers {
  readonly kind: EffectKind;
  readonly one: string;
  readonly many: string;
  /** What they would have to enroll. */
  readonly enroll?: string;
  /** The missing authenticator is a second factor, so the text may say who has none. */
  readonly isSecondFactor?: true;
}

export function effectOf(active: SignInContent, next: SignInContent): EffectOnUsers | undefined {
  const [could, can] = [getsIn(active), getsIn(next)];
  if (could && !can) return plainEffect('locked_out', `can't get in any more: ${exclusionText(next)}`);
  if (active.asks === 'denied' && next.asks !== 'denied') return effectsOfLettingIn(next)[0];
  if (!could && can) return plainEffect('let_in', "can get in, and couldn't before");
  if (!can) return undefined;
  return demandsOf(active.least, next)[0];
}

/** On users whom a rule denied before, so that nothing was required of them. */
export function effectsOfLettingIn(next: SignInContent): readonly EffectOnUsers[] {
  return getsIn(next)
    ? demandsOf([{ steps: [], setUps: [[]] }], next)
    : [plainEffect('kept_out', `still can't get in: ${exclusionText(next)}`)];
}

/** What is newly required of users who get in. */
function demandsOf(before: SignInContent['least'], next: SignInContent): readonly EffectOnUsers[] {
  const { added } = setUpChange(before, next.least);
  const setUp = added.length > 0 ? [mustEnroll(choicesText(added), isWithoutSecondFactor(next))] : [];
  const fillIn = mustFillIn(before, next.least);
  return [...setUp, ...(fillIn ? [fillIn] : [])];
}

/** In whichever way the user signs in: what must be filled in, and need not be before in one of them. */
export function fillInEffect(active: SignInContent, next: SignInContent): EffectOnUsers | undefined {
  return mustFillIn(active.least, next.least);
}

function mustFillIn(before: SignInContent['least'], after: SignInContent['least']): EffectOnUsers | undefined {
  const known = toFillIn(before);
  const fields = toFillIn(after).filter((field) => !known.includes(field));
  return fields.length === 0 ? undefined : plainEffect('must_fill_in', `must fill in ${fields.join(', ')}`);
}

function plainEffect(kind: EffectKind, words: string): EffectOnUsers {
  return { kind, one: words, many: words };
}

function mustEnroll(enroll: string, isSecondFactor: boolean): EffectOnUsers {
  if (!isSecondFactor) return { ...plainEffect('must_enroll', `must set up ${enroll} first`), enroll };
  const kind = 'must_enroll';
  return { kind, one: 'has no second factor yet', many: 'have no second factor yet', enroll, isSecondFactor };
}

/** The rules ask for at least two factor types, and the user has one. */
export function isWithoutSecondFactor({ asks, factors }: SignInContent): boolean {
  return asks !== 'denied' && (leastFactors(asks) ?? 1) > 1 && factors < 2;
}

/** In each way. */
function toFillIn(ways: SignInContent['least']): readonly string[] {
  const [first = [], ...others] = ways.map(({ steps }) =>
    steps.flatMap((step) => (step.kind === 'profile' ? step.required : [])),
  );
  return first.filter((field) => others.every((fields) => fields.includes(field)));
}
