/**
 * Finds users whom some rules deny, and whom no other rules let in: from no network, with no device, at no time. What
 * only administrators change about a user, such as the groups, stays as it is.
 */
import { type Formula, negated, type UserFacts } from '../../policy/theories/theory.ts';
import { findModelWithin } from '../space/find-model.ts';
import { modelOf, variablesIn } from '../space/ordinary-facts.ts';
import type { Budget } from '../space/propagate.ts';
import type { ClassModel } from '../space/read-formulas.ts';
import type { RuleSpace } from '../space/rule-space.ts';
import { asIn, asInBoth, userOf } from './one-user.ts';
import { whereOnlyLastingIsOpen } from './reachable-authenticators.ts';

export interface DenialEverywhere {
  /** When the user is denied. */
  readonly denied: readonly Formula[];
  /** All cases in which users may be let in, each with what must hold for it. */
  readonly open: readonly (readonly Formula[])[];
  readonly space: RuleSpace;
  /** The budget for all questions. */
  readonly budget: Budget;
  /** Whether the evaluator denies the user of these facts. */
  readonly isConfirmed: (facts: UserFacts) => boolean;
}

const mostUsers = 24;

/** One of these users, in as few groups as possible. Undefined: none is known. */
export function deniedEverywhere(search: DenialEverywhere): UserFacts | undefined {
  const { denied, open, space, budget, isConfirmed } = search;
  const asking = { reader: space.reader, budget };
  const lasting = [...variablesIn(open.flat())].filter((variable) => variable.lasting);
  const others: Formula[] = [];
  for (let count = 0; count < mostUsers; count += 1) {
    const model = modelOf([...denied, ...others], asking, (classModel) => isConfirmed(space.factsOf(classModel)));
    if (typeof model === 'string') return undefined;
    const { user, facts, isShown } = userOf(model, lasting, space);
    const way = wayIn(user, search);
    if (way === 'undecided') return undefined;
    if (way === undefined && isShown) return facts;
    others.push(negated({ all: way ?? asInBoth(user, model) }));
  }
  return undefined;
}

/** What must be true of the lasting facts of users who get in the same way. Undefined: there is no way in. */
function wayIn(
  user: ClassModel,
  { open, budget, space }: DenialEverywhere,
): readonly Formula[] | 'undecided' | undefined {
  const same = asIn(user);
  let isUndecided = false;
  for (const formulas of open) {
    const found = findModelWithin([...same, ...formulas], budget, space.reader);
    if (typeof found === 'object') return formulas.map((formula) => whereOnlyLastingIsOpen(formula, found.model));
    isUndecided ||= found === 'undecided';
  }
  return isUndecided ? 'undecided' : undefined;
}
