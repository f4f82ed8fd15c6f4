/** The sets of authenticators that one user or another can reach. */
import { negated } from '../../policy/theories/theory.ts';
import type { RuleSpace } from '../space/rule-space.ts';
import { canBeMet } from './addition-rules.ts';
import { type AdditionSearch, elsewhere, type Reachable } from './reachable-authenticators.ts';
import { oneByOne } from './user-by-user.ts';

export interface ReachableSets {
  /** Each set once. */
  readonly sets: readonly Reachable[];
  /** Other users may reach other sets: there are too many kinds of users. */
  readonly isPartial: boolean;
}

export function reachableSets(search: AdditionSearch & { readonly space: RuleSpace }): ReachableSets {
  const sets = new Map<string, Reachable>();
  const end = oneByOne<never>([], search, ({ reachable: found }) => {
    const { reachable, never } = found;
    sets.set(JSON.stringify(reachable.map(({ key }) => key).toSorted()), found);
    // Users to whom no other rule is open reach the same set.
    const further = search.additionRules.filter(
      ({ descriptor, rule }) => never.includes(descriptor.key) && canBeMet(rule, reachable),
    );
    return { alike: further.map(({ formulas }) => negated({ all: formulas.map(elsewhere()) })) };
  });
  return { sets: [...sets.values()], isPartial: end === 'undecided' };
}
