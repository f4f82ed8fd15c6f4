/**
 * How sign-ins of newcomers end: users with what a new account has. One walk answers for all facts for which the rules
 * ask for the same.
 */
import { rulesAfterAnySignIn } from '../../core/analysis/accounts/after-sign-in-rules.ts';
import { type SignInEnd, signInEnd } from '../../core/analysis/simulation/lock-outs.ts';
import type { PolicyCase } from '../../core/analysis/space/policy-cases.ts';
import type { PolicySet } from '../../core/policy/compile.ts';
import { findRule } from '../../core/policy/rules.ts';
import type { UserFacts } from '../../core/policy/theory.ts';

/** Outcomes by rules and keys: the same rules ask for the same. The facts select the rules of the account policy. */
const endsOf = new WeakMap<PolicySet, Map<string, SignInEnd>>();

/** The outcome for a user of the rule combination who has these authenticators. */
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
  // Rules ignore the past before the first proof, so that other rules may decide.
  const before = { ...facts, evidence: [] };
  const first = [policies.session, policies.app].map((policy) => policy && findRule(policy, before).rule?.then);
  const after = rulesAfterAnySignIn(policies, facts).map(({ when, then }) => [when, then]);
  return JSON.stringify([session.then, app.then, enrollment?.then, first, after]);
}
