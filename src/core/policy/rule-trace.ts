/** The trace of a rule: what its conditions resulted in, and what they do together. */
import type { ConditionResult } from '../model/conditions.ts';
import type { RuleHead } from '../model/policy.ts';
import type { RuleTrace } from '../model/trace.ts';
import type { CompiledCondition } from './conditions.ts';

/** `results`: one for each condition. */
export function ruleTrace(
  { rule, conditions }: { readonly rule: RuleHead; readonly conditions: readonly CompiledCondition[] },
  results: readonly ConditionResult[],
): RuleTrace {
  return {
    rule: rule.name,
    result: resultTogether(results),
    conditions: conditions.flatMap(({ name }, at) => {
      const result = results[at];
      return result === undefined ? [] : [{ condition: name, result }];
    }),
    ...(rule.location && { location: rule.location }),
  };
}

/** All conditions must hold. */
export function resultTogether(results: readonly ConditionResult[]): ConditionResult {
  if (results.includes('miss')) return 'miss';
  return results.includes('unknown') ? 'unknown' : 'hit';
}
