/** Users who are denied with what their account begins with, as findings: at the rule that is the cause. */
import { accountCause, additionRules } from '../../core/analysis/account-cause.ts';
import { findModel, newBudget } from '../../core/analysis/find-model.ts';
import { endsInDenial, isLockedOut } from '../../core/analysis/lock-outs.ts';
import { isOrdinary } from '../../core/analysis/ordinary-facts.ts';
import { deciding, ordinaryCase, type PolicyCase } from '../../core/analysis/policy-cases.ts';
import type { Rule, RuleHead } from '../../core/model/policy.ts';
import type { PolicySet } from '../../core/policy/compile.ts';
import { findRule } from '../../core/policy/rules.ts';
import type { UserFacts } from '../../core/policy/theory.ts';
import type { AnalysisFinding } from '../model/analysis-finding.ts';
import { findingAt } from '../source/finding-at.ts';
import { type AccountAdditions, accountAdditions, neverAddedFindings } from './account-additions.ts';
import type { AnalysedApp } from './analysed-apps.ts';
import { type AnalysedConfiguration, namedRule } from './configuration.ts';
import { exampleOptions } from './example-options.ts';
import { ranOut } from './ran-out.ts';

/** What an account begins with. */
interface Beginning {
  readonly keys: readonly string[];
  readonly how: string;
}

/** Rules that let a newcomer in, who is denied in the end all the same. */
interface Denied {
  readonly app: AnalysedApp;
  readonly one: PolicyCase;
  readonly beginning: Beginning;
  readonly facts: UserFacts;
  /** The rules of the account policy that are the cause. None: it is in another policy, or in several. */
  readonly cause: readonly Rule[];
  /** Nothing that accounts can come to have leads there. */
  readonly isForAll: boolean;
}

/** One for each rule of the account policy that is the cause, and for each sign-on rule where none is. */
export function newcomerFindings(
  apps: readonly AnalysedApp[],
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const additions = accountAdditions(apps, configuration);
  const all = apps.flatMap((app) => app.cases.map((one) => deniedIn(one, app, additions)));
  const denied = all.flatMap((one) => one.denied ?? []);
  const byCause = Map.groupBy(denied, ({ cause: [first], isForAll }) =>
    first ? JSON.stringify([first.location, isForAll]) : '',
  );
  const found = [...byCause.values()].flatMap((same) => {
    const [first] = same;
    if (first?.cause.length === 0) return same.flatMap((one) => atSignOn(one, configuration));
    return first?.isForAll ? lockedOut(same, additions, configuration) : shutOut(same, configuration);
  });
  const told = new Set(denied.flatMap(({ cause, isForAll }) => (isForAll ? cause : [])));
  const open = [...new Set(all.flatMap((one) => one.open))];
  return [
    ...found,
    ...neverAddedFindings(additions, told, configuration),
    ...ranOut(open, 'whether it keeps users from adding what they are asked for', configuration),
  ];
}

/** With what an account has that was imported with a password and an address, or registered with an address. */
function deniedIn(one: PolicyCase, app: AnalysedApp, additions: AccountAdditions): Search {
  if (isLockedOut(app.policies, one)) return { open: [] };
  const { everywhere, open } = circumstancesOf(one, app);
  for (const beginning of beginningsAt(app)) {
    const { keys } = beginning;
    const facts = keys.length > 0 ? everywhere.find((some) => isDenied({ ...one, facts: some }, app, keys)) : undefined;
    if (facts)
      return { denied: { app, one, beginning, facts, ...causeOf({ one, facts, keys }, app, additions) }, open: [] };
  }
  return { open };
}

interface Search {
  readonly denied?: Denied;
  /** Rules of the account policy that may decide about newcomers or not: the steps of the search did not suffice. */
  readonly open: readonly Rule[];
}

interface Tried {
  readonly one: PolicyCase;
  readonly facts: UserFacts;
  readonly keys: readonly string[];
}

type Cause = Pick<Denied, 'cause' | 'isForAll'>;

/** By the rules that decide: they ask for the same, whatever the facts. */
const causes = new WeakMap<PolicySet, Map<string, Cause>>();

