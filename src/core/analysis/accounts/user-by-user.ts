/**
 * Examines users one by one. A user represents all others who can reach the same authenticators, so these are not
 * examined again.
 */
import type { Formula, UserFacts, Variable } from '../../policy/theories/theory.ts';
import { modelOf, variablesIn } from '../space/ordinary-facts.ts';
import type { ClassModel } from '../space/read-formulas.ts';
import { notAll, type RuleSpace } from '../space/rule-space.ts';
import { asIn, asInBoth, userOf } from './one-user.ts';
import {
  type AdditionSearch,
  askingOf,
  openAlike,
  type Reachable,
  reachableByUser,
} from './reachable-authenticators.ts';

/** One of the users. */
export interface OneUser {
  readonly facts: UserFacts;
  /** Expressions are in these facts as they must be, for all that such a user can reach. */
  readonly isShown: boolean;
  /** What such a user can reach. */
  readonly reachable: Reachable;
}

/**
 * `alike`: nothing else is found about users who match these formulas and can reach the same. `isAlways`: neither is it
 * in other searches. `unless`: nothing is found about users for whom it does not hold, this one included.
 */
export type UserResult<Found> =
  | { readonly found: Found }
  | { readonly alike: readonly Formula[]; readonly isAlways?: true }
  | { readonly unless: Formula };

const mostUsers = 24;

/** What does not hold for users of whom it is known that nothing is found about them. A search adds more. */
export type UsersLeftOut = Formula[];

/** Searches the users who match the formulas. Undefined: nothing is found for any of them. */
export function oneByOne<Found>(
  formulas: readonly Formula[],
  additions: AdditionSearch & { readonly space: RuleSpace; readonly leftOut?: UsersLeftOut },
  examine: (user: OneUser) => UserResult<Found>,
): Found | 'undecided' | undefined {
  const { space, leftOut = [] } = additions;
  const asking = askingOf(additions);
  const known = knownUsers(additions);
  const lasting = new Set([...lastingIn(formulas), ...known.lasting]);
  const others: Formula[] = [...leftOut];
  // Facts of another sign-in, which some formulas are about, are none of the user's example.
  let own: ReadonlySet<Variable> | undefined;
  for (let count = 0; count < mostUsers; count += 1) {
    const found = modelOf(others.length === 0 ? formulas : [...formulas, ...others], asking);
    if (typeof found === 'string') return found === 'impossible' ? undefined : found;
    const model = own ? new Map([...found].filter(([variable]) => own?.has(variable))) : found;
    const { user, facts, isShown } = userOf(model, lasting, space);
    const { reachable, alike } = known.of(user);
    const result = examine({ facts, isShown, reachable });
    if ('found' in result) return result.found;
    if ('unless' in result) {
      others.push(result.unless);
      own ??= new Set([...variablesIn(formulas), ...known.variables]);
      continue;
    }
    if (alike === undefined) return 'undecided';
    // What the model leaves open may decide what others of these classes can reach.
    const shown = isShown ? [] : asInBoth(user, model);
    const left = notAll([...shown, ...alike, ...result.alike]);
    others.push(left);
    if (result.isAlways) leftOut.push(left);
  }
  return 'undecided';
}

function lastingIn(formulas: readonly Formula[]): readonly Variable[] {
  return [...variablesIn(formulas)].filter((variable) => variable.lasting);
}

/** What users can reach, and what must be true of others to whom the same is open. */
interface KnownUsers {
  /** What the rules for additions ask about. Whatever else is true of two users, they can reach the same. */
  readonly lasting: readonly Variable[];
  /** All that the rules for additions ask about. */
  readonly variables: ReadonlySet<Variable>;
  readonly of: (user: ClassModel) => { readonly reachable: Reachable; readonly alike: ReturnType<typeof openAlike> };
}

/** Cached by the rules for additions, which all apps share. */
const usersOf = new WeakMap<AdditionSearch['additionRules'], KnownUsers>();

function knownUsers(additions: AdditionSearch): KnownUsers {
  const known = usersOf.get(additions.additionRules) ?? usersIn(additions);
  usersOf.set(additions.additionRules, known);
  return known;
}

function usersIn(additions: AdditionSearch): KnownUsers {
  const variables = variablesIn(additions.additionRules.flatMap(({ formulas }) => formulas));
  const lasting = [...variables].filter((variable) => variable.lasting);
  const found = new Map<string, ReturnType<KnownUsers['of']>>();
  const examined = (user: ClassModel) => {
    const same = new Map(lasting.map((variable) => [variable, user.get(variable) ?? 0]));
    const reachable = reachableByUser(asIn(same), additions);
    return { reachable, alike: openAlike(reachable) };
  };
  const of = (user: ClassModel) => {
    const key = lasting.map((variable) => user.get(variable)).join();
    const one = found.get(key) ?? examined(user);
    found.set(key, one);
    return one;
  };
  return { lasting, variables, of };
}
