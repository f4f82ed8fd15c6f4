/** Formulas in facts of which something is known. */
import type { Formula, Variable } from './theory.ts';

/**
 * Simplifies the formula for given positions of variables. If `positionOf` returns undefined, the variable stays open.
 * A formula of which nothing is known is returned itself, so that it is read and negated once.
 */
export function resolved(formula: Formula, positionOf: (variable: Variable) => number | undefined): Formula {
  if ('all' in formula) {
    const all = resolvedParts(formula.all, positionOf);
    return all === formula.all ? formula : { all };
  }
  if ('any' in formula) {
    const any = resolvedParts(formula.any, positionOf);
    return any === formula.any ? formula : { any };
  }
  const position = positionOf(formula.variable);
  if (position === undefined) return formula;
  return (formula.classes & (1n << BigInt(position))) === 0n ? { any: [] } : { all: [] };
}

function resolvedParts(
  parts: readonly Formula[],
  positionOf: (variable: Variable) => number | undefined,
): readonly Formula[] {
  const all = parts.map((part) => resolved(part, positionOf));
  return all.every((part, at) => part === parts[at]) ? parts : all;
}
