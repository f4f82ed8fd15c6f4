/** What lasts about one of the users of a model, with facts of such a user. */
import { among, type Formula, type UserFacts, type Variable } from '../../policy/theories/theory.ts';
import { onceFor } from '../space/once-for.ts';
import type { ClassModel } from '../space/read-formulas.ts';
import type { RuleSpace } from '../space/rule-space.ts';

export interface LastingUser {
  /** For each lasting variable, the class that the user is in. */
  readonly user: ClassModel;
  readonly facts: UserFacts;
  /** Opaque parts have the same results in the facts as for the user, so what is proved of the user is true there. */
  readonly isShown: boolean;
}

/** Variables that the model leaves open have the class of plain facts. */
export function userOf(
  model: ClassModel,
  lasting: Iterable<Variable>,
  space: Pick<RuleSpace, 'factsOf' | 'opaquePartsIn' | 'isShownBy'>,
): LastingUser {
  const facts = space.factsOf(model);
  const found = space.opaquePartsIn(facts);
  const user = new Map<Variable, number>();
  for (const variable of lasting) user.set(variable, model.get(variable) ?? found.get(variable) ?? 0);
  return { user, facts, isShown: space.isShownBy(facts, user) };
}

/** Formulas that hold for users of these classes. */
export function asIn(user: ClassModel): readonly Formula[] {
  return Array.from(user, ([variable, position]) => inClass(variable, position));
}

/** Cached by variable: each class is read once. */
const classesOf = onceFor((_variable: Variable): Formula[] => []);

function inClass(variable: Variable, position: number): Formula {
  const known = classesOf(variable);
  const formula = known[position] ?? among(variable, (at) => at === position);
  known[position] = formula;
  return formula;
}

/** The classes of the user that the model asked for; the others were chosen freely. */
export function asInBoth(user: ClassModel, model: ClassModel): readonly Formula[] {
  return asIn(new Map([...user].filter(([variable]) => model.has(variable))));
}
