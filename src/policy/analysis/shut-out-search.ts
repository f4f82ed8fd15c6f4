/** Asks of an app whom the rules that are the cause of a denial shut out for good. */
import { additionWays } from '../../core/analysis/addition-ways.ts';
import { endsInDenial } from '../../core/analysis/lock-outs.ts';
import { decideTogether, deciding } from '../../core/analysis/policy-cases.ts';
import { type RuleSpace, ruleSpace } from '../../core/analysis/rule-space.ts';
import { hadByAll, type ShutOutSearch, shutOut } from '../../core/analysis/shut-out.ts';
import type { Rule, RuleHead } from '../../core/model/policy.ts';
import { compileAccountPolicy } from '../../core/policy/account-policy.ts';
import { beforeSignIn, type CompiledPolicy, type CompiledRule, type PolicySet } from '../../core/policy/compile.ts';
import { findRule } from '../../core/policy/rules.ts';
import type { Formula } from '../../core/policy/theory.ts';
import { type AccountAdditions, isGiven } from './account-additions.ts';
import type { AnalysedApp } from './analysed-apps.ts';
import type { AnalysedConfiguration } from './configuration.ts';
import { type Denied, type FindForGood, isDenied } from './denied-newcomers.ts';

export function forGoodIn(additions: AccountAdditions, configuration: AnalysedConfiguration): FindForGood {
  const known = new Map<AnalysedApp, AppSearch>();
  return (denied) => {
    const { app, one, facts } = denied;
    const search = known.get(app) ?? searchIn(app, additions, configuration);
    known.set(app, search);
    const { closed, everyone, ...others } = search;
    if (!isDenied({ ...one, facts }, closed, everyone)) return undefined;
    const isConfirmed = (some: Denied['facts']) =>
      decideTogether(app.policies, one, some) && causeDecides(denied, some);
    return shutOut(formulasOf(denied, search.space), { ...others, isConfirmed });
  };
}

interface AppSearch extends Omit<ShutOutSearch, 'isConfirmed'> {
  /** Its policies, and nothing can be added. */
  readonly closed: PolicySet;
  /** What every user can come to have. */
  readonly everyone: readonly string[];
}

function searchIn(app: AnalysedApp, { most }: AccountAdditions, configuration: AnalysedConfiguration): AppSearch {
  const { policies } = app;
  const space = spaceOf(app, configuration);
  const given = policies.authenticators.filter(isGiven);
  const search = { policies, space, given, most, ways: additionWays(policies, given, space) };
  const none: Rule = { name: 'none', when: {}, then: { kind: 'deny' } };
  const closed = { ...policies, accountPolicy: compileAccountPolicy({ name: 'account', rules: [none] }) };
  return { ...search, closed, everyone: hadByAll(search) };
}

/** Users add something at any app, and at the pages of their account. */
function spaceOf({ app: { clientId }, policies }: AnalysedApp, { policies: all, universe }: AnalysedConfiguration) {
  const { session, app, enrollment, accountPolicy } = policies;
  const compiled: readonly CompiledRule<RuleHead>[] = [
    ...session.rules,
    ...(app?.rules ?? []),
    ...(enrollment ? beforeSignIn(enrollment).rules : []),
  ];
  const rules = [...compiled.map(({ rule }) => rule), ...(accountPolicy?.rules ?? [])];
  const others = all.filter(({ kind }) => kind === 'account' || kind === 'enrollment');
  const clientIds = new Set([clientId, ...others.flatMap((one) => one.clientIds)]);
  return ruleSpace([...rules.map(({ when }) => when), hereAlone(clientId)], universe([...clientIds]));
}

function hereAlone(clientId: string): RuleHead['when'] {
  return { apps: { any: [clientId] } };
}

/** The rules of the case decide in this app, and those of the account policy that are the cause. */
function formulasOf(denied: Omit<Denied, 'forGood'>, space: RuleSpace): readonly Formula[] {
  const { app, one } = denied;
  const { session, app: signOn, enrollment } = app.policies;
  return [
    ...space.onceProved,
    space.applies(hereAlone(app.app.clientId)),
    ...decides(one.session, session, space),
    ...decides(one.app, signOn, space),
    ...(one.enrollment ? decides(one.enrollment, enrollment && beforeSignIn(enrollment), space) : []),
    ...governed(denied).flatMap(({ policy, rule }) => decides(rule, policy, space)),
  ];
}

function decides(rule: RuleHead, policy: CompiledPolicy<RuleHead> | undefined, space: RuleSpace): readonly Formula[] {
  return policy ? deciding(policy, space).flatMap((one) => (one.rule === rule ? one.formulas : [])) : [];
}

/** What the rules of the account policy that are the cause decide about, in the facts of the denial. */
function governed({ app: { policies }, cause, facts }: Omit<Denied, 'forGood'>) {
  const { accountPolicy, authenticators } = policies;
  return authenticators.flatMap(({ key, enrollable }) => {
    const policy = enrollable ? accountPolicy?.about({ action: 'add', of: key }) : undefined;
    const rule = policy && findRule(policy, facts).rule;
    return policy && rule && cause.account.includes(rule) ? [{ key, policy, rule }] : [];
  });
}

function causeDecides(denied: Omit<Denied, 'forGood'>, facts: Denied['facts']): boolean {
  return governed(denied).every(({ policy, rule }) => findRule(policy, facts).rule === rule);
}

/** Of what can never be added, that about which the rules that are the cause decide; if possible, what leads in. */
export function neverByCause(denied: Denied): readonly string[] {
  const { app, cause, forGood } = denied;
  if (forGood === undefined) return [];
  const { disabled = [], useOnly = [] } = cause.enrollment?.then ?? {};
  const named = [...governed(denied).map(({ key }) => key), ...disabled, ...useOnly];
  const never = forGood.never.filter((key) => named.includes(key));
  const enough = never.filter((key) => !endsInDenial(app.policies, forGood.facts, [...forGood.had, key]));
  return enough.length > 0 ? enough : never;
}