function causeOf({ one, facts, keys }: Tried, { policies }: AnalysedApp, additions: AccountAdditions): Cause {
  const known = causes.get(policies) ?? new Map<string, Cause>();
  causes.set(policies, known);
  const rules = additionRules(policies, facts);
  const key = JSON.stringify([keys, termsKey(one, facts, policies), rules.map(({ location }) => location)]);
  const before = known.get(key);
  if (before) return before;
  const cause = accountCause(policies, rules, (some) => endsInDenial(some, facts, keys));
  const isForAll = neverBy(cause, additions).length > 0 && endsInDenial(policies, facts, additions.everything);
  known.set(key, { cause, isForAll });
  return { cause, isForAll };
}

/** Keys of what no account can ever add, of those about which these rules may decide. */
function neverBy(cause: readonly Rule[], { never }: AccountAdditions): readonly string[] {
  return never.filter(({ rules }) => rules.some((rule) => cause.includes(rule))).map(({ key }) => key);
}

/** Facts of the case, and of it wherever another rule of the account policy says who may add an authenticator. */
function circumstancesOf({ facts, formulas }: PolicyCase, { policies, space }: AnalysedApp) {
  const { accountPolicy, authenticators } = policies;
  const everywhere = [facts];
  const open: Rule[] = [];
  for (const { key } of authenticators) {
    const rules = accountPolicy ? deciding(accountPolicy.about({ action: 'add', of: key }), space) : [];
    for (const { rule, formulas: own } of rules) {
      const found = findModel([...formulas, ...own], newBudget());
      if (typeof found === 'object') everywhere.push(space.factsOf(found.model));
      if (found === 'undecided') open.push(rule);
    }
  }
  return { everywhere, open };
}

/** What accounts begin with. Users register where the profile policy of the app lets them. */
function beginningsAt({ policies: { authenticators, profile } }: AnalysedApp): readonly Beginning[] {
  const keysOf = (begins: (one: Marks) => boolean) => authenticators.filter(begins).map(({ key }) => key);
  const terms = profile?.rules.flatMap(({ rule }) => rule.then.registration ?? []) ?? [];
  const both = keysOf((one) => one.underPasswordPolicy ?? one.registers ?? false);
  const addressAlone = keysOf((one) => one.registers ?? false);
  return [
    { how: 'an import', keys: both },
    ...(terms.some(({ password }) => !password) ? [{ how: 'a registration', keys: addressAlone }] : []),
  ];
}

interface Marks {
  readonly underPasswordPolicy?: true;
  readonly registers?: true;
}

/** The same rules ask for the same, whatever the facts. Those of the account policy are found by the facts. */
const answersOf = new WeakMap<PolicySet, Map<string, boolean>>();

function isDenied(one: PolicyCase, { policies }: AnalysedApp, keys: readonly string[]): boolean {
  const answers = answersOf.get(policies) ?? new Map<string, boolean>();
  answersOf.set(policies, answers);
  const governing = policies.authenticators.map(({ key: of }) => {
    return (
      policies.accountPolicy && findRule(policies.accountPolicy.about({ action: 'add', of }), one.facts).rule?.then
    );
  });
  const key = JSON.stringify([keys, governing, termsKey(one, one.facts, policies)]);
  const denied = answers.get(key) ?? endsInDenial(policies, one.facts, keys);
  answers.set(key, denied);
  return denied;
}

function termsKey({ session, app, enrollment }: PolicyCase, facts: UserFacts, policies: PolicySet): string {
  // Before the first proof the past does not count, and other rules may decide.
  const before = { ...facts, evidence: [] };
  const first = [policies.session, policies.app].map((policy) => policy && findRule(policy, before).rule?.then);
  return JSON.stringify([session.then, app.then, enrollment?.then, first]);
}

function atSignOn({ one, beginning, facts }: Denied, { placeOf }: AnalysedConfiguration): readonly AnalysisFinding[] {
  const place = placeOf(one.app);
  if (place === undefined) return [];
  return [
    findingAt('newcomer-lock-out', place, {
      message: `denies ${newcomersInWords(beginning)}: they cannot set up there what it asks for`,
      rules: one.enrollment ? [namedRule(one.enrollment)] : [],
      example: exampleOptions(facts, beginning.keys),
      advice: 'let them set it up there, by the enrollment and the account policy, or take what they have',
    }),
  ];
}

