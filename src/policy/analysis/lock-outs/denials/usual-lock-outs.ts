/**
 * Whether usual users may be denied for good by a cause, wherever an app asks for the same. No rules of an app are
 * looked at but what they ask for, so one search serves all apps: a bound from above.
 */
import { conditionsOfPlaces } from '../../../../core/analysis/accounts/entry-rules.ts';
import { findLockOut } from '../../../../core/analysis/accounts/find-lock-out.ts';
import { newBudget } from '../../../../core/analysis/space/find-model.ts';
import { onceFor } from '../../../../core/analysis/space/once-for.ts';
import type { RuleCombination } from '../../../../core/analysis/space/rule-combinations.ts';
import {
  areNamedTogether,
  groupsOfAll,
  inNoOthers,
  isOrdinary,
  namedTogether,
} from '../../../../core/analysis/space/usual-groups.ts';
import { locationKey } from '../../../../core/model/location-key.ts';
import { compilePolicy, type PolicySet } from '../../../../core/policy/rules/compile.ts';
import { hasExpression } from '../../../../core/policy/rules/condition-table.ts';
import type { Formula, UserFacts } from '../../../../core/policy/theories/theory.ts';
import type { AnalysedApp } from '../../analysed/analysed-apps.ts';
import type { AnalysedConfiguration } from '../../analysed/configuration.ts';
import type { AccountAdditions } from './account-additions.ts';
import { asksAboutAdditions, rulesAboutAdditions } from './asked-about-additions.ts';
import type { DeniedThere } from './circumstances.ts';
import { type DecidingAdditionRule, governedBy } from './denial-cause.ts';
import { confirming, formulasOf, searchIn } from './lock-out-finder.ts';

/** Where the rules of a cause decide. */
export interface WhereDenied {
  readonly app: AnalysedApp;
  readonly combination: RuleCombination;
  /** The key of what is asked for (`entryKey`). */
  readonly entry: string;
}

/** False: no usual user for whom the rules of the cause decide is denied for good where an app asks for the same. */
export type MayBeUsual = (denied: DeniedThere, where: WhereDenied) => boolean;

/** A bound from above on the users whom a cause locks out. */
interface Bound {
  /** A user in one group at most, or in groups that a rule about what users add names together, may be among them. */
  readonly hasUsual: boolean;
  /** The groups that all of them are in. */
  readonly groups: readonly string[];
}

export function usualLockOuts(
  additions: AccountAdditions,
  configuration: Pick<AnalysedConfiguration, 'universe'>,
): MayBeUsual {
  const boundsFor = onceFor((_session: PolicySet['session']) => new Map<string, Bound>());
  const isOpaque = conditionsOfPlaces(additions.places).some(hasExpression);
  const known = new WeakMap<DeniedThere, string>();
  const decidedOn = (denied: DeniedThere, policies: PolicySet) => {
    const made = () => JSON.stringify(governedAlone(denied, policies).map(({ key, rule }) => [key, rule.location]));
    const found = known.get(denied) ?? made();
    known.set(denied, found);
    return found;
  };
  return (denied, where) => {
    const { app, combination, entry } = where;
    const { policies } = app;
    const asked = asksAboutAdditions(policies);
    // What rules after the sign-in, or expressions, say of such users differs by app.
    if (denied.cause.enrollment || policies.enrollment?.beforeSignIn || isOpaque || asked.hasExpressions) return true;
    const bounds = boundsFor(policies.session);
    const terms = combination.enrollment && locationKey(combination.enrollment);
    const asking = [entry, terms, decidedOn(denied, policies), asked.hasApps && app.app.clientId].join(' ');
    const bound = bounds.get(asking) ?? boundOn(denied, where, { additions, universe: configuration.universe });
    bounds.set(asking, bound);
    return bound.hasUsual || areNamedTogether(bound.groups, signOnRules(policies));
  };
}

const signOnRules = onceFor(({ session, app }: PolicySet) =>
  [...session.rules, ...(app?.rules ?? [])].map(({ rule }) => rule),
);

/** What these rules decide about of which each alone may be the cause elsewhere. */
function governedAlone({ cause, facts }: DeniedThere, policies: PolicySet): readonly DecidingAdditionRule[] {
  return governedBy(cause.account, facts, policies);
}

interface SearchedAdditions extends Pick<AnalysedConfiguration, 'universe'> {
  readonly additions: AccountAdditions;
}

/** Searches as if what the rules of the combination ask for were asked of all users. */
function boundOn(
  denied: DeniedThere,
  { app, combination }: WhereDenied,
  { additions, universe }: SearchedAdditions,
): Bound {
  const session = { ...combination.session, when: {} };
  const signOn = { ...combination.app, when: {} };
  const policies = {
    ...app.policies,
    session: compilePolicy({ name: 'session', rules: [session] }),
    app: compilePolicy({ name: 'app', rules: [signOn] }),
  };
  const asked = { ...denied, app: { ...app, policies }, combination: { ...combination, session, app: signOn } };
  const governed = governedAlone(denied, app.policies);
  const search = searchIn({ ...app, denialBudget: newBudget() }, additions, { universe });
  const formulas = formulasOf(asked, governed, search.space);
  const isConfirmed = confirming(asked, governed);
  const mayLockOut = (more: readonly Formula[], isUsual: (facts: UserFacts) => boolean) => {
    const found = findLockOut([...formulas, ...more], { ...search, policies, isConfirmed });
    return found === 'undecided' || (found !== undefined && isUsual(found.facts));
  };
  const all = [...formulas, ...search.additionRules.flatMap((addition) => addition.formulas)];
  const together = rulesAboutAdditions(policies).flatMap(namedTogether);
  return {
    hasUsual:
      mayLockOut([], (facts) => isOrdinary(facts, [])) ||
      together.some((groups) => mayLockOut(inNoOthers(all, groups), () => true)),
    groups: groupsOfAll(formulas, search.space),
  };
}
