/** How sign-ins of newcomers end. Each is walked once for all facts in which the rules ask for the same. */
import { rulesAfterAnySignIn } from '../../core/analysis/accounts/after-sign-in-rules.ts';
import { type SignInEnd, signInEnd } from '../../core/analysis/simulation/lock-outs.ts';
import type { PolicyCase } from '../../core/analysis/space/policy-cases.ts';
import type { PolicySet } from '../../core/policy/compile.ts';
import { findRule } from '../../core/policy/rules.ts';
import type { UserFacts } from '../../core/policy/theory.ts';

/** Answers by rules and keys: the same rules ask for the same. Those of the account policy are found by the facts. */
const endsOf = new WeakMap<PolicySet, Map<string, SignInEnd>>();

/** The end of a user of the case who has these authenticators. */
export function newcomerOutcome(one: PolicyCase, policies: PolicySet, keys: readonly string[]): SignInEnd {
  const ends = endsOf.get(policies) ?? new Map<string, SignInEnd>();
  endsOf.set(policies, ends);
  const governing = policies.authenticators.map(({ key: of }) => {
    return (
      policies.accountPolicy && findRule(policies.accountPolicy.about({ action: 'add', of }), one.facts).rule?.then
    );
  });
  const key = JSON.stringify([keys, governing, termsKey(one, one.facts, policies)]);
  const end = ends.get(key) ?? signInEnd(policies, one.facts, keys);
  ends.set(key, end);
  return end;
}

/** What the rules of the case, and of the enrollment policy after the sign-in, ask for in these facts. */
export function termsKey({ session, app, enrollment }: PolicyCase, facts: UserFacts, policies: PolicySet): string {
  // Before the first proof the past does not count, and other rules may decide.
  const before = { ...facts, evidence: [] };
  const first = [policies.session, policies.app].map((policy) => policy && findRule(policy, before).rule?.then);
  const after = rulesAfterAnySignIn(policies, facts).map(({ when, then }) => [when, then]);
  return JSON.stringify([session.then, app.then, enrollment?.then, first, after]);
}
