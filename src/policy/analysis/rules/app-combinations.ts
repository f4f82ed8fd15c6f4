/** The combinations in which a rule decides with rules of other policies. */
import type { RuleCombination } from '../../../core/analysis/space/rule-combinations.ts';
import type { RuleSpace } from '../../../core/analysis/space/rule-space.ts';
import type { PolicySet } from '../../../core/policy/rules/compile.ts';

/** A combination, with the policies of its app and the space of their rules. */
export interface AppCombination extends RuleCombination {
  readonly policies: PolicySet;
  readonly space: RuleSpace;
}

/** The combinations at all apps. Undefined: some could not be decided. */
export type AppCombinations = readonly AppCombination[] | undefined;
