/**
 * Finds authenticators that no account which lacks them can ever come to have, because of what the account policy asks
 * for. "Never" is proved: whatever may decide may do so, and what an account can have counts at its best.
 */
import type { AuthenticatorDescriptor } from '../model/facts.ts';
import type { Rule } from '../model/policy.ts';
import type { PolicySet } from '../policy/compile.ts';
import { canBeMet } from './addition-ways.ts';
import { findModel, newBudget } from './find-model.ts';
import { deciding } from './policy-cases.ts';
import type { RuleSpace } from './rule-space.ts';

/** What accounts can come to have. */
export interface Addable {
  /** Keys of the authenticators: what accounts are given, and what can be added by and by. */
  readonly had: readonly string[];
  readonly never: readonly NeverAdded[];
}

/** No account can add it. */
export interface NeverAdded {
  readonly key: string;
  /** The rules of the account policy that may decide about adding it. */
  readonly rules: readonly Rule[];
}

/** `given`: what an account may have without the account policy. `space`: made of the rules of that policy. */
export function addable(
  { accountPolicy, authenticators }: Pick<PolicySet, 'accountPolicy' | 'authenticators'>,
  given: readonly AuthenticatorDescriptor[],
  space: RuleSpace,
): Addable {
  if (accountPolicy === undefined) return { had: authenticators.map(({ key }) => key), never: [] };
  const others = authenticators.filter(({ key }) => !given.some((one) => one.key === key));
  let missing = others.map((descriptor) => {
    const about = deciding(accountPolicy.about({ action: 'add', of: descriptor.key }), space);
    const rules = about.filter(({ formulas }) => findModel(formulas, newBudget()) !== 'impossible');
    return { descriptor, rules: rules.map(({ rule }) => rule) };
  });
  const had = [...given];
  for (;;) {
    const [added, left] = partition(missing, ({ rules }) => rules.some((rule) => canBeMet(rule, had)));
    if (added.length === 0) break;
    had.push(...added.map(({ descriptor }) => descriptor));
    missing = left;
  }
  const never = missing.map(({ descriptor: { key }, rules }) => ({ key, rules }));
  return { had: had.map(({ key }) => key), never };
}

type Partition<Item> = [readonly Item[], Item[]];

function partition<Item>(items: readonly Item[], isIn: (item: Item) => boolean): Partition<Item> {
  return [items.filter(isIn), items.filter((item) => !isIn(item))];
}
