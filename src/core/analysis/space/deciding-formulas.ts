/** When a rule of a policy decides, as formulas. */
import type { RuleHead } from '../../model/policy.ts';
import type { Formula } from '../../policy/theories/theory.ts';
import type { RuleSpace } from './rule-space.ts';

/** What must hold for the rule to decide. `before`: the rules before it. */
export function decidingFormulas(rule: RuleHead, before: readonly RuleHead[], space: RuleSpace): readonly Formula[] {
  return [...space.always, space.applies(rule.when), ...before.map(({ when }) => space.misses(when))];
}
