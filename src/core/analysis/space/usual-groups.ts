/** Groups that users may well be in at once: one at most, or those that a rule names together. */
import type { Conditions } from '../../model/conditions.ts';
import { conditionSets } from '../../policy/rules/condition-table.ts';
import type { Formula, UserFacts } from '../../policy/theories/theory.ts';
import { consequencesOf, mayBeIn, newBudget } from './find-model.ts';
import { onceFor } from './once-for.ts';
import { groupOf, isNotIn, variablesIn } from './ordinary-facts.ts';
import type { RuleSpace } from './rule-space.ts';

interface WithConditions {
  readonly when: Conditions;
}

/**
 * Whether such a user may well exist: in one group at most, or in groups that one of the rules names together. No
 * configuration says that a user is in two other groups at once.
 */
export function isOrdinary({ subject: { groups } }: UserFacts, rules: readonly WithConditions[]): boolean {
  return groups.length < 2 || areNamedTogether(groups, rules);
}

/** Whether one of the rules names all of these groups together, or together with others. */
export function areNamedTogether(groups: readonly string[], rules: readonly WithConditions[]): boolean {
  return rules.some((rule) => namedTogether(rule).some((all) => groups.every((group) => all.includes(group))));
}

/** The groups that the rule names together, several at a time. */
export function namedTogether({ when }: WithConditions): readonly (readonly string[])[] {
  return togetherIn(when);
}

/** Cached by conditions: users of all apps are looked at by the same few rules. */
const togetherIn = onceFor((when: Conditions) =>
  conditionSets(when).flatMap(({ groups: { all = [] } = {} }) => (all.length > 1 ? [all] : [])),
);

/** The groups that each user is in for whom the formulas hold, as far as this follows directly. */
export function groupsOfAll(formulas: readonly Formula[], { reader }: Pick<RuleSpace, 'reader'>): readonly string[] {
  const follows = consequencesOf(formulas, newBudget(), reader);
  if (typeof follows === 'string') return [];
  return [...variablesIn(formulas)].flatMap((variable) => {
    const group = groupOf(variable);
    return group === undefined || mayBeIn(follows, variable, 0) ? [] : [group];
  });
}

/** The user is in none of the groups that the formulas are about, except these. */
export function inNoOthers(formulas: readonly Formula[], groups: readonly string[]): readonly Formula[] {
  return [...variablesIn(formulas)].flatMap((variable) => {
    const group = groupOf(variable);
    return group === undefined || groups.includes(group) ? [] : [isNotIn(variable)];
  });
}
