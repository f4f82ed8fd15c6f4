/** Examples that surprise no reader: with as few groups as possible. */
import type { Conditions } from '../../model/conditions.ts';
import { conditionSets } from '../../policy/conditions.ts';
import { type Formula, isYes, negated, type UserFacts, type Variable } from '../../policy/theory.ts';
import { type ClassModel, findModel, newBudget } from './find-model.ts';
import type { RuleSpace } from './rule-space.ts';

/** Facts in which the formulas hold and the user is in one group at most. Undefined: none are known. */
export function ordinaryFacts(formulas: readonly Formula[], space: RuleSpace): UserFacts | undefined {
  const model = ordinaryModel(formulas);
  return model && space.factsOf(model);
}

/** Classes in which the formulas hold and the user is in one group at most. Undefined: none were found. */
function ordinaryModel(formulas: readonly Formula[]): ClassModel | undefined {
  const groups = [...new Set(formulas.flatMap(variablesIn))].filter(({ name }) => name.startsWith('groups.'));
  for (const only of [undefined, ...groups]) {
    const others = groups.map((group) => (group === only ? isYes(group) : negated(isYes(group))));
    const found = findModel([...formulas, ...others], newBudget());
    if (typeof found === 'object') return found.model;
  }
  return undefined;
}

/** Classes in which the formulas hold. The first ones surprise least. */
export function modelsOf(
  formulas: readonly Formula[],
): readonly [ClassModel, ...(readonly ClassModel[])] | 'impossible' | 'undecided' {
  const ordinary = ordinaryModel(formulas);
  const found = findModel(formulas, newBudget());
  if (ordinary) return [ordinary, ...(typeof found === 'object' ? [found.model] : [])];
  return typeof found === 'object' ? [found.model] : found;
}

interface WithConditions {
  readonly when: Conditions;
}

/**
 * Whether such a user may well exist: in one group at most, or in groups that one of the rules names together. No
 * configuration says that a user is in two other groups at once.
 */
export function isOrdinary({ subject: { groups } }: UserFacts, rules: readonly WithConditions[]): boolean {
  const together = rules
    .flatMap(({ when }) => conditionSets(when))
    .flatMap((set) => (set.groups?.all ? [set.groups.all] : []));
  return groups.length < 2 || together.some((all) => groups.every((group) => all.includes(group)));
}

/** The variables of a formula, with repetitions. */
export function variablesIn(formula: Formula): readonly Variable[] {
  if ('variable' in formula) return [formula.variable];
  return ('all' in formula ? formula.all : formula.any).flatMap(variablesIn);
}
