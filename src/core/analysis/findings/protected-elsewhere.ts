/** Users for whom a rule decides in another of their sign-ins. */

import type { Formula, UserFacts, Variable } from '../../policy/theories/theory.ts';
import { asIn, userOf } from '../accounts/one-user.ts';
import { findModelWithin } from '../space/find-model.ts';
import { neededAmong } from '../space/needed-among.ts';
import { modelOf, variablesIn } from '../space/ordinary-facts.ts';
import type { Budget } from '../space/propagate.ts';
import { notAll, type RuleSpace } from '../space/rule-space.ts';

/** More users are not tried. */
const mostUsers = 24;

/**
 * Facts in which all of `formulas` hold, of a user of whom all of `elsewhere` may hold in other circumstances.
 * `impossible`: there is no such user.
 */
export function factsOfUserWith(
  formulas: readonly Formula[],
  elsewhere: readonly Formula[],
  { space, budget }: { readonly space: RuleSpace; readonly budget: Budget | undefined },
): UserFacts | 'undecided' | 'impossible' {
  const { reader } = space;
  const ofUser = [...variablesIn([...formulas, ...elsewhere])].filter(isOfUser);
  const neverElsewhere = (same: readonly Formula[]) =>
    findModelWithin([...elsewhere, ...same], budget, reader) === 'impossible';
  const others: Formula[] = [];
  for (let count = 0; count < mostUsers; count += 1) {
    const model = modelOf([...formulas, ...others], { reader, ...(budget && { budget }) });
    if (typeof model === 'string') return model;
    const { user, facts } = userOf(model, ofUser, space);
    const same = asIn(user);
    if (!neverElsewhere(same)) return facts;
    others.push(notAll(neededAmong(same, neverElsewhere)));
  }
  return 'undecided';
}

/** The same in all sign-ins of a user. What users change themselves may be something else in the next one. */
function isOfUser({ lasting, name }: Variable): boolean {
  return lasting === true || name.startsWith('users.');
}
