/** Must an authenticator verify its user, or is presence enough? */

import { evaluate } from '../decision/evaluate.ts';
import { presenceOnly } from '../evidence/presence-only.ts';
import type { Decision } from '../model/decision.ts';
import type { AuthenticatorDescriptor, Facts } from '../model/facts.ts';
import type { PolicySet } from '../policy/compile.ts';

/**
 * True if proving (or enrolling) this authenticator is asked for, and would not be if it showed presence only: then
 * nothing less makes progress. Whether the account is active makes no difference, because it must not show before
 * something is proved.
 */
export function needsUserVerification(
  policies: PolicySet,
  facts: Facts,
  { purpose, authenticator: key }: { readonly purpose: 'challenge' | 'enroll'; readonly authenticator: string },
): boolean {
  const descriptor = policies.authenticators.find((one) => one.key === key);
  if (!descriptor?.characteristics.includes('userVerification')) return false;
  const active = whateverStatus(facts);
  const without = purpose === 'enroll' ? withoutVerification(policies, key) : { ...policies, presenceOnly: key };
  return isAskedFor(evaluate(policies, active), key) && !isAskedFor(evaluate(without, active), key);
}

/** The policies as they would be if this authenticator could not verify its user. */
export function withoutVerification(policies: PolicySet, key: string): PolicySet {
  return withDescriptor(policies, key, presenceOnly);
}

/** The policies as they would be if this authenticator were another one. */
export function withDescriptor(
  policies: PolicySet,
  key: string,
  change: (descriptor: AuthenticatorDescriptor) => AuthenticatorDescriptor,
): PolicySet {
  const authenticators = policies.authenticators.map((one) => (one.key === key ? change(one) : one));
  return { ...policies, authenticators };
}

/** The facts of somebody whose account is active. */
export function whateverStatus(facts: Facts): Facts {
  return facts.subject ? { ...facts, subject: { ...facts.subject, status: 'active' } } : facts;
}

/** To be proved, or to be enrolled. */
export function isAskedFor(decision: Decision, key: string): boolean {
  if (decision.kind === 'challenge') {
    return decision.withheld === undefined && decision.options.some(({ authenticator }) => authenticator === key);
  }
  return decision.kind === 'enroll' && decision.choices.includes(key);
}
