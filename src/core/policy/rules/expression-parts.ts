/** What parts of expressions ask: what a condition could ask as well, and which facts the other parts read. */
import type { CompiledExpression, ConditionSet, ExpressionLogic } from '../../model/conditions.ts';

/** The parts that are joined by `&&`, `||` and `!`. */
export function expressionParts(logic: ExpressionLogic | undefined): readonly ExpressionLogic[] {
  if (logic === undefined) return [];
  if ('all' in logic) return logic.all.flatMap(expressionParts);
  if ('any' in logic) return logic.any.flatMap(expressionParts);
  return 'not' in logic ? expressionParts(logic.not) : [logic];
}

/** The parts that are asked to hold, and not to be false. */
export function partsToHold(logic: ExpressionLogic | undefined, isAsked = true): readonly ExpressionLogic[] {
  if (logic === undefined) return [];
  if ('not' in logic) return partsToHold(logic.not, !isAsked);
  const parts = 'all' in logic ? logic.all : 'any' in logic ? logic.any : undefined;
  if (parts) return parts.flatMap((part) => partsToHold(part, isAsked));
  return isAsked ? [logic] : [];
}

/** These conditions, and those that their expressions contain. */
export function withConditionsInside(sets: readonly ConditionSet[]): readonly ConditionSet[] {
  const inside = sets.flatMap(({ expression }) => expressionParts(expression?.logic));
  return [...sets, ...inside.flatMap((part) => ('when' in part ? [part.when] : []))];
}

/** The facts that parts read of which no condition asks the same, e.g. `user.identifiers`, `network.ip`, `now`. */
export function openReads(sets: readonly ConditionSet[]): readonly string[] {
  return [...new Set(sets.flatMap(({ expression }) => (expression ? readsOf(expression) : [])))];
}

function readsOf({ logic, partOf }: CompiledExpression): readonly string[] {
  return expressionParts(logic).flatMap((part): readonly string[] => {
    if ('userType' in part) return ['user.userType'];
    return 'text' in part ? (partOf?.(part.text).reads ?? []) : [];
  });
}

/** Whether this fact, or something that contains it, is among those that are read. */
export function isRead(fact: string, reads: readonly string[]): boolean {
  return reads.some((path) => path === fact || fact.startsWith(`${path}.`));
}
