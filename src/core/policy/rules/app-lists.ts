/** What conditions ask of the app. */
import type { CompiledExpression, ConditionSet } from '../../model/conditions.ts';
import { expressionParts, isRead } from './expression-parts.ts';

/** Tells apps apart: it is equal for two of them where the condition is. */
export type AppTest = (clientId: string) => unknown;

/** The lists of client ids that the app is compared with, those in the expression included. */
export function appLists({ apps, expression }: ConditionSet): readonly (readonly string[])[] {
  const own = [apps?.any, apps?.none].flatMap((list) => (list === undefined ? [] : [list]));
  return [...own, ...expressionParts(expression?.logic).flatMap((part) => ('when' in part ? appLists(part.when) : []))];
}

/** What else the expression asks of the app. */
export function otherAppTests({ expression }: ConditionSet): readonly AppTest[] {
  return expressionParts(expression?.logic).flatMap((part) => {
    if ('ofApp' in part) return [part.ofApp];
    return 'text' in part && !('attribute' in part) && readsApp(part.text, expression) ? [(clientId) => clientId] : [];
  });
}

/** Of the app and of other facts, such as `request.clientId in user.profile.apps`: any two apps may differ. */
function readsApp(text: string, expression: CompiledExpression | undefined): boolean {
  const reads = expression?.partOf?.(text).reads;
  return reads === undefined || isRead('request.clientId', reads);
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
