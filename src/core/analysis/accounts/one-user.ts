/** What lasts about one of the users of a model, with facts of such a user. */
import { among, type Formula, type UserFacts, type Variable } from '../../policy/theories/theory.ts';
import type { ClassModel } from '../space/read-formulas.ts';
import type { RuleSpace } from '../space/rule-space.ts';

export interface LastingUser {
  /** The position of each of the variables. */
  readonly user: ClassModel;
  readonly facts: UserFacts;
  /** Parts of expressions are in the facts as they are for the user: what is proved of the user is true there. */
  readonly isShown: boolean;
}

/** What the model leaves open is as in plain facts. */
export function userOf(
  model: ClassModel,
  lasting: Iterable<Variable>,
  space: Pick<RuleSpace, 'factsOf' | 'openPartsIn' | 'isShownBy'>,
): LastingUser {
  const facts = space.factsOf(model);
  const found = space.openPartsIn(facts);
  const user = new Map(
    Array.from(lasting, (variable) => [variable, model.get(variable) ?? found.get(variable) ?? 0] as const),
  );
  return { user, facts, isShown: space.isShownBy(facts, user) };
}

/** The variables are as they are for the user. */
export function asIn(user: ClassModel): readonly Formula[] {
  return Array.from(user, ([variable, position]) => among(variable, (at) => at === position));
}

/** What is true of the user because of the model. */
export function asInBoth(user: ClassModel, model: ClassModel): readonly Formula[] {
  return asIn(new Map([...user].filter(([variable]) => model.has(variable))));
}
