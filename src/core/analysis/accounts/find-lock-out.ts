/**
 * Finds users who are denied for good, with all authenticators that they can reach, in every circumstance and at any
 * time. What only administrators change about a user, such as the groups, stays as it is. What a user can reach is an
 * upper bound, so "for good" is proved.
 */
import type { EnrollmentRule } from '../../model/enrollment-policy.ts';
import type { AuthenticatorDescriptor } from '../../model/facts.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import type { Formula, UserFacts } from '../../policy/theories/theory.ts';
import { signInOutcome } from '../simulation/sign-in-outcomes.ts';
import { modelOf } from '../space/ordinary-facts.ts';
import { notAll, type RuleSpace } from '../space/rule-space.ts';
import type { AdditionRule } from './addition-rules.ts';
import { afterSignInAlike, type RuleAfterSignIn, ruleAfterSignIn } from './after-sign-in-rules.ts';
import { type AdditionSearch, askingOf, type Reachable, reachableBySome } from './reachable-authenticators.ts';
import { type OneUser, oneByOne, type UserResult, type UsersLeftOut } from './user-by-user.ts';

/** One app, and what its users can add anywhere. */
export interface LockOutSearch extends Pick<AdditionSearch, 'budget'> {
  readonly policies: PolicySet;
  /** Made of the rules of all its policies, in a universe of all apps. */
  readonly space: RuleSpace;
  /** The authenticators that an account may have without adding any. */
  readonly given: readonly AuthenticatorDescriptor[];
  /** The rules by which the others are added. */
  readonly additionRules: readonly AdditionRule[];
  /** How many enrollments of one authenticator any rule requires. */
  readonly most: number;
  /** Whether the evaluator finds the combination of rules in these facts. */
  readonly isConfirmed: (facts: UserFacts) => boolean;
}

/** Users who are denied for good, described by the facts of one of them. */
export interface LockOut {
  readonly facts: UserFacts;
  /** Keys of the authenticators that such a user can reach, each as often as any rule requires. */
  readonly reachable: readonly string[];
  /** Keys of what such a user can never add. */
  readonly never: readonly string[];
  /** Rules that decide about such a user after one sign-in or another. Empty: no rule asks how the user signed in. */
  readonly after: readonly EnrollmentRule[];
  /** True for all users who match the formulas, not only for this one. */
  readonly isForAll: boolean;
}

/**
 * A user who matches these formulas and is denied for good. Undefined: there is none. `letIn`: users who are let in are
 * known, and it is not asked whether all others are denied.
 */
export function findLockOut(
  formulas: readonly Formula[],
  search: LockOutSearch,
  letIn?: UsersLeftOut,
): LockOut | 'undecided' | undefined {
  const outcomeOf = outcomesOf(search);
  if (letIn) return findLockOutOfSome(formulas, search, { outcomeOf, letIn });
  const ofAll = isFirstLetIn(formulas, search, outcomeOf) ? undefined : findLockOutOfAll(formulas, search);
  return ofAll ?? findLockOutOfSome(formulas, search, { outcomeOf });
}

/** The outcome for a user with all that such a user can reach. */
type OutcomeOfUser = (user: OneUser) => OutcomeWithRules;

/** Each user is simulated once: both searches begin with the same one. */
function outcomesOf(search: LockOutSearch): OutcomeOfUser {
  const known = new Map<UserFacts, OutcomeWithRules>();
  return ({ facts, reachable }) => {
    const outcome = known.get(facts) ?? outcomeWith(asOften(reachable, search.most), facts, search);
    known.set(facts, outcome);
    return outcome;
  };
}

/** Whether the first user is let in. Then not all are denied, and what all of them can reach need not be searched. */
function isFirstLetIn(formulas: readonly Formula[], search: LockOutSearch, outcomeOf: OutcomeOfUser): boolean {
  const first = oneByOne<OneUser>(formulas, additionsOf(search), (user) => ({ found: user }));
  if (typeof first !== 'object' || !search.isConfirmed(first.facts)) return false;
  return !outcomeOf(first).isDenied;
}

/** Keys of the reachable authenticators, each as often as any rule requires. */
export function asOften({ reachable }: Reachable, most: number): readonly string[] {
  return reachable.flatMap(({ key }) => Array<string>(most).fill(key));
}

