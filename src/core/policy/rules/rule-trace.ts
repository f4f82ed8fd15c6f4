/** The trace of a rule: the result of each condition and of the rule as a whole. */
import type { ConditionResult } from '../../model/conditions.ts';
import type { RuleHead } from '../../model/policy.ts';
import type { ConditionTrace, RuleTrace } from '../../model/trace.ts';
import { allOf, anyOf } from '../condition-result.ts';
import type { CompiledCondition } from './condition-table.ts';

/** `results`: one for each condition of `leavesOf`, in order. */
export function ruleTrace(
  { rule, conditions }: { readonly rule: RuleHead; readonly conditions: readonly CompiledCondition[] },
  results: readonly ConditionResult[],
): RuleTrace {
  const rest = results.values();
  const traces = conditions.map((condition) => conditionTrace(condition, rest));
  return {
    rule: rule.name,
    result: together(traces),
    conditions: traces,
    ...(rule.location && { location: rule.location }),
  };
}

function conditionTrace(
  { name, reads, alternatives }: CompiledCondition,
  rest: Iterator<ConditionResult>,
): ConditionTrace {
  if (alternatives === undefined)
    return { condition: name, result: rest.next().value ?? 'error', ...(reads && { reads }) };
  const traces = alternatives.map((all) => all.map((condition) => conditionTrace(condition, rest)));
  return { condition: name, result: anyOf(traces.map(together)), alternatives: traces };
}

function together(traces: readonly ConditionTrace[]): ConditionResult {
  return allOf(traces.map(({ result }) => result));
}
