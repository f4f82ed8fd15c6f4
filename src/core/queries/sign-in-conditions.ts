/** The conditions that decide about sign-ins to an app. */
import type { ConditionSet } from '../model/conditions.ts';
import type { RuleHead } from '../model/policy.ts';
import type { CompiledPolicy, PolicySet } from '../policy/rules/compile.ts';
import { conditionSets } from '../policy/rules/condition-table.ts';

/** The conditions of all rules that decide about a sign-in, with `any` split up. */
export function signInConditions({ session, app, enrollment, profile }: PolicySet): readonly ConditionSet[] {
  const policies: readonly (CompiledPolicy<RuleHead> | undefined)[] = [session, app, enrollment, profile];
  return policies.flatMap((policy) => policy?.rules.flatMap(({ rule }) => conditionSets(rule.when)) ?? []);
}
