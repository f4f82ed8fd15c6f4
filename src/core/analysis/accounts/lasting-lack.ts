/** Finds users whose accounts can never have enough of something, whatever they add. */
import type { EnrollmentRule } from '../../model/enrollment-policy.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import type { Formula, UserFacts } from '../../policy/theories/theory.ts';
import { notAll, type RuleSpace } from '../space/rule-space.ts';
import {
  type AdditionSearch,
  openByAny,
  openFurther,
  type Reachable,
  reachableByAll,
} from './reachable-authenticators.ts';
import { oneByOne, type UserResult } from './user-by-user.ts';

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
  /** Whether it does not matter that users have no more than these. True of fewer, too. */
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
  const isEnoughIn = (some: Reachable) => isEnough(keysOf(some));
  if (isEnoughIn(reachableByAll(search))) return undefined;
  let isOpen = false;
  const found = oneByOne<LastingLack>(formulas, search, ({ facts, isShown, reachable }) => {
    if (isEnoughIn(reachable)) return withoutEnough(reachable, isEnough);
    if (isNeedless(keysOf(reachable))) return { unless: openFurther(reachable, search) };
    isOpen ||= !isShown;
    return isShown ? { found: { facts, never: reachable.never } } : { alike: [] };
  });
  return found ?? (isOpen ? 'undecided' : undefined);
}

/**
 * Whether users who can have these alone never get in where the rule decides, as they lack something that they must
 * enroll. Of a policy that asks how the user signed in, another rule may decide in the end.
 */
export function lacksRequired(
  { enrollment: rule }: { readonly enrollment?: EnrollmentRule },
  keys: readonly string[],
  { enrollment: policy }: Pick<PolicySet, 'enrollment'>,
): boolean {
  if (rule === undefined || policy?.beforeSignIn) return false;
  return rule.then.required.some(({ anyOf, grace }) => grace === undefined && !anyOf.some((key) => keys.includes(key)));
}

function keysOf({ reachable }: Pick<Reachable, 'reachable'>): readonly string[] {
  return reachable.map(({ key }) => key);
}

/** Other users have enough, too, if they can add the same: only as much as is enough. */
function withoutEnough(all: Reachable, isEnough: EnoughKeys['isEnough']): UserResult<never> {
  const { reachable, added } = all;
  const given = reachable.length - added.length;
  const counts = Array.from(added, (_, at) => at);
  const few = counts.find((count) => isEnough(keysOf({ reachable: reachable.slice(0, given + count) })));
  const alike = openByAny(all, few);
  return alike ? { unless: notAll(alike) } : { alike: [] };
}
