/** What the conditions of rules came to, as an explanation shows it. */
import type { ConditionTrace } from '../../core/model/trace.ts';
import type { Explanation } from '../../flow/explain.ts';

export function rulePlace({ file, line }: { readonly file: string; readonly line: number }): string {
  return `${file}:${line}`;
}

/** `file:line condition result` for each condition that was looked at. */
export function conditionResults({ layers }: Explanation): readonly string[] {
  return layers.flatMap(({ rules }) =>
    rules.flatMap(({ location, conditions }) =>
      location ? conditions.flatMap((one) => leaves(one)).map((leaf) => `${rulePlace(location)} ${leaf}`) : [],
    ),
  );
}

function leaves({ condition, result, alternatives }: ConditionTrace, prefix = ''): readonly string[] {
  if (alternatives === undefined) return [`${prefix}${condition} ${result}`];
  return alternatives.flatMap((all, at) => all.flatMap((one) => leaves(one, `${prefix}${condition}[${at}].`)));
}
