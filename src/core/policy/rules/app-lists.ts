/** What conditions ask of the app. */
import type { CompiledExpression, ConditionSet } from '../../model/conditions.ts';
import type { PolicySet } from './compile.ts';
import { expressionParts, isRead } from './expression-parts.ts';
import { filledInAttributes } from './filled-in-attributes.ts';

/** Tells apps apart: it is equal for two of them where the condition is. */
export type AppTest = (clientId: string) => unknown;

/** The lists of client ids that the app is compared with, those in the expression included. */
export function appLists({ apps, expression }: ConditionSet): readonly (readonly string[])[] {
  const own = [apps?.any, apps?.none].flatMap((list) => (list === undefined ? [] : [list]));
  return [...own, ...expressionParts(expression?.logic).flatMap((part) => ('when' in part ? appLists(part.when) : []))];
}

/** Whether a part of an expression that reads these facts, the app among them, tells apps apart. */
type TellsApart = (reads: readonly string[]) => boolean;

/** What else the expression asks of the app. */
export function otherAppTests({ expression }: ConditionSet, tellsApart: TellsApart = () => true): readonly AppTest[] {
  return expressionParts(expression?.logic).flatMap((part) => {
    if ('ofApp' in part) return [part.ofApp];
    if (!('text' in part) || 'attribute' in part) return [];
    const reads = readsWithApp(part.text, expression);
    return reads && tellsApart(reads) ? [(clientId) => clientId] : [];
  });
}

/** Of the app and of other facts, such as `request.clientId in user.profile.apps`: any two apps may differ. */
function readsWithApp(text: string, expression: CompiledExpression | undefined): readonly string[] | undefined {
  const reads = expression?.partOf?.(text).reads ?? ['request.clientId'];
  return isRead('request.clientId', reads) ? reads : undefined;
}

/** All that the conditions ask of the app. */
export function appTests(set: ConditionSet, tellsApart?: TellsApart): readonly AppTest[] {
  const lists = appLists(set).map((list) => new Set(list));
  return [
    ...lists.map(
      (clientIds): AppTest =>
        (clientId) =>
          clientIds.has(clientId),
    ),
    ...otherAppTests(set, tellsApart),
  ];
}

/**
 * What the conditions ask of the app alone. Parts of expressions that also read the user are left out, unless they read
 * an attribute that a sign-in may fill in.
 */
export function appTestsBesideUsers(set: ConditionSet, policies: Pick<PolicySet, 'profile'>): readonly AppTest[] {
  const filledIn = filledInAttributes(policies);
  const isFilledIn = (reads: readonly string[]) => filledIn.some((name) => isRead(`user.profile.${name}`, reads));
  return appTests(set, (reads) => !reads.some((path) => /^user\b/.test(path)) || isFilledIn(reads));
}
