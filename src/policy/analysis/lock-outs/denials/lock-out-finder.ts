/** Finds the users of an app who are denied for good, and by which rules. */

import { additionRules } from '../../../../core/analysis/accounts/addition-rules.ts';
import { afterSignInFormulas } from '../../../../core/analysis/accounts/after-sign-in-rules.ts';
import { conditionsOfPlaces } from '../../../../core/analysis/accounts/entry-rules.ts';
import { asOften, findLockOut, type LockOutSearch } from '../../../../core/analysis/accounts/find-lock-out.ts';
import { reachableByAll, reachableBySome } from '../../../../core/analysis/accounts/reachable-authenticators.ts';
import { reachableSets } from '../../../../core/analysis/accounts/reachable-sets.ts';
import { signInOutcome } from '../../../../core/analysis/simulation/sign-in-outcomes.ts';
import { isSignInDenied } from '../../../../core/analysis/simulation/simulated-outcome.ts';
import { decidingFormulas } from '../../../../core/analysis/space/deciding-formulas.ts';
import { decideTogether } from '../../../../core/analysis/space/rule-combinations.ts';
import { type RuleSpace, ruleSpace } from '../../../../core/analysis/space/rule-space.ts';
import type { Rule, RuleHead } from '../../../../core/model/policy.ts';
import { compileAccountPolicy } from '../../../../core/policy/rules/account-policy.ts';
import { beforeSignIn, type CompiledPolicy, type PolicySet } from '../../../../core/policy/rules/compile.ts';
import { findRule } from '../../../../core/policy/rules/rules.ts';
import type { Formula } from '../../../../core/policy/theories/theory.ts';
import { accountClientId } from '../../../model/account-client-id.ts';
import { type AnalysedApp, rulesOfApp } from '../../analysed/analysed-apps.ts';
import type { AnalysedConfiguration } from '../../analysed/configuration.ts';
import { type AccountAdditions, isGiven } from './account-additions.ts';
import { clientIdsOf } from './addition-apps.ts';
import { type DecidingAdditionRule, governedBy } from './denial-cause.ts';
import type { Denied, LockOutFinder } from './denied-users.ts';

export function lockOutFinder(
  additions: AccountAdditions,
  configuration: Pick<AnalysedConfiguration, 'universe'>,
): LockOutFinder {
  const known = new Map<AnalysedApp, AppSearch>();
  const searchOf = (app: AnalysedApp) => {
    const search = known.get(app) ?? searchIn(app, additions, configuration);
    known.set(app, search);
    return search;
  };
  const find: LockOutFinder['find'] = (denied, letIn) => {
    const { app, facts } = denied;
    const search = searchOf(app);
    const { closed, keysOfAll, reachable: _, ...others } = search;
    // The result differs by user if rules ask how users signed in.
    const isSameForAll = app.policies.enrollment?.beforeSignIn === undefined;
    if (isSameForAll && !signInOutcome(closed, facts, { keys: keysOfAll }).isDenied) return undefined;
    const among = (rules: readonly Rule[]) => {
      const governed = governedBy(rules, facts, app.policies);
      const by = (some: readonly DecidingAdditionRule[]) =>
        findLockOut(
          formulasOf(denied, some, search.space),
          { ...others, isConfirmed: confirming(denied, some) },
          letIn,
        );
      const found = by(governed);
      if (typeof found !== 'object' || !found.isForAll) return found;
      return { ...found, isForAll: eachOfOne(governed).every((some) => isForAll(by(some))) };
    };
    const { account, together } = denied.cause;
    const found = among([...account, ...together]);
    // The rules that cause it together may decide only here and now. Elsewhere, or later, the others may be the cause.
    return found === undefined && together.length > 0 ? among(account) : found;
  };
  const isLike: LockOutFinder['isLike'] = (app, clientId) => known.get(app)?.space.isLike(clientId) ?? true;
  return { find, reachable: (app) => searchOf(app).reachable(), isLike };
}

/** What users can have, each set once. */
function reachableIn({
  policies,
  space,
  given,
  additionRules: rules,
  most,
  budget,
}: Omit<LockOutSearch, 'isConfirmed'>): ReachableKeys {
  const { sets, isPartial } = reachableSets({
    authenticators: policies.authenticators,
    given,
    additionRules: rules,
    space,
    ...(budget && { budget }),
  });
  return { sets: sets.map((set) => asOften(set, most)), isPartial };
}

/** A rule may decide about several authenticators, for some users about fewer. Each way to take one for each rule. */
function eachOfOne(governed: readonly DecidingAdditionRule[]): readonly (readonly DecidingAdditionRule[])[] {
  const byRule = [...Map.groupBy(governed, ({ rule }) => rule).values()];
  if (byRule.length === governed.length) return [];
  return byRule.reduce<readonly (readonly DecidingAdditionRule[])[]>(
    (all, some) => all.flatMap((taken) => some.map((next) => [...taken, next])),
    [[]],
  );
}

function isForAll(found: ReturnType<typeof findLockOut>): boolean {
  return typeof found === 'object' && found.isForAll;
}

type ReachableKeys = ReturnType<LockOutFinder['reachable']>;

interface AppSearch extends Omit<LockOutSearch, 'isConfirmed'> {
  /** Its policies, and nothing can be added. */
  readonly closed: PolicySet;
  /** The authenticators that every user can reach. */
  readonly keysOfAll: readonly string[];
  /** What one user or another can have; searched once for all rule combinations. */
  readonly reachable: () => ReachableKeys;
}