function newcomersInWords({ keys, how }: Beginning): string {
  return `users who have nothing but ${keys.join(' and ')}, as after ${how}`;
}

/** Where other rules of the account policy decide, or later, they could add it. */
function shutOut(same: readonly Denied[], { placeOf }: AnalysedConfiguration): readonly AnalysisFinding[] {
  const [first] = same;
  const place = first?.cause[0] && placeOf(first.cause[0]);
  if (first === undefined || place === undefined) return [];
  const { beginning, facts } = same.find((denied) => isOrdinary(denied.facts, rulesOf(denied))) ?? first;
  return [
    findingAt('newcomer-lock-out', place, {
      message: `shuts ${newcomersInWords(beginning)}, out of ${appsInWords(same)}: they cannot add there what is asked for`,
      rules: distinctRules(same).slice(0, mostNamed).map(namedRule),
      example: exampleOptions(facts, beginning.keys),
      advice: `${askForOneFactor(first)}, or have them add it first where another rule of this policy lets them`,
    }),
  ];
}

function lockedOut(
  same: readonly Denied[],
  additions: AccountAdditions,
  { placeOf }: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const [first] = same;
  const place = first?.cause[0] && placeOf(first.cause[0]);
  if (first === undefined || place === undefined) return [];
  const ordinary = same.flatMap((denied) => ordinaryExample(denied, additions.everything))[0];
  const never = neverBy(first.cause, additions).join(' or ');
  const involved = distinctRules(same);
  const whom = involved.length > mostNamed ? 'such rules as are named here' : 'the rules named here';
  return [
    findingAt('lock-out', place, {
      message: `shuts all users for whom ${whom} decide out of ${appsInWords(same)}: no user who lacks ${never} can ever add it`,
      ...(!ordinary && { severity: 'warning' as const }),
      rules: involved.slice(0, mostNamed).map(namedRule),
      example: exampleOptions(ordinary ?? first.facts, [...new Set(additions.everything)]),
      advice: `${askForOneFactor(first)}, or do not ask for ${never} there`,
    }),
  ];
}

/** Facts of a user in one group at most, or in groups that a rule names together, whom everything leads nowhere. */
function ordinaryExample(denied: Denied, everything: readonly string[]): readonly UserFacts[] {
  const { app, one, facts } = denied;
  const found = [facts, ordinaryCase(one, app.space)].find(
    (some) => some && isOrdinary(some, rulesOf(denied)) && endsInDenial(app.policies, some, everything),
  );
  return found ? [found] : [];
}

/** Users prove in any case what their account can (Law 7), so that nothing is lost. */
function askForOneFactor({ cause }: Denied): string {
  const where = cause.length > 1 ? 'here and in the other rules of this policy that are named' : 'here';
  return `say \`allow: { factors: 1 }\` ${where}, as users prove all that their account can in any case`;
}

function rulesOf({ one, cause }: Pick<Denied, 'one' | 'cause'>): readonly Rule[] {
  return [
    one.session,
    one.app,
    ...cause,
    ...(one.enrollment ? [{ ...one.app, ...{ when: one.enrollment.when } }] : []),
  ];
}

/** Rules that are named with it. */
const mostNamed = 6;

/** Other rules of the account policy, rules of the enrollment policy, and those that let users in. */
function distinctRules(same: readonly Denied[]): readonly RuleHead[] {
  const all: readonly RuleHead[] = [
    ...same.flatMap(({ cause }) => cause.slice(1)),
    ...same.flatMap(({ one }) => one.enrollment ?? []),
    ...same.flatMap(({ one }) => one.app),
  ];
  const byPlace = new Map(all.map((rule) => [JSON.stringify(rule.location), rule]));
  return [...byPlace.values()];
}

/** Apps that are named. */
const mostApps = 3;

function appsInWords(same: readonly Denied[]): string {
  const apps = [...new Set(same.map(({ app }) => app))];
  const count = apps.reduce((sum, app) => sum + app.count, 0);
  const names = apps.flatMap((app) => app.names).slice(0, mostApps);
  const more = count > names.length ? ` and ${count - names.length} more` : '';
  return count === 1 ? `the app ${names.join('')}` : `${count} apps (${names.join(', ')}${more})`;
}
