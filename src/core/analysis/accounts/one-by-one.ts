/**
 * Examines users one by one. A user stands for all others who can reach the same authenticators, so these are not
 * examined again.
 */
import { among, type Formula, negated, type UserFacts } from '../../policy/theories/theory.ts';
import { modelOf, variablesIn } from '../space/ordinary-facts.ts';
import type { RuleSpace } from '../space/rule-space.ts';
import { type AdditionSearch, openAlike, type Reachable, reachableByUser } from './reachable-authenticators.ts';

/** One of the users. */
export interface OneUser {
  readonly facts: UserFacts;
  /** What such a user can reach. */
  readonly reachable: Reachable;
}

/** `alike`: nothing else is found about users who match these formulas and can reach the same. */
export type UserVerdict<Found> = { readonly found: Found } | { readonly alike: readonly Formula[] };

const mostUsers = 24;

/** Searches the users who match the formulas. Undefined: nothing is found for any of them. */
export function oneByOne<Found>(
  formulas: readonly Formula[],
  { space, ...additions }: AdditionSearch & { readonly space: RuleSpace },
  judge: (user: OneUser) => UserVerdict<Found>,
): Found | 'undecided' | undefined {
  const all = variablesIn([...formulas, ...additions.additionRules.flatMap((addition) => addition.formulas)]);
  const lasting = [...all].filter((variable) => variable.lasting);
  const others: Formula[] = [];
  for (let count = 0; count < mostUsers; count += 1) {
    const model = modelOf([...formulas, ...others]);
    if (typeof model === 'string') return model === 'impossible' ? undefined : model;
    const user = new Map(lasting.map((variable) => [variable, model.get(variable) ?? 0]));
    const same = Array.from(user, ([variable, position]) => among(variable, (at) => at === position));
    const reachable = reachableByUser(same, additions);
    const verdict = judge({ facts: space.factsOf(new Map([...model, ...user])), reachable });
    if ('found' in verdict) return verdict.found;
    const alike = openAlike(reachable);
    if (alike === undefined) return 'undecided';
    others.push(negated({ all: [...alike, ...verdict.alike] }));
  }
  return 'undecided';
}