function additionsOf({ policies: { authenticators }, given, additionRules, space, budget }: LockOutSearch) {
  return { authenticators, given, additionRules, space, ...(budget && { budget }) };
}

/**
 * Finds that no user who matches is let in, with anything that one of them can reach, whatever they signed in with
 * before.
 */
function findLockOutOfAll(formulas: readonly Formula[], search: LockOutSearch): LockOut | undefined {
  const all = reachableBySome(formulas, additionsOf(search));
  const reachable = asOften(all, search.most);
  const others: Formula[] = [];
  let found: LockOut | undefined;
  for (let count = 0; count < mostSignIns; count += 1) {
    const model = modelOf(others.length === 0 ? formulas : [...formulas, ...others], askingOf(search), (classModel) =>
      search.isConfirmed(search.space.factsOf(classModel)),
    );
    if (model === 'impossible') return found;
    if (model === 'undecided') return undefined;
    const facts = search.space.factsOf(model);
    const outcome = outcomeWith(reachable, facts, search);
    if (!outcome.isDenied) return undefined;
    found ??= { facts, reachable, never: all.never, after: rulesIn(outcome.after), isForAll: true };
    others.push(notAll(alikeAfter(outcome, search)));
  }
  return undefined;
}

/** Distinct sign-ins to examine, each followed by other enrollment rules. */
const mostSignIns = 24;

function findLockOutOfSome(
  formulas: readonly Formula[],
  search: LockOutSearch,
  { outcomeOf, letIn }: { readonly outcomeOf: OutcomeOfUser; readonly letIn?: UsersLeftOut },
): LockOut | 'undecided' | undefined {
  const examine = (user: OneUser): UserResult<LockOut> => {
    const { facts, isShown } = user;
    const outcome = outcomeOf(user);
    const alike = alikeAfter(outcome, search);
    const isConfirmed = isShown && search.isConfirmed(facts);
    if (!outcome.isDenied) return { alike, ...(isConfirmed && { isAlways: true }) };
    if (!isConfirmed) return { alike };
    const { never } = user.reachable;
    const reachable = asOften(user.reachable, search.most);
    return { found: { facts, reachable, never, after: rulesIn(outcome.after), isForAll: false } };
  };
  return oneByOne(formulas, { ...additionsOf(search), ...(letIn && { leftOut: letIn }) }, examine);
}

/** The outcome of the sign-ins of a user. */
interface OutcomeWithRules {
  readonly isDenied: boolean;
  /**
   * The enrollment rules that decide afterwards: of the sign-in that succeeds or, if none does, of each one that was
   * tried.
   */
  readonly after: readonly RuleAfterSignIn[];
}

/** The outcome for a user who may use any of these. Subsets matter only for rules that ask how the user signed in. */
function outcomeWith(reachable: readonly string[], facts: UserFacts, { policies }: LockOutSearch): OutcomeWithRules {
  const usedSets = policies.enrollment?.beforeSignIn === undefined ? [] : someOf([...new Set(reachable)]);
  const after: RuleAfterSignIn[] = [];
  for (const used of [reachable, ...usedSets]) {
    const never = reachable.filter((key) => !used.includes(key));
    const keys = reachable.filter((key) => used.includes(key));
    const { isDenied, isBeforeSignIn, signedInWith } = signInOutcome(policies, facts, { keys, never });
    const stages = signedInWith.flatMap((names) => ruleAfterSignIn(policies, facts, names) ?? []);
    if (!isDenied) return { isDenied, after: stages };
    if (!isBeforeSignIn) after.push(...stages);
  }
  return { isDenied: true, after };
}

function alikeAfter({ after }: OutcomeWithRules, { policies, space }: LockOutSearch): readonly Formula[] {
  return after.map((stage) => afterSignInAlike(stage, policies, space));
}

function rulesIn(after: readonly RuleAfterSignIn[]): readonly EnrollmentRule[] {
  return [...new Set(after.map(({ rule }) => rule))];
}

/** Every set of them except the empty one: a user proves at least one to sign in. */
function someOf(keys: readonly string[]): readonly (readonly string[])[] {
  const sets: (readonly string[])[] = [[]];
  for (const key of keys) sets.push(...sets.map((some) => [...some, key]));
  return sets.slice(1);
}