/** What the search for such users at one app begins with. */
export function searchIn(
  app: Pick<AnalysedApp, 'app' | 'policies' | 'denialBudget'>,
  { most, places }: AccountAdditions,
  { universe }: Pick<AnalysedConfiguration, 'universe'>,
): AppSearch {
  const { policies } = app;
  const space = spaceOf(app, { universe, places });
  const given = policies.authenticators.filter(isGiven);
  const rules = additionRules({ ...policies, places }, given, space);
  const search = { policies, space, given, most, additionRules: rules, budget: app.denialBudget };
  const closed = { ...policies, accountPolicy: noAdditions };
  const keysOfAll = asOften(reachableByAll({ ...search, authenticators: policies.authenticators }), most);
  let found: ReachableKeys | undefined;
  const reachable = () => {
    found ??= reachableIn(search);
    return found;
  };
  return { ...search, closed, keysOfAll, reachable };
}

const noAdditions = compileAccountPolicy({
  name: 'account',
  rules: [{ name: 'none', when: {}, then: { kind: 'deny' } }],
});

/** Users add something at any of these places. `more`: other rules that decide there. */
export function spaceOf(
  { app: { clientId }, policies }: Pick<AnalysedApp, 'app' | 'policies'>,
  { universe, places }: Pick<AnalysedConfiguration, 'universe'> & Pick<AccountAdditions, 'places'>,
  more: readonly Pick<RuleHead, 'when'>[] = [],
): RuleSpace {
  const whens = [...rulesOfApp(policies), ...more].map(({ when }) => when);
  const clientIds = new Set([clientId, ...clientIdsOf(places)]);
  return ruleSpace([...whens, hereAlone(clientId), ...conditionsOfPlaces(places)], universe([...clientIds]));
}

export function hereAlone(clientId: string): RuleHead['when'] {
  return { apps: { any: [clientId] } };
}

/** The rules of the combination decide in this app, and these of the account policy on what is named with them. */
export function formulasOf(
  { app, combination, after }: Omit<Denied, 'lockOut' | 'beginning'>,
  governed: readonly DecidingAdditionRule[],
  space: RuleSpace,
): readonly Formula[] {
  const { session, app: signOn, enrollment } = app.policies;
  return [
    ...space.onceProved,
    space.applies(hereAlone(app.app.clientId)),
    ...formulasOfRule(combination.session, session, space),
    ...formulasOfRule(combination.app, signOn, space),
    ...(combination.enrollment
      ? formulasOfRule(combination.enrollment, enrollment && beforeSignIn(enrollment), space)
      : []),
    ...(after ? afterSignInFormulas(after, app.policies, space) : []),
    ...governed.flatMap(({ policy, rule }) => formulasOfRule(rule, policy, space)),
  ];
}

/** What must hold so that the rule decides. */
export function formulasOfRule(
  rule: RuleHead,
  policy: CompiledPolicy<RuleHead> | undefined,
  space: RuleSpace,
): readonly Formula[] {
  const rules = policy?.rules.map((compiled) => compiled.rule) ?? [];
  const at = rules.indexOf(rule);
  return at < 0 ? [] : decidingFormulas(rule, rules.slice(0, at), space);
}

/** Whether the evaluator finds the rules of the combination, and these of the account policy, in facts. */
export function confirming(
  { app, combination }: Pick<Denied, 'app' | 'combination'>,
  governed: readonly DecidingAdditionRule[],
): LockOutSearch['isConfirmed'] {
  return (facts) =>
    decideTogether(app.policies, combination, facts) &&
    governed.every(({ policy, rule }) => findRule(policy, facts).rule === rule);
}

/** Whether some user of the finding may add at the account pages what the causing rules keep from being added here. */
export function mayAddAtPages(
  denied: Omit<Denied, 'lockOut'>,
  places: AccountAdditions['places'],
  { universe }: Pick<AnalysedConfiguration, 'universe'>,
): boolean {
  const { app, cause, facts } = denied;
  const { policies } = app;
  const atPages = hereAlone(accountClientId);
  const space = spaceOf(app, { universe, places }, [{ when: atPages }]);
  const given = policies.authenticators.filter(isGiven);
  const governed = governedBy([...cause.account, ...cause.together], facts, policies);
  const keys = governed.map(({ key }) => key);
  // What else it takes may be added in apps.
  const rules = additionRules({ ...policies, places }, given, space).map((addition) =>
    keys.includes(addition.descriptor.key)
      ? { ...addition, formulas: [...addition.formulas, space.applies(atPages)] }
      : addition,
  );
  const search = { authenticators: policies.authenticators, given, additionRules: rules, space };
  const { never } = reachableBySome(formulasOf(denied, governed, space), search);
  return keys.some((key) => !never.includes(key));
}

/**
 * Among the authenticators that can never be added, those about which the causing rules decide; if possible, those
 * that would let the user in.
 */
export function neverByCause({ app, cause, facts, lockOut }: Denied): readonly string[] {
  if (lockOut === undefined) return [];
  const { disabled = [], useOnly = [] } = cause.enrollment?.then ?? {};
  const governed = governedBy([...cause.account, ...cause.together], facts, app.policies);
  const named = [...governed.map(({ key }) => key), ...disabled, ...useOnly];
  const never = lockOut.never.filter((key) => named.includes(key));
  const enough = never.filter((key) => !isSignInDenied(app.policies, lockOut.facts, [...lockOut.reachable, key]));
  return enough.length > 0 ? enough : never;
}
