/** The combinations in which a rule decides with rules of other policies. */
import type { RuleCombination } from '../../../core/analysis/space/rule-combinations.ts';
import type { PolicySet } from '../../../core/policy/rules/compile.ts';

/** A combination, with the policies of its app. */
export interface AppCombination extends RuleCombination {
  readonly policies: PolicySet;
}

/** The combinations at all apps. Undefined: some could not be decided. */
export type AppCombinations = readonly AppCombination[] | undefined;
