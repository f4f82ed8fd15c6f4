/** The rules that deny sign-ins which conditions describe, whatever the user proves. */
import type { Rule, RuleHead } from '../../model/policy.ts';
import type { CompiledPolicy } from '../../policy/rules/compile.ts';
import { findRule } from '../../policy/rules/rules.ts';
import { type Formula, negated, type UserFacts } from '../../policy/theories/theory.ts';
import { isSignInDenied } from '../simulation/simulated-outcome.ts';
import { type Deciding, deciding } from '../space/rule-combinations.ts';
import { inScope, mayHoldTogether, type SignInScope, shown } from '../space/sign-in-rules.ts';

export interface DenyingRule {
  readonly rule: RuleHead;
  /** A sign-in that it denies. Absent: none is known, although there may be one. */
  readonly facts?: UserFacts;
  /** One of its conditions cannot be evaluated, which denies, too (Law 4). */
  readonly isFailing?: true;
}

/** Rules that deny, and rules of any policy that are reached where a condition of theirs fails. */
export function denyingRules(scope: SignInScope): readonly DenyingRule[] {
  const { session, app, enrollment, profile } = scope.policies;
  const signInPolicies = [session, ...(app ? [app] : [])];
  const all: readonly (CompiledPolicy<RuleHead> | undefined)[] = [...signInPolicies, enrollment, profile];
  return [
    ...signInPolicies.flatMap((policy) =>
      deciding(policy, scope.space)
        .filter(({ rule }) => rule.then.kind === 'deny')
        .flatMap((denying) => refusal(denying, policy, scope)),
    ),
    ...all.flatMap((policy) => (policy ? failures(policy, scope) : [])),
  ];
}

function refusal(
  { rule, formulas }: Deciding<Rule>,
  policy: CompiledPolicy,
  scope: SignInScope,
): readonly DenyingRule[] {
  const all = [...inScope(scope), ...formulas];
  if (!mayHoldTogether(all, scope)) return [];
  const facts = shown(all, scope, (some) => findRule(policy, some).rule === rule);
  return [{ rule, ...(facts && { facts }) }];
}

const nothing: Formula = { any: [] };

function failures(policy: CompiledPolicy<RuleHead>, scope: SignInScope): readonly DenyingRule[] {
  const { space, policies } = scope;
  const everything = policies.authenticators.map(({ key }) => key);
  const each = policy.rules.map(({ rule }) => ({ rule, fails: space.fails(rule.when) }));
  // Where an opaque part fails, it has failed in an earlier rule with the same text.
  const passed = each.map(({ rule, fails }) => ({ all: [space.misses(rule.when), negated(fails ?? nothing)] }));
  return each.flatMap(({ rule, fails }, at): readonly DenyingRule[] => {
    if (fails === undefined) return [];
    const inside = [...inScope(scope), ...space.always];
    // What comes last is examined first: where the rule fails, little is left to find out about the rules above.
    if (!mayHoldTogether([...passed.slice(0, at), ...inside, fails], scope)) return [];
    const all = [...inside, fails, ...passed.slice(0, at)];
    const isDenied = (some: UserFacts) =>
      findRule(policy, some).failed === rule && isSignInDenied(policies, some, everything);
    const facts = shown(all, scope, isDenied);
    return [{ rule, isFailing: true, ...(facts && { facts }) }];
  });
}
