/** The apps that conditions name. */
import type { ConditionSet, ExpressionLogic } from '../../model/conditions.ts';

/** The lists of client ids that the app is compared with, those in the expression included. */
export function appLists({ apps, expression }: ConditionSet): readonly (readonly string[])[] {
  const own = [apps?.any, apps?.none].flatMap((list) => (list === undefined ? [] : [list]));
  return [...own, ...(expression ? listsWithin(expression.logic) : [])];
}

function listsWithin(logic: ExpressionLogic): readonly (readonly string[])[] {
  if ('all' in logic) return logic.all.flatMap(listsWithin);
  if ('any' in logic) return logic.any.flatMap(listsWithin);
  if ('not' in logic) return listsWithin(logic.not);
  return 'when' in logic ? appLists(logic.when) : [];
}
