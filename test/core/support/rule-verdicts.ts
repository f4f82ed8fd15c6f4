/** Whether each rule of a policy ever decides. */
import { type RuleVerdict, ruleBudget, ruleVerdict } from '../../../src/core/analysis/findings/dead-rules.ts';
import type { RuleSpace } from '../../../src/core/analysis/space/rule-space.ts';
import type { RuleHead } from '../../../src/core/model/policy.ts';
import type { CompiledPolicy } from '../../../src/core/policy/rules/compile.ts';

/** Verdicts by the position of the rule. */
export function ruleVerdicts(policy: CompiledPolicy<RuleHead>, space: RuleSpace): readonly RuleVerdict[] {
  const budget = ruleBudget();
  return policy.rules.map((_, position) => ruleVerdict(position, { policy, space }, budget));
}
