/** The cases in which a rule decides together with rules of other policies. */
import type { PolicyCase } from '../../../core/analysis/space/policy-cases.ts';
import type { PolicySet } from '../../../core/policy/rules/compile.ts';

/** A case, with the policies of its app. */
export interface RuleCase extends PolicyCase {
  readonly policies: PolicySet;
}

/** The combinations at all apps. Undefined: some could not be decided. */
export type RuleCases = readonly RuleCase[] | undefined;
