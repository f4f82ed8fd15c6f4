/**
 * Finds users who are denied for good: whatever they can have in time, anywhere and at any time. What administrators
 * alone change about a user, such as the groups, stays as it is. What an account can have in time counts at its best,
 * so more than really can be had may be in it, and never less.
 */
import type { EnrollmentRule } from '../../model/enrollment-policy.ts';
import type { AuthenticatorDescriptor } from '../../model/facts.ts';
import type { PolicySet } from '../../policy/compile.ts';
import { type Formula, negated, type UserFacts } from '../../policy/theory.ts';
import { signInEnd } from '../simulation/lock-outs.ts';
import { modelsOf } from '../space/ordinary-facts.ts';
import type { RuleSpace } from '../space/rule-space.ts';
import type { AdditionWay } from './addition-ways.ts';
import { afterSignInAlike, type RuleAfterSignIn, ruleAfterSignIn } from './after-sign-in-rules.ts';
import { oneByOne } from './one-by-one.ts';
import { type AdditionSearch, type Reachable, reachableBySome } from './reachable-authenticators.ts';

/** What is known of one app and of all places where its users can add something. */
export interface ShutOutSearch {
  readonly policies: PolicySet;
  /** Made of the rules of all its policies, in a universe of all apps. */
  readonly space: RuleSpace;
  /** What accounts may have without adding anything. */
  readonly given: readonly AuthenticatorDescriptor[];
  /** How users add what they are not given. */
  readonly ways: readonly AdditionWay[];
  /** How many enrollments of one authenticator any rule requires. */
  readonly most: number;
  /** Whether the evaluator finds the rules of the case in these facts. */
  readonly isConfirmed: (facts: UserFacts) => boolean;
}

/** Users who are denied for good, by the facts of one of them. */
export interface ShutOut {
  readonly facts: UserFacts;
  /** Keys of what such a user can have in time, each as often as any rule requires. */
  readonly reachable: readonly string[];
  /** Keys of what such a user can never add. */
  readonly never: readonly string[];
  /** Rules that decide about such a user after one sign-in or another. Empty: no rule asks how the user signed in. */
  readonly after: readonly EnrollmentRule[];
  /** It is so for all users in whose facts the formulas hold. */
  readonly isForAll: boolean;
}

/** Among users in whose facts these formulas hold. Undefined: there are none. */
export function shutOut(formulas: readonly Formula[], search: ShutOutSearch): ShutOut | 'undecided' | undefined {
  return allShutOut(formulas, search) ?? someShutOut(formulas, search);
}

/** Each as often as any rule requires. */
export function asOften({ reachable }: Reachable, most: number): readonly string[] {
  return reachable.flatMap(({ key }) => Array.from({ length: most }, () => key));
}

function additionsOf({ policies: { authenticators }, given, ways }: ShutOutSearch): AdditionSearch {
  return { authenticators, given, ways };
}

/** Nothing that one of them can have in time leads in, after whichever sign-in. */
function allShutOut(formulas: readonly Formula[], search: ShutOutSearch): ShutOut | undefined {
  const all = reachableBySome(formulas, additionsOf(search));
  const reachable = asOften(all, search.most);
  const others: Formula[] = [];
  let found: ShutOut | undefined;
  for (let count = 0; count < mostSignIns; count += 1) {
    const models = modelsOf([...formulas, ...others]);
    if (models === 'impossible') return found;
    if (models === 'undecided') return undefined;
    const facts = models.map((model) => search.space.factsOf(model)).find(search.isConfirmed);
    if (facts === undefined) return undefined;
    const end = endWith(reachable, facts, search);
    if (!end.isDenied) return undefined;
    found ??= { facts, reachable, never: all.never, after: rulesIn(end.after), isForAll: true };
    others.push(negated({ all: alikeAfter(end, search) }));
  }
  return undefined;
}

/** After which other rules decide. */
const mostSignIns = 24;

function someShutOut(formulas: readonly Formula[], search: ShutOutSearch): ShutOut | 'undecided' | undefined {
  return oneByOne<ShutOut>(formulas, { ...additionsOf(search), space: search.space }, (user) => {
    const { facts } = user;
    const reachable = asOften(user.reachable, search.most);
    const end = endWith(reachable, facts, search);
    if (!end.isDenied || !search.isConfirmed(facts)) return { alike: alikeAfter(end, search) };
    return { found: { facts, reachable, never: user.reachable.never, after: rulesIn(end.after), isForAll: false } };
  });
}

/** How sign-ins of a user end. */
interface End {
  readonly isDenied: boolean;
  /** What decides after the sign-in that leads in; or after each, where none does. */
  readonly after: readonly RuleAfterSignIn[];
}

/** With any of what the user has. Only rules that ask how users signed in make a difference. */
function endWith(reachable: readonly string[], facts: UserFacts, { policies }: ShutOutSearch): End {
  const ways = policies.enrollment?.beforeSignIn === undefined ? [] : someOf([...new Set(reachable)]);
  const after: RuleAfterSignIn[] = [];
  for (const used of [reachable, ...ways]) {
    const authenticators = policies.authenticators.map((one) =>
      reachable.includes(one.key) && !used.includes(one.key) ? { ...one, enrollable: false } : one,
    );
    const keys = reachable.filter((key) => used.includes(key));
    const { isDenied, isBeforeSignIn, signedInWith } = signInEnd({ ...policies, authenticators }, facts, keys);
    const stages = signedInWith.flatMap((names) => ruleAfterSignIn(policies, facts, names) ?? []);
    if (!isDenied) return { isDenied, after: stages };
    if (!isBeforeSignIn) after.push(...stages);
  }
  return { isDenied: true, after };
}

function alikeAfter({ after }: End, { policies, space }: ShutOutSearch): readonly Formula[] {
  return after.map((one) => afterSignInAlike(one, policies, space));
}

function rulesIn(after: readonly RuleAfterSignIn[]): readonly EnrollmentRule[] {
  return [...new Set(after.map(({ rule }) => rule))];
}

/** Every set of them but the empty one: with nothing no user signs in. */
function someOf(keys: readonly string[]): readonly (readonly string[])[] {
  const sets: (readonly string[])[] = [[]];
  for (const key of keys) sets.push(...sets.map((some) => [...some, key]));
  return sets.slice(1);
}
