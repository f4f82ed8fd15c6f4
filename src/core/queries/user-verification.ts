/** Whether an authenticator must verify its user, or presence is enough. */

import { evaluate } from '../decision/evaluate.ts';
import { presenceOnly } from '../evidence/presence-only.ts';
import type { Decision } from '../model/decision.ts';
import type { AuthenticatorDescriptor, Facts } from '../model/facts.ts';
import type { PolicySet } from '../policy/rules/compile.ts';

/**
 * True if the decision asks to prove (or enroll) this authenticator, and would not if it showed presence only: then
 * nothing less makes progress. The status of the account makes no difference, because it must not show before something
 * is proved.
 */
export function needsUserVerification(
  policies: PolicySet,
  facts: Facts,
  { purpose, authenticator: key }: { readonly purpose: 'challenge' | 'enroll'; readonly authenticator: string },
): boolean {
  const descriptor = policies.authenticators.find((authenticator) => authenticator.key === key);
  if (!descriptor?.characteristics.includes('userVerification')) return false;
  const active = asActive(facts);
  const without = purpose === 'enroll' ? withoutVerification(policies, key) : { ...policies, presenceOnly: key };
  return isAskedFor(evaluate(policies, active), key) && !isAskedFor(evaluate(without, active), key);
}

/** The policies as if this authenticator could not verify its user. */
export function withoutVerification(policies: PolicySet, key: string): PolicySet {
  return withDescriptor(policies, key, presenceOnly);
}

/** The policies as if this authenticator had another descriptor. */
export function withDescriptor(
  policies: PolicySet,
  key: string,
  change: (descriptor: AuthenticatorDescriptor) => AuthenticatorDescriptor,
): PolicySet {
  const authenticators = policies.authenticators.map((descriptor) =>
    descriptor.key === key ? change(descriptor) : descriptor,
  );
  return { ...policies, authenticators };
}

/** The facts as if the account were active. */
export function asActive(facts: Facts): Facts {
  return facts.subject ? { ...facts, subject: { ...facts.subject, status: 'active' } } : facts;
}

/** Whether the decision asks to prove or enroll this authenticator. */
export function isAskedFor(decision: Decision, key: string): boolean {
  if (decision.kind === 'challenge') {
    return decision.withheld === undefined && decision.options.some(({ authenticator }) => authenticator === key);
  }
  return decision.kind === 'enroll' && decision.choices.includes(key);
}
