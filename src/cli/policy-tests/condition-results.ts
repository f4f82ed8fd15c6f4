/** The results of the conditions in an explanation. */
import { locationKey } from '../../core/model/location-key.ts';
import type { ConditionTrace } from '../../core/model/trace.ts';
import type { Explanation } from '../../flow/explain.ts';

/** `location condition result` for each evaluated condition. Locations are in the form of `locationKey`. */
export function conditionResults({ layers }: Pick<Explanation, 'layers'>): readonly string[] {
  return layers.flatMap(({ rules }) =>
    rules.flatMap((rule) =>
      rule.conditions.flatMap((condition) => leaves(condition)).map((leaf) => `${locationKey(rule)} ${leaf}`),
    ),
  );
}

function leaves({ condition, result, alternatives }: ConditionTrace, prefix = ''): readonly string[] {
  if (alternatives === undefined) return [`${prefix}${condition} ${result}`];
  return alternatives.flatMap((all, index) =>
    all.flatMap((trace) => leaves(trace, `${prefix}${condition}[${index}].`)),
  );
}
