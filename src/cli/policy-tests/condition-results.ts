/** The rules that decided in an explanation, and the results of its conditions. */
import { locationKey } from '../../core/model/location-key.ts';
import type { ConditionTrace } from '../../core/model/trace.ts';
import type { ExplainedLayer, Explanation } from '../../flow/explain.ts';

/** The locations of the rules that decided, in the form of `locationKey`. */
export function decidingLocations(layers: readonly ExplainedLayer[]): readonly string[] {
  return layers.flatMap(({ decidedBy, rules }) => {
    const rule = decidedBy === undefined ? undefined : rules.at(-1);
    return rule ? [locationKey(rule)] : [];
  });
}

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
