/** What conditions ask of the app. */
import type { ConditionSet, ExpressionLogic } from '../../model/conditions.ts';

/** Tells apps apart: it is equal for two of them where the condition is. */
export type AppTest = (clientId: string) => unknown;

/** The lists of client ids that the app is compared with, those in the expression included. */
export function appLists({ apps, expression }: ConditionSet): readonly (readonly string[])[] {
  const own = [apps?.any, apps?.none].flatMap((list) => (list === undefined ? [] : [list]));
  return [...own, ...partsOf(expression?.logic).flatMap((part) => ('when' in part ? appLists(part.when) : []))];
}

/** What else the expression asks of the app. */
export function otherAppTests({ expression }: ConditionSet): readonly AppTest[] {
  return partsOf(expression?.logic).flatMap((part) => ('ofApp' in part ? [part.ofApp] : []));
}

/** All that the conditions ask of the app. */
export function appTests(set: ConditionSet): readonly AppTest[] {
  const lists = appLists(set).map((list) => new Set(list));
  return [
    ...lists.map(
      (clientIds): AppTest =>
        (clientId) =>
          clientIds.has(clientId),
    ),
    ...otherAppTests(set),
  ];
}

function partsOf(logic: ExpressionLogic | undefined): readonly ExpressionLogic[] {
  if (logic === undefined) return [];
  if ('all' in logic) return logic.all.flatMap(partsOf);
  if ('any' in logic) return logic.any.flatMap(partsOf);
  return 'not' in logic ? partsOf(logic.not) : [logic];
}
