/** Finds the rules of the account policy and of the enrollment policy without which a sign-in would not be denied. */
import type { EnrollmentRule } from '../../model/enrollment-policy.ts';
import type { Rule } from '../../model/policy.ts';
import { compileAccountPolicy } from '../../policy/account-policy.ts';
import { compilePolicy, type PolicySet } from '../../policy/compile.ts';
import { findRule } from '../../policy/rules.ts';
import type { UserFacts } from '../../policy/theory.ts';

/** The rules of the account policy that decide about adding an authenticator for these facts, each once. */
export function additionRules({ accountPolicy, authenticators }: PolicySet, facts: UserFacts): readonly Rule[] {
  if (accountPolicy === undefined) return [];
  const found = authenticators
    .filter(({ enrollable }) => enrollable)
    .map(({ key: of }) => findRule(accountPolicy.about({ action: 'add', of }), facts).rule);
  return accountPolicy.rules.filter((rule) => found.includes(rule));
}

/**
 * The fewest of these rules that must ask for one factor alone, so that the sign-in is not denied any more. Empty: not
 * even all of them together are the cause.
 */
export function accountCause(
  policies: PolicySet,
  rules: readonly Rule[],
  isDenied: (policies: PolicySet) => boolean,
): readonly Rule[] {
  const admits = (some: readonly Rule[]) => !isDenied(withOneFactor(policies, some));
  if (!admits(rules)) return [];
  const alone = rules.find((rule) => admits([rule]));
  if (alone) return [alone];
  return rules.reduceRight((kept, rule) => {
    const rest = kept.filter((one) => one !== rule);
    return admits(rest) ? rest : kept;
  }, rules);
}

/** Those of these rules of which each alone would be enough: only together they are the cause. */
export function enoughAlone(
  policies: PolicySet,
  rules: readonly Rule[],
  isDenied: (policies: PolicySet) => boolean,
): readonly Rule[] {
  return rules.filter((rule) => !isDenied(withOneFactor(policies, [rule])));
}

const oneFactor: Rule['then'] = { kind: 'allow', requirement: { anyOf: [{ factors: 1, demands: [] }] } };

/** Where these rules of the account policy decide, one factor is enough. */
function withOneFactor({ accountPolicy, ...others }: PolicySet, changed: readonly Rule[]): PolicySet {
  if (accountPolicy === undefined) return others;
  const rules = accountPolicy.rules.map((rule) => (changed.includes(rule) ? { ...rule, then: oneFactor } : rule));
  return { ...others, accountPolicy: compileAccountPolicy({ name: 'account', rules }) };
}

/** Where this rule of the enrollment policy decides, all may be used and enrolled, and nothing must be. */
export function withoutTerms({ enrollment, ...others }: PolicySet, free: EnrollmentRule): PolicySet {
  if (enrollment === undefined) return others;
  const then: EnrollmentRule['then'] = { required: [], optional: [], promoted: [], disabled: [] };
  const rules = enrollment.rules.map(({ rule }) => (rule === free ? { ...rule, then } : rule));
  return { ...others, enrollment: compilePolicy({ name: enrollment.name, rules }) };
}
