/** Formulas in facts of which something is known. */
import type { Formula, Variable } from './theory.ts';

/**
 * Simplifies the formula for given positions of variables. If `positionOf` returns undefined, the variable stays open.
 */
export function resolved(formula: Formula, positionOf: (variable: Variable) => number | undefined): Formula {
  const within = (part: Formula) => resolved(part, positionOf);
  if ('all' in formula) return { all: formula.all.map(within) };
  if ('any' in formula) return { any: formula.any.map(within) };
  const position = positionOf(formula.variable);
  if (position === undefined) return formula;
  return (formula.classes & (1n << BigInt(position))) === 0n ? { any: [] } : { all: [] };
}
