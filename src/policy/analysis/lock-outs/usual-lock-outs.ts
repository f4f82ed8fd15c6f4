/**
 * Whether usual users may be denied for good by a cause, wherever an app asks for the same. No rules of an app are
 * looked at but what they ask for, so one search serves all apps: a bound from above.
 */
import { conditionsOfPlaces } from '../../../core/analysis/accounts/entry-rules.ts';
import { findLockOut } from '../../../core/analysis/accounts/find-lock-out.ts';
import { newBudget } from '../../../core/analysis/space/find-model.ts';
import { onceFor } from '../../../core/analysis/space/once-for.ts';
import {
  areNamedTogether,
  groupsOfAll,
  inNoOthers,
  isOrdinary,
  namedTogether,
} from '../../../core/analysis/space/usual-groups.ts';
import { compilePolicy, type PolicySet } from '../../../core/policy/rules/compile.ts';
import { hasExpression } from '../../../core/policy/rules/condition-table.ts';
import type { Formula, UserFacts } from '../../../core/policy/theories/theory.ts';
import type { AnalysedConfiguration } from '../analysed/configuration.ts';
import type { AccountAdditions } from './account-additions.ts';
import { asksAboutAdditions, rulesAboutAdditions } from './asked-about-additions.ts';
import { type DecidingAdditionRule, governedBy } from './denial-cause.ts';
import type { Denied } from './denied-users.ts';
import { confirming, formulasOf, searchIn } from './lock-out-finder.ts';

type Causing = Omit<Denied, 'lockOut' | 'beginning'>;

/**
 * False: no usual user for whom the rules of the cause decide is denied for good where an app asks for the same.
 * `entry`: the key of what is asked for (`entryKey`).
 */
export type MayBeUsual = (denied: Causing, entry: string) => boolean;

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
  return (denied, entry) => {
    const { app, combination, cause } = denied;
    const { policies } = app;
    const asked = asksAboutAdditions(policies);
    // What rules after the sign-in, or expressions, say of such users differs by app.
    if (cause.enrollment || policies.enrollment?.beforeSignIn || isOpaque || asked.hasExpressions) return true;
    const bounds = boundsFor(policies.session);
    const about = governedAlone(denied).map(({ key, rule }) => [key, rule.location]);
    const asking = JSON.stringify([entry, combination.enrollment?.location, about, asked.hasApps && app.app.clientId]);
    const bound = bounds.get(asking) ?? boundOn(denied, additions, configuration);
    bounds.set(asking, bound);
    return bound.hasUsual || areNamedTogether(bound.groups, signOnRules(policies));
  };
}

const signOnRules = onceFor(({ session, app }: PolicySet) =>
  [...session.rules, ...(app?.rules ?? [])].map(({ rule }) => rule),
);

/** What these rules decide about of which each alone may be the cause elsewhere. */
function governedAlone({ app, cause, facts }: Causing): readonly DecidingAdditionRule[] {
  return governedBy(cause.account, facts, app.policies);
}

/** Searches as if what the rules of the combination ask for were asked of all users. */
function boundOn(
  denied: Causing,
  additions: AccountAdditions,
  configuration: Pick<AnalysedConfiguration, 'universe'>,
): Bound {
  const { app, combination } = denied;
  const session = { ...combination.session, when: {} };
  const signOn = { ...combination.app, when: {} };
  const policies = {
    ...app.policies,
    session: compilePolicy({ name: 'session', rules: [session] }),
    app: compilePolicy({ name: 'app', rules: [signOn] }),
  };
  const asked = { ...denied, app: { ...app, policies }, combination: { ...combination, session, app: signOn } };
  const governed = governedAlone(denied);
  const search = searchIn({ ...app, denialBudget: newBudget() }, additions, configuration);
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
