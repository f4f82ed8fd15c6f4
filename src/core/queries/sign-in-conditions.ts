/** The conditions that decide about sign-ins to an app. */
import type { ConditionSet } from '../model/conditions.ts';
import type { RuleHead } from '../model/policy.ts';
import type { PolicySet } from '../policy/rules/compile.ts';
import { conditionSets } from '../policy/rules/condition-table.ts';

/** The members of a policy set that have rules. */
type PolicyKind = {
  readonly [Key in keyof PolicySet]-?: NonNullable<PolicySet[Key]> extends { readonly rules: readonly unknown[] }
    ? Key
    : never;
}[keyof PolicySet];

/** What evaluates the rules of a policy. A new kind of policy does not compile without a line here. */
const evaluatedIn: Readonly<Record<PolicyKind, 'sign-in' | 'recovery'>> = {
  session: 'sign-in',
  app: 'sign-in',
  enrollment: 'sign-in',
  profile: 'sign-in',
  password: 'sign-in',
  accountPolicy: 'sign-in',
  recovery: 'recovery',
};

const allKinds = Object.keys(evaluatedIn) as readonly PolicyKind[];
const signInKinds = allKinds.filter((kind) => evaluatedIn[kind] === 'sign-in');

/** The conditions of all rules that decide about a sign-in, with `any` split up. */
export function signInConditions(policies: PolicySet): readonly ConditionSet[] {
  return conditionsIn(policies, signInKinds);
}

/** Those of rules that only report: what they would decide is told beside the decision. */
export function reportedConditions(policies: PolicySet): readonly ConditionSet[] {
  const kinds = signInKinds.filter((kind) => kind !== 'accountPolicy');
  const rules = kinds.flatMap((kind): readonly RuleHead[] => {
    return policies[kind]?.reporting?.rules.map(({ rule }) => rule) ?? [];
  });
  return rules.flatMap(({ reportOnly, when }) => (reportOnly ? conditionSets(when) : []));
}

/** The conditions of all rules: those of the recovery policy, too. */
export function everyCondition(policies: PolicySet): readonly ConditionSet[] {
  return conditionsIn(policies, allKinds);
}

/** The conditions of rules that one of these has alone, or in another order. */
export function differingConditions(one: PolicySet, other: PolicySet): readonly ConditionSet[] {
  const apart = allKinds.flatMap((kind) => differingRules(rulesOf(one, kind), rulesOf(other, kind)));
  return apart.flatMap(({ when }) => conditionSets(when));
}

function differingRules(one: readonly RuleHead[], other: readonly RuleHead[]): readonly RuleHead[] {
  const content = ({ location: _, ...rule }: RuleHead) => JSON.stringify(rule);
  const [own, others] = [one.map(content), other.map(content)];
  const [inOne, inOther] = [new Set(own), new Set(others)];
  const isSameOrder =
    own.filter((rule) => inOther.has(rule)).join() === others.filter((rule) => inOne.has(rule)).join();
  if (!isSameOrder) return [...one, ...other];
  return [
    ...one.filter((_, at) => !inOther.has(own[at] ?? '')),
    ...other.filter((_, at) => !inOne.has(others[at] ?? '')),
  ];
}

function conditionsIn(policies: PolicySet, kinds: readonly PolicyKind[]): readonly ConditionSet[] {
  return kinds.flatMap((kind) => rulesOf(policies, kind).flatMap(({ when }) => conditionSets(when)));
}

/** The rules of one policy. None if there is no such policy. */
function rulesOf(policies: PolicySet, kind: PolicyKind): readonly RuleHead[] {
  if (kind === 'accountPolicy') return policies.accountPolicy?.rules ?? [];
  return policies[kind]?.rules.map(({ rule }) => rule) ?? [];
}
