/** Finds the rules of the account policy and of the enrollment policy without which a sign-in would not be denied. */
import type { AccountRule } from '../../model/account-policy.ts';
import type { EnrollmentRule } from '../../model/enrollment-policy.ts';
import type { Rule } from '../../model/policy.ts';
import { compileAccountPolicy } from '../../policy/rules/account-policy.ts';
import { type CompiledAccountPolicy, compilePolicy, type PolicySet } from '../../policy/rules/compile.ts';
import { findRule } from '../../policy/rules/rules.ts';
import type { UserFacts } from '../../policy/theories/theory.ts';

/** The rules of the account policy that decide about adding an authenticator for these facts, each once. */
export function decidingAdditionRules({ accountPolicy, authenticators }: PolicySet, facts: UserFacts): readonly Rule[] {
  if (accountPolicy === undefined) return [];
  const found = authenticators
    .filter(({ enrollable }) => enrollable)
    .map(({ key: of }) => findRule(accountPolicy.about({ action: 'add', of }), facts).rule);
  return accountPolicy.rules.filter((rule) => found.includes(rule));
}

/**
 * The smallest set of these rules that would have to ask for one factor only, so that the sign-in is no longer denied.
 * Empty: changing all of them would not be enough.
 */
export function accountCause(
  policies: PolicySet,
  rules: readonly Rule[],
  isDenied: (policies: PolicySet) => boolean,
): readonly Rule[] {
  const admits = (some: readonly Rule[]) => !isDenied(withOneFactor(policies, some));
  if (!admits(rules)) return [];
  if (rules.length < 2) return rules;
  const alone = rules.find((rule) => admits([rule]));
  if (alone) return [alone];
  return rules.reduceRight((kept, rule) => {
    const rest = kept.filter((other) => other !== rule);
    return admits(rest) ? rest : kept;
  }, rules);
}

/** The rules that would each be enough on their own: they deny only together. */
export function enoughAlone(
  policies: PolicySet,
  rules: readonly Rule[],
  isDenied: (policies: PolicySet) => boolean,
): readonly Rule[] {
  return rules.filter((rule) => !isDenied(withOneFactor(policies, [rule])));
}

const oneFactor: Rule['then'] = { kind: 'allow', requirement: { anyOf: [{ factors: 1, demands: [] }] } };

/** The policies as if these rules of the account policy asked for one factor. */
function withOneFactor({ accountPolicy, ...others }: PolicySet, changed: readonly Rule[]): PolicySet {
  if (accountPolicy === undefined) return others;
  return { ...others, accountPolicy: changedPolicy(accountPolicy, changed) };
}

/** Cached by policy, and by the positions of its rules that are changed: the same rules are tried for many users. */
const changedPolicies = new WeakMap<CompiledAccountPolicy, Map<string, CompiledAccountPolicy>>();

function changedPolicy(policy: CompiledAccountPolicy, changed: readonly Rule[]): CompiledAccountPolicy {
  const known = changedPolicies.get(policy) ?? new Map<string, CompiledAccountPolicy>();
  changedPolicies.set(policy, known);
  const key = changed.map((rule) => policy.rules.indexOf(rule)).join();
  const made = known.get(key) ?? compileChanged(policy, changed);
  known.set(key, made);
  return made;
}

function compileChanged(policy: CompiledAccountPolicy, changed: readonly Rule[]): CompiledAccountPolicy {
  const made = compileAccountPolicy({ name: 'account', rules: withTerms(policy.rules, changed) });
  const isOtherwise = policy.rules.some((rule) => changed.includes(rule) && !isAboutAdditions(rule));
  return isOtherwise ? made : { ...made, apartFromAdditions: policy };
}

function isAboutAdditions({ change }: AccountRule): boolean {
  return change !== undefined && change.change === undefined && change.remove === undefined;
}

function withTerms(rules: readonly AccountRule[], changed: readonly Rule[]): readonly AccountRule[] {
  return rules.map((rule) => (changed.includes(rule) ? { ...rule, then: oneFactor } : rule));
}

/** The policies as if this rule of the enrollment policy allowed every authenticator and required none. */
export function withoutTerms({ enrollment, ...others }: PolicySet, free: EnrollmentRule): PolicySet {
  if (enrollment === undefined) return others;
  const then: EnrollmentRule['then'] = { required: [], optional: [], promoted: [], disabled: [] };
  const rules = enrollment.rules.map(({ rule }) => (rule === free ? { ...rule, then } : rule));
  return { ...others, enrollment: compilePolicy({ name: enrollment.name, rules }) };
}
