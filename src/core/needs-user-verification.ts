/** Must an authenticator verify its user, or is presence enough? */
import type { PolicySet } from './compile.ts';
import { evaluate } from './evaluate.ts';
import type { Decision, Facts } from './model.ts';
import { presenceOnly } from './presence-only.ts';

/**
 * True if proving (or enrolling) this authenticator is asked for, and would not be if it showed presence only: then nothing less makes
 * progress. Whether the account is active makes no difference, because it must not show before something is proved.
 */
export function needsUserVerification(
  policies: PolicySet,
  facts: Facts,
  { purpose, authenticator: key }: { readonly purpose: 'challenge' | 'enroll'; readonly authenticator: string },
): boolean {
  const traits = policies.authenticators.find((one) => one.key === key);
  if (!traits?.characteristics.includes('userVerification')) return false;
  const active: Facts = facts.subject ? { ...facts, subject: { ...facts.subject, status: 'active' } } : facts;
  const without = purpose === 'enroll' ? withoutVerification(policies, key) : { ...policies, presenceOnly: key };
  return isAskedFor(evaluate(policies, active), key) && !isAskedFor(evaluate(without, active), key);
}

/** The policies as they would be if this authenticator could not verify its user. */
export function withoutVerification(policies: PolicySet, key: string): PolicySet {
  const authenticators = policies.authenticators.map((one) => (one.key === key ? presenceOnly(one) : one));
  return { ...policies, authenticators };
}

function isAskedFor(decision: Decision, key: string): boolean {
  if (decision.kind === 'challenge') {
    return decision.withheld === undefined && decision.options.some(({ authenticator }) => authenticator === key);
  }
  return decision.kind === 'enroll' && decision.choices.includes(key);
}
