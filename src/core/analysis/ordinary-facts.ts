/** Examples that surprise no reader: with as few groups as possible. */
import { type Formula, isYes, negated, type UserFacts, type Variable } from '../policy/theory.ts';
import { findModel, newBudget } from './find-model.ts';
import type { RuleSpace } from './rule-space.ts';

/** Facts in which the formulas hold and the user is in one group at most. Undefined: none are known. */
export function ordinaryFacts(formulas: readonly Formula[], space: RuleSpace): UserFacts | undefined {
  const groups = [...new Set(formulas.flatMap(variablesIn))].filter(({ name }) => name.startsWith('groups.'));
  for (const only of [undefined, ...groups]) {
    const others = groups.map((group) => (group === only ? isYes(group) : negated(isYes(group))));
    const found = findModel([...formulas, ...others], newBudget());
    if (typeof found === 'object') return space.factsOf(found.model);
  }
  return undefined;
}

function variablesIn(formula: Formula): readonly Variable[] {
  if ('variable' in formula) return [formula.variable];
  return ('all' in formula ? formula.all : formula.any).flatMap(variablesIn);
}
