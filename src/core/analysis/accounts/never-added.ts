/**
 * Finds rules of the account policy by which users can never add an authenticator, because the rules ask for what
 * these users cannot have before. "Never" is proved: every rule that could decide, now or later, here or elsewhere, is
 * considered, and each authenticator is assumed to show all that it can. What only administrators change about a user
 * stays as it is.
 */
import type { AuthenticatorDescriptor } from '../../model/facts.ts';
import type { Rule } from '../../model/policy.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { findRule } from '../../policy/rules/rules.ts';
import type { Formula, UserFacts } from '../../policy/theories/theory.ts';
import { findModel, newBudget } from '../space/find-model.ts';
import type { RuleSpace } from '../space/rule-space.ts';
import { type AdditionRule, additionRules, canBeMet } from './addition-rules.ts';
import { type AdditionSearch, elsewhere, reachableByAll, reachableBySome } from './reachable-authenticators.ts';
import { oneByOne } from './user-by-user.ts';

/** Users who lack an authenticator can never add it. */
export interface NeverAdded {
  readonly key: string;
  /** The rule that asks too much of them. */
  readonly rule: Rule;
  /** The rules that ask too much of them in other circumstances or at another time. */
  readonly others: readonly Rule[];
  /** Every user who could exist, every user for whom the rule decides, or users with facts such as these. */
  readonly whom: 'all' | 'selected' | UserFacts;
}

/** What was found, and the rules for which the search was not finished. */
export interface NeverAddedSearch {
  readonly never: readonly NeverAdded[];
  readonly undecided: readonly Rule[];
}

/** `given`: what an account may have without the account policy. `space`: made of the rules of that policy. */
export function neverAdded(
  { accountPolicy, authenticators }: Pick<PolicySet, 'accountPolicy' | 'authenticators'>,
  given: readonly AuthenticatorDescriptor[],
  space: RuleSpace,
): NeverAddedSearch {
  const never: NeverAdded[] = [];
  const undecided: Rule[] = [];
  if (accountPolicy === undefined) return { never, undecided };
  const rules = additionRules({ accountPolicy, authenticators }, given, space);
  const search = { accountPolicy, authenticators, given, additionRules: rules, space };
  const byAll = reachableByAll(search).reachable;
  for (const addition of rules) {
    const { key } = addition.descriptor;
    const isKnown = never.some((added) => added.key === key && added.others.some((rule) => rule === addition.rule));
    if (isKnown || canBeMet(addition.rule, byAll)) continue;
    const found = neverBy(addition, search);
    if (found === 'undecided') undecided.push(...(addition.rule ? [addition.rule] : []));
    else if (found) never.push({ key, ...found });
  }
  return { never, undecided };
}

interface Search extends AdditionSearch, Required<Pick<PolicySet, 'accountPolicy'>> {
  readonly space: RuleSpace;
}

function neverBy(addition: AdditionRule, search: Search): Omit<NeverAdded, 'key'> | 'undecided' | undefined {
  const { rule, formulas, descriptor } = addition;
  const { key } = descriptor;
  if (rule === undefined || findModel(formulas, newBudget()) === 'impossible') return undefined;
  const isNever = (among: readonly Formula[]) => reachableBySome(among, search).never.includes(key);
  const others = (among: readonly Formula[]) =>
    search.additionRules.flatMap((additionRule) =>
      additionRule !== addition && additionRule.descriptor === descriptor && decides(additionRule, among)
        ? (additionRule.rule ?? [])
        : [],
    );
  if (!isNever(formulas)) {
    const facts = userWithout(addition, search);
    return typeof facts === 'object' ? { rule, others: [], whom: facts } : facts;
  }
  return isNever([]) ? { rule, others: others([]), whom: 'all' } : { rule, others: others(formulas), whom: 'selected' };
}

/** Whether the rule decides, in some circumstance, about a user who matches the formulas. */
function decides(addition: AdditionRule, formulas: readonly Formula[]): boolean {
  return findModel([...formulas, ...addition.formulas.map(elsewhere())], newBudget()) !== 'impossible';
}

/** A user for whom the rule decides and who can never add it, even if other such users can. */
function userWithout(
  { rule, formulas, descriptor: { key } }: AdditionRule,
  search: Search,
): UserFacts | 'undecided' | undefined {
  const about = search.accountPolicy.about({ action: 'add', of: key });
  return oneByOne(formulas, search, ({ facts, isShown, reachable }) =>
    isShown && reachable.never.includes(key) && findRule(about, facts).rule === rule ? { found: facts } : { alike: [] },
  );
}
