/**
 * The theory of the condition `expression`. Comparisons of the time with fixed moments are represented exactly. Any
 * other part may hold or not, independently of everything else, but equal texts have equal results.
 */
import type { CompiledExpression, ExpressionLogic } from '../../model/conditions.ts';
import type { Seconds } from '../../model/facts.ts';
import { placedAt } from './day-moments.ts';
import {
  among,
  type ConditionPart,
  type Formula,
  isYes,
  negated,
  plainTime,
  truthVariable,
  type Universe,
  type Variable,
} from './theory.ts';

export function expressionTheory(
  conditions: readonly CompiledExpression[],
  { since = Number.NEGATIVE_INFINITY }: Pick<Universe, 'since'>,
): (condition: CompiledExpression) => readonly ConditionPart[] {
  const spans = spansBetween(
    conditions.flatMap(({ logic }) => momentsIn(logic)),
    since,
  );
  const time = timeVariable(spans, since);
  const texts = new Map<string, Variable>();
  const ofText = (text: string): Formula => {
    const variable = texts.get(text) ?? truthVariable(`expression ${text}`, (facts) => facts);
    texts.set(text, variable);
    return isYes(variable);
  };
  const formulaOf = (logic: ExpressionLogic): Formula => {
    if ('all' in logic) return { all: logic.all.map(formulaOf) };
    if ('any' in logic) return { any: logic.any.map(formulaOf) };
    if ('not' in logic) return negated(formulaOf(logic.not));
    if ('text' in logic) return ofText(logic.text);
    return among(time, (at) => (spans[at]?.from ?? 0) >= logic.from);
  };
  return ({ logic }) => [{ path: [], formula: formulaOf(logic) }];
}

/** Whether some part may fail. A failure denies (Law 4). */
export function hasUnknownPart(logic: ExpressionLogic): boolean {
  if ('all' in logic) return logic.all.some(hasUnknownPart);
  if ('any' in logic) return logic.any.some(hasUnknownPart);
  if ('not' in logic) return hasUnknownPart(logic.not);
  return 'text' in logic;
}

function momentsIn(logic: ExpressionLogic): readonly Seconds[] {
  if ('all' in logic) return logic.all.flatMap(momentsIn);
  if ('any' in logic) return logic.any.flatMap(momentsIn);
  if ('not' in logic) return momentsIn(logic.not);
  return 'from' in logic ? [logic.from] : [];
}

/** From its first second up to, but without, `to`. */
interface Span {
  readonly from: Seconds;
  readonly to: Seconds;
}

/** Spans of time within which no comparison changes. Spans that have passed are left out. */
function spansBetween(moments: readonly Seconds[], since: Seconds): readonly Span[] {
  const borders = [Number.NEGATIVE_INFINITY, ...new Set(moments), Number.POSITIVE_INFINITY].sort((a, b) => a - b);
  const spans = borders.slice(1).map((to, at) => ({ from: borders[at] ?? to, to }));
  return spans.filter(({ to }) => to > since);
}

function timeVariable(spans: readonly Span[], since: Seconds): Variable {
  const classes = spans.map(({ from, to }) => {
    const [first, last] = [Math.max(from, since), to - 1];
    const near = Math.min(Math.max(plainTime, first), last);
    return { place: placedAt(near, (now) => now >= first && now <= last) };
  });
  return { name: 'expression.now', order: 1, classes };
}
