/** Finds users whose accounts can never have enough of something, whatever they add. */
import type { Formula, UserFacts } from '../../policy/theories/theory.ts';
import type { RuleSpace } from '../space/rule-space.ts';
import { asIn } from './one-user.ts';
import { type AdditionSearch, type Reachable, reachableByAll } from './reachable-authenticators.ts';
import { oneByOne } from './user-by-user.ts';

/** A user who can never have enough. */
export interface LastingLack {
  readonly facts: UserFacts;
  /** Keys of what such a user can never have. */
  readonly never: readonly string[];
}

/** What is asked about the keys of all that an account can have. */
export interface EnoughKeys {
  /** True of more, too. */
  isEnough(keys: readonly string[]): boolean;
  /** Whether it does not matter that users have no more than these. */
  isNeedless(keys: readonly string[]): boolean;
}

/**
 * Such a user who matches the formulas. Undefined: there is none. What users can have is an upper bound, so that
 * "never" is proved.
 */
export function findLastingLack(
  formulas: readonly Formula[],
  search: AdditionSearch & { readonly space: RuleSpace },
  { isEnough, isNeedless }: EnoughKeys,
): LastingLack | 'undecided' | undefined {
  const keysOf = ({ reachable }: Reachable) => reachable.map(({ key }) => key);
  const isEnoughIn = (some: Reachable) => isEnough(keysOf(some));
  if (isEnoughIn(reachableByAll(search))) return undefined;
  let isOpen = false;
  const found = oneByOne<LastingLack>(formulas, search, ({ facts, isShown, reachable, user }) => {
    if (isEnoughIn(reachable)) return { alike: [] };
    if (isNeedless(keysOf(reachable))) return { alike: asIn(user) };
    isOpen ||= !isShown;
    return isShown ? { found: { facts, never: reachable.never } } : { alike: [] };
  });
  return found ?? (isOpen ? 'undecided' : undefined);
}
