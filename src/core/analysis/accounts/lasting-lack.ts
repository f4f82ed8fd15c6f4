/** Finds users whose accounts can never have enough of something, whatever they add. */
import type { Formula, UserFacts } from '../../policy/theories/theory.ts';
import type { RuleSpace } from '../space/rule-space.ts';
import { type AdditionSearch, type Reachable, reachableByAll } from './reachable-authenticators.ts';
import { oneByOne } from './user-by-user.ts';

/** A user who can never have enough. */
export interface LastingLack {
  readonly facts: UserFacts;
  /** Keys of what such a user can never have. */
  readonly never: readonly string[];
}

/**
 * Such a user who matches the formulas. Undefined: there is none. `isEnough`: of the keys of all that an account can
 * have; true of more, too. What users can have is an upper bound, so that "never" is proved.
 */
export function findLastingLack(
  formulas: readonly Formula[],
  search: AdditionSearch & { readonly space: RuleSpace },
  isEnough: (keys: readonly string[]) => boolean,
): LastingLack | 'undecided' | undefined {
  const isEnoughIn = ({ reachable }: Reachable) => isEnough(reachable.map(({ key }) => key));
  if (isEnoughIn(reachableByAll(search))) return undefined;
  let isOpen = false;
  const found = oneByOne<LastingLack>(formulas, search, ({ facts, isShown, reachable }) => {
    if (isEnoughIn(reachable)) return { alike: [] };
    isOpen ||= !isShown;
    return isShown ? { found: { facts, never: reachable.never } } : { alike: [] };
  });
  return found ?? (isOpen ? 'undecided' : undefined);
}
