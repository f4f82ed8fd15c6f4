/**
 * The theory of the condition `expression`. Comparisons of the time with fixed moments are represented exactly, and so
 * is what another condition could ask. Any other part may hold or not, independently of everything else, but equal
 * texts have equal results.
 */
import type { CompiledExpression, ExpressionLogic } from '../../model/conditions.ts';
import type { Seconds } from '../../model/facts.ts';
import { placedAt } from './day-moments.ts';
import { type ExpressionOutcomes, factOutcomes, never, type ProfileSchema, sure } from './expression-facts.ts';
import { partsReading } from './expression-parts.ts';
import { logicIn } from './logic-at-app.ts';
import {
  among,
  type ConditionPart,
  type ConditionReading,
  type OtherConditions,
  plainTime,
  type Universe,
  type Variable,
} from './theory.ts';

export function expressionTheory(
  conditions: readonly CompiledExpression[],
  universe: ProfileSchema & Pick<Universe, 'clientIds' | 'isOneApp' | 'since'>,
  others: OtherConditions,
): ConditionReading<'expression'> {
  const { since = Number.NEGATIVE_INFINITY } = universe;
  const known = new Map(conditions.map((condition) => [condition, logicIn(condition, universe)] as const));
  const logicOf = (condition: CompiledExpression) => known.get(condition) ?? logicIn(condition, universe);
  const logics = [...known.values()];
  const spans = spansBetween(logics.flatMap(momentsIn), since);
  const time = timeVariable(spans, since);
  const { outcomes: facts, opaqueParts } = factOutcomes(universe, others, conditions);
  const outcomesOf = (logic: ExpressionLogic): ExpressionOutcomes => {
    if ('all' in logic) return ofAll(logic.all.map(outcomesOf));
    if ('any' in logic) return contrary(ofAll(logic.any.map((part) => contrary(outcomesOf(part)))));
    if ('not' in logic) return contrary(outcomesOf(logic.not));
    if ('from' in logic) return sure(among(time, (at) => (spans[at]?.from ?? 0) >= logic.from));
    return facts(logic);
  };
  const reading = (condition: CompiledExpression): readonly ConditionPart[] => {
    const { holds, misses, fails } = outcomesOf(logicOf(condition));
    return [{ path: [], formula: holds, ...(fails !== never && { misses, fails }) }];
  };
  const holds = (logic: ExpressionLogic) => outcomesOf(logic).holds;
  return Object.assign(reading, { opaqueParts, partsWithin: partsReading({ holds, logicOf }, universe) });
}

/** As in the Common Expression Language: what does not hold decides, even if another part fails. */
function ofAll(parts: readonly ExpressionOutcomes[]): ExpressionOutcomes {
  const failing = parts.filter(({ fails }) => fails !== never);
  return {
    holds: { all: parts.map(({ holds }) => holds) },
    misses: { any: parts.map(({ misses }) => misses) },
    fails:
      failing.length === 0
        ? never
        : {
            all: [
              { any: failing.map(({ fails }) => fails) },
              ...parts.map(({ holds, fails }) => ({ any: [holds, fails] })),
            ],
          },
  };
}

function contrary({ holds, misses, fails }: ExpressionOutcomes): ExpressionOutcomes {
  return { holds: misses, misses: holds, fails };
}

/**
 * Whether some part may fail. A failure denies (Law 4). Without a schema, each comparison with an attribute may, and
 * each with the user type.
 */
export function hasUnknownPart(logic: ExpressionLogic): boolean {
  if ('all' in logic) return logic.all.some(hasUnknownPart);
  if ('any' in logic) return logic.any.some(hasUnknownPart);
  if ('not' in logic) return hasUnknownPart(logic.not);
  return !('from' in logic || 'when' in logic);
}

/** Whether some part is a mere text to the analysis, whatever the schema is. */
export function hasTextPart(logic: ExpressionLogic): boolean {
  if ('all' in logic) return logic.all.some(hasTextPart);
  if ('any' in logic) return logic.any.some(hasTextPart);
  if ('not' in logic) return hasTextPart(logic.not);
  return 'text' in logic && !('attribute' in logic || 'zones' in logic);
}

/** The fixed moments that the time is compared with. */
export function momentsIn(logic: ExpressionLogic): readonly Seconds[] {
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
    return { applyTo: placedAt(near, (now) => now >= first && now <= last) };
  });
  return { name: 'expression.now', order: 1, classes };
}
