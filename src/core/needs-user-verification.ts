/** Must an authenticator verify its user, or is its presence enough? */
import type { PolicySet } from './compile.ts';
import { evaluate } from './evaluate.ts';
import type { AuthenticatorTraits, Decision, Facts } from './model.ts';

/** What can be shown with and without user verification, of an authenticator or an enrollment. */
type Abilities = Pick<AuthenticatorTraits, 'factors' | 'characteristics'>;

/**
 * True if proving (or enrolling) this authenticator would not be asked for if it could not verify its user, or if that is asked for
 * although it was proved without already: then nothing less makes progress.
 */
export function needsUserVerification(
  policies: PolicySet,
  facts: Facts,
  { purpose, authenticator: key }: { readonly purpose: 'challenge' | 'enroll'; readonly authenticator: string },
): boolean {
  const { subject, transaction } = facts;
  if (!isAbleTo(policies, key) || subject === undefined) return false;
  if (purpose === 'enroll') return !isAskedFor(evaluate(withoutVerification(policies, key), facts), key);
  const isShownWithout = facts.evidence.some(
    (evidence) =>
      evidence.authenticator === key &&
      evidence.transaction === transaction?.id &&
      !evidence.characteristics.includes('userVerification'),
  );
  const enrollments = subject.enrollments.map((one) => (one.authenticator === key ? presenceOnly(one) : one));
  return isShownWithout || !isAskedFor(evaluate(policies, { ...facts, subject: { ...subject, enrollments } }), key);
}

/** The policies as they would be if this authenticator could not verify its user. */
export function withoutVerification(policies: PolicySet, key: string): PolicySet {
  const authenticators = policies.authenticators.map((one) => (one.key === key ? presenceOnly(one) : one));
  return { ...policies, authenticators };
}

function isAbleTo({ authenticators }: PolicySet, key: string): boolean {
  return authenticators.some((one) => one.key === key && one.characteristics.includes('userVerification'));
}

function presenceOnly<One extends Abilities>(one: One): One {
  if (!one.characteristics.includes('userVerification')) return one;
  return {
    ...one,
    factors: one.factors.filter((factor) => factor === 'possession'),
    characteristics: one.characteristics.filter((characteristic) => characteristic !== 'userVerification'),
  };
}

function isAskedFor(decision: Decision, key: string): boolean {
  if (decision.kind === 'challenge') return decision.options.some(({ authenticator }) => authenticator === key);
  return decision.kind === 'enroll' && decision.choices.includes(key);
}
