/** How conditions tell apps apart. */
import type { CompiledExpression, ConditionSet, ExpressionLogic } from '../../model/conditions.ts';
import { neutralFacts, neutralRequest } from '../../model/neutral-facts.ts';

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

/** What a condition says of an app. */
export type AppMark = (clientId: string) => string;

/** The conditions decide alike for two apps if each of these says the same of both. */
export function appMarks(set: ConditionSet): readonly AppMark[] {
  const listed = appLists(set).map((list): AppMark => {
    const clientIds = new Set(list);
    return (clientId) => (clientIds.has(clientId) ? 'listed' : '');
  });
  const { expression } = set;
  return [...listed, ...(expression ? marksWithin(expression, expression.logic) : [])];
}

function marksWithin(expression: CompiledExpression, logic: ExpressionLogic): readonly AppMark[] {
  if ('all' in logic) return logic.all.flatMap((part) => marksWithin(expression, part));
  if ('any' in logic) return logic.any.flatMap((part) => marksWithin(expression, part));
  if ('not' in logic) return marksWithin(expression, logic.not);
  return 'text' in logic && !('attribute' in logic) ? partMarks(expression, logic.text) : [];
}

/** None if the part is not about the app. */
function partMarks({ partOf }: CompiledExpression, text: string): readonly AppMark[] {
  const part = partOf?.(text);
  if (part === undefined) return [(clientId) => clientId];
  const isAboutApp = part.reads.some((path) => path === 'request' || path === 'request.clientId');
  if (!isAboutApp) return [];
  if (part.reads.some((path) => path !== 'request.clientId')) return [(clientId) => clientId];
  return [(clientId) => part.evaluate(neutralFacts({ now: 0, request: neutralRequest(clientId) }))];
}
