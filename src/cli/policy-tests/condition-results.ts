/** The results of the conditions in an explanation. */
import { placeKey } from '../../core/model/place-key.ts';
import type { ConditionTrace } from '../../core/model/trace.ts';
import type { Explanation } from '../../flow/explain.ts';

/** `place condition result` for each evaluated condition. Places are in the form of `placeKey`. */
export function conditionResults({ layers }: Pick<Explanation, 'layers'>): readonly string[] {
  return layers.flatMap(({ rules }) =>
    rules.flatMap((rule) => rule.conditions.flatMap((one) => leaves(one)).map((leaf) => `${placeKey(rule)} ${leaf}`)),
  );
}

function leaves({ condition, result, alternatives }: ConditionTrace, prefix = ''): readonly string[] {
  if (alternatives === undefined) return [`${prefix}${condition} ${result}`];
  return alternatives.flatMap((all, index) => all.flatMap((one) => leaves(one, `${prefix}${condition}[${index}].`)));
}
