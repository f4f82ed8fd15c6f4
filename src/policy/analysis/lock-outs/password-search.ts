/**
 * Searches for users whose password must be replaced, and who may not replace it: the account policy asks them for more
 * than they have, or it or the enrollment policy forbids it.
 */

import { additionRules, canBeMet } from '../../../core/analysis/accounts/addition-rules.ts';
import { deniedEverywhere } from '../../../core/analysis/accounts/denied-everywhere.ts';
import { type AdditionPlaces, placeFormulas } from '../../../core/analysis/accounts/entry-rules.ts';
import {
  conditionsOf,
  marksIn,
  mayHave,
  type OutcomeOfMarked,
  outcomeOfMarked,
} from '../../../core/analysis/accounts/marked-passwords.ts';
import { type AdditionSearch, reachableBySome } from '../../../core/analysis/accounts/reachable-authenticators.ts';
import { signInOutcome } from '../../../core/analysis/simulation/sign-in-outcomes.ts';
import { isSpent } from '../../../core/analysis/space/find-model.ts';
import { modelOf } from '../../../core/analysis/space/ordinary-facts.ts';
import {
  allowing,
  type Deciding,
  deciding,
  type RuleCombination,
} from '../../../core/analysis/space/rule-combinations.ts';
import type { RuleSpace } from '../../../core/analysis/space/rule-space.ts';
import type { Conditions } from '../../../core/model/conditions.ts';
import type { EnrollmentRule } from '../../../core/model/enrollment-policy.ts';
import type { AuthenticatorDescriptor } from '../../../core/model/facts.ts';
import { defaultPasswordTerms } from '../../../core/model/password-policy.ts';
import type { Rule, RuleHead } from '../../../core/model/policy.ts';
import { beforeSignIn } from '../../../core/policy/rules/compile.ts';
import { conditionSets } from '../../../core/policy/rules/condition-table.ts';
import { findRule } from '../../../core/policy/rules/rules.ts';
import { type Formula, negated, type UserFacts } from '../../../core/policy/theories/theory.ts';
import { type AnalysedApp, rulesOfApp } from '../analysed/analysed-apps.ts';
import type { AnalysedConfiguration } from '../analysed/configuration.ts';
import { isGiven } from './denials/account-additions.ts';
import { additionPlaces } from './denials/addition-apps.ts';
import { formulasOfRule, hereAlone, spaceOf } from './denials/lock-out-finder.ts';
import { isUseOnly, type PasswordOfApp, type PasswordQuestion, questionsAbout } from './password-questions.ts';

/** Users who are denied with a password that must be replaced, or who keep it. */
export interface StuckPassword extends Pick<PasswordQuestion, 'cause' | 'by' | 'mark' | 'keys' | 'hasLess'> {
  readonly outcome: Exclude<OutcomeOfMarked, 'replaced'>;
  /** Key of the authenticator. */
  readonly password: string;
  readonly facts: UserFacts;
  /** Another rule may let such a user replace it in other circumstances. */
  readonly isOnlyThere: boolean;
  /** Users have more once they have signed in with a good password. */
  readonly isBeforeFirst: boolean;
}

/** What was found, and the rules for which the search was not finished. */
export interface StuckPasswordSearch {
  readonly stuck: readonly StuckPassword[];
  readonly undecided: readonly RuleHead[];
}

/** Where users may replace it elsewhere, others are examined who may not: at most this number. */
const mostExamined = 24;

/** The first users for each cause, password rule and mark: all apps have these rules in common. */
export function stuckPasswords(
  apps: readonly AnalysedApp[],
  { universe }: Pick<AnalysedConfiguration, 'universe'>,
): StuckPasswordSearch {
  const places = additionPlaces(apps);
  const found = new Map<string, StuckPassword>();
  const examined = new Map<string, number>();
  const undecided = new Map<string, RuleHead>();
  const isOpen = (key: string) => {
    const known = found.get(key);
    return known === undefined || (!isWorst(known) && (examined.get(key) ?? 0) < mostExamined);
  };
  for (const app of apps) {
    for (const descriptor of app.policies.authenticators.filter(({ underPasswordPolicy }) => underPasswordPolicy)) {
      const search = searchAt(app, descriptor, { universe, places });
      for (const question of questionsAbout(search, isOpen)) {
        const { key, cause } = question;
        const known = found.get(key);
        const stuck = stuckIn(question, search);
        if (known) examined.set(key, (examined.get(key) ?? 0) + 1);
        if (stuck === 'undecided') undecided.set(key, cause);
        else if (stuck && (known === undefined || isWorse(stuck, known))) found.set(key, stuck);
      }
    }
  }
  const open = [...undecided].flatMap(([key, rule]) => (found.has(key) ? [] : [rule]));
  return { stuck: [...found.values()], undecided: [...new Set(open)] };
}

function isWorst({ isOnlyThere, hasLess }: StuckPassword): boolean {
  return !isOnlyThere && !hasLess;
}

function isWorse(one: StuckPassword, other: StuckPassword): boolean {
  if (one.hasLess !== other.hasLess) return !one.hasLess;
  return !one.isOnlyThere && other.isOnlyThere;
}

interface Search extends PasswordOfApp {
  /** Where users replace it, and add authenticators. */
  readonly places: AdditionPlaces;
  /** Of the policies of this app and the password policy, made when it is first asked for. */
  readonly space: () => RuleSpace;
  /** Conditions that hold for accounts from the age on at which rules make no more difference. */
  readonly oldest: readonly Conditions[];
  /** How users of the app come to more authenticators. */
  readonly additions: () => AdditionSearch;
}

function searchAt(
  app: AnalysedApp,
  descriptor: AuthenticatorDescriptor,
  { universe, places }: Pick<AnalysedConfiguration, 'universe'> & Pick<Search, 'places'>,
): Search {
  const { accountPolicy, password } = app.policies;
  const about = accountPolicy?.about({ action: 'change', of: descriptor.key });
  const rules = password?.rules.map(({ rule }) => rule) ?? [];
  const oldest = oldestAccounts([...rulesOfApp(app.policies), ...rules]);
  let made: RuleSpace | undefined;
  let found: AdditionSearch | undefined;
  const space = () => {
    const marks = marksIn(defaultPasswordTerms).concat(rules.flatMap(({ then }) => marksIn(then)));
    const ages = marks.map(conditionsOf).flatMap(({ holding, missing }) => [...holding, ...missing]);
    made ??= spaceOf(app, { universe, places }, [...rules, ...[...ages, ...oldest].map((when) => ({ when }))]);
    return made;
  };
  const additions = () => {
    found ??= additionsOf(app, places, space());
    return found;
  };
  return { app, descriptor, places, ...(about && { about }), oldest, space, additions };
}

function oldestAccounts(rules: readonly RuleHead[]): readonly Conditions[] {
  const bounds = rules
    .flatMap(({ when }) => conditionSets(when))
    .flatMap(({ accountAge: { atLeast = 0, below = 0 } = {} }) => [atLeast, below]);
  const longest = Math.max(0, ...bounds);
  return longest === 0 ? [] : [{ accountAge: { atLeast: longest } }];
}

function additionsOf(
  { policies, denialBudget: budget }: AnalysedApp,
  places: AdditionPlaces,
  space: RuleSpace,
): AdditionSearch {
  const { authenticators } = policies;
  const given = authenticators.filter(isGiven);
  return { authenticators, given, additionRules: additionRules({ ...policies, places }, given, space), space, budget };
}

function stuckIn(question: PasswordQuestion, search: Search): StuckPassword | 'undecided' | undefined {
  const { cause, by, mark, keys, hasLess } = question;
  const { denialBudget: budget } = search.app;
  if (isSpent(budget)) return 'undecided';
  const space = search.space();
  const asking = { reader: space.reader, budget };
  const formulas = formulasOf(question, search);
  const isConfirmed = (some: UserFacts) => doDecide(question, search, some);
  const model = modelOf(formulas, asking, (found) => isConfirmed(space.factsOf(found)));
  // Where there are such facts, and the evaluator finds other rules in them, they show nothing.
  if (model === 'impossible' || (model === 'undecided' && modelOf(formulas, asking) !== model)) return undefined;
  if (model === 'undecided') return model;
  const first = space.factsOf(model);
  const outcome = outcomeIn(question, search, first);
  const isBeforeFirst = signInOutcome(search.app.policies, first, { keys }).added.length > 0;
  // Users who keep it get in, and have more the next time.
  if (outcome === 'replaced' || (outcome === 'kept' && isBeforeFirst)) return undefined;
  if (!canHave(keys, formulas, search)) return undefined;
  const open = waysToReplace(question, search);
  const findEverywhere = (more: readonly Formula[]) =>
    deniedEverywhere({
      denied: [...formulas, ...more],
      open: open.map((way) => [...way, ...more]),
      space,
      budget,
      isConfirmed: (some) => isConfirmed(some) && outcomeIn(question, search, some) === outcome,
    });
  // An account gets older, so that what only young accounts may do helps the others no more.
  const everywhere =
    findEverywhere([]) ?? (search.oldest.length > 0 ? findEverywhere(search.oldest.map(space.applies)) : undefined);
  // Whether another rule lets such users replace it elsewhere is not known.
  if (everywhere === undefined && isSpent(budget)) return 'undecided';
  const stuck = { outcome, cause, mark, password: search.descriptor.key, keys, hasLess, ...(by && { by }) };
  return { ...stuck, facts: everywhere ?? first, isOnlyThere: everywhere === undefined, isBeforeFirst };
}

/** The rules of the question decide, and users may have such a password. */
function formulasOf(question: PasswordQuestion, search: Search): readonly Formula[] {
  const { combination, account, by, mark } = question;
  const { app, policies } = search.app;
  const { about } = search;
  const space = search.space();
  return [
    ...space.onceProved,
    space.applies(hereAlone(app.clientId)),
    ...formulasOfRule(combination.session, policies.session, space),
    ...formulasOfRule(combination.app, policies.app, space),
    ...enrollmentFormulas(combination, policies, space),
    ...(account ? formulasOfRule(account, about, space) : []),
    ...(by ? formulasOfRule(by, policies.password, space) : []),
    ...markFormulas(mark, space),
    ...addingFormulas(question, search),
  ];
}

/** Some rule lets the user add what the sign-in asks for. */
function addingFormulas({ keys, toAdd }: PasswordQuestion, search: Search): readonly Formula[] {
  if (toAdd.length === 0) return [];
  const owned = search.app.policies.authenticators.filter(({ key }) => keys.includes(key));
  const { additionRules: rules } = search.additions();
  const open = rules.filter(({ descriptor, rule }) => toAdd.includes(descriptor.key) && canBeMet(rule, owned));
  return [{ any: open.map(({ formulas }) => ({ all: formulas })) }];
}

function enrollmentFormulas(
  { enrollment: rule }: RuleCombination,
  { enrollment }: AnalysedApp['policies'],
  space: RuleSpace,
): readonly Formula[] {
  return rule && enrollment ? formulasOfRule(rule, beforeSignIn(enrollment), space) : [];
}

function markFormulas(mark: PasswordQuestion['mark'], space: RuleSpace): readonly Formula[] {
  const { holding, missing } = conditionsOf(mark);
  return [...holding.map(space.applies), ...missing.map((when) => negated(space.applies(when)))];
}

/** Whether the evaluator finds the rules of the question in these facts. */
function doDecide(
  { account, by, mark }: PasswordQuestion,
  { app: { policies }, about }: Search,
  facts: UserFacts,
): boolean {
  return (
    mayHave(facts, mark) &&
    (about === undefined || findRule(about, facts).rule === account) &&
    (by === undefined || (policies.password && findRule(policies.password, facts).rule) === by)
  );
}

/** Users who do not get in with a good password either are not asked to replace it. */
function outcomeIn(
  { keys, mark }: PasswordQuestion,
  { app: { policies }, descriptor }: Search,
  facts: UserFacts,
): OutcomeOfMarked {
  if (signInOutcome(policies, facts, { keys }).isDenied) return 'replaced';
  return outcomeOfMarked(policies, facts, { keys, password: descriptor.key, mark });
}

/** Whether a user who matches these formulas may have added these. */
function canHave(keys: readonly string[], formulas: readonly Formula[], { additions: made }: Search): boolean {
  const additions = made();
  const isIn = (some: readonly AuthenticatorDescriptor[]) =>
    keys.every((key) => some.some((descriptor) => descriptor.key === key));
  return isIn(additions.given) || isIn(reachableBySome(formulas, additions).reachable);
}

/** The cases in which rules let a user with these authenticators replace the password, in any other sign-in. */
function waysToReplace(
  { keys, mark }: PasswordQuestion,
  { app: { policies }, descriptor, about, places, space: made }: Search,
): readonly (readonly Formula[])[] {
  const space = made();
  const having = (all: readonly string[]) => policies.authenticators.filter(({ key }) => all.includes(key));
  const accounts: readonly (Deciding<Rule> | undefined)[] = about ? deciding(about, space) : [undefined];
  const enrollments: readonly (Deciding<EnrollmentRule> | undefined)[] = policies.enrollment
    ? deciding(beforeSignIn(policies.enrollment), space)
    : [undefined];
  const inSession = { any: allowing(policies.session, space).map(({ formulas }) => ({ all: formulas })) };
  return enrollments
    .filter((enrollment) => !isUseOnly(enrollment?.rule, descriptor))
    .flatMap((enrollment) => {
      // What is required there is set up first, if necessary.
      const required = enrollment?.rule.then.required.flatMap(({ anyOf }) => anyOf) ?? [];
      return accounts
        .filter((account) => canBeMet(account?.rule, having([...keys, ...required])))
        .flatMap((account) =>
          placeFormulas(places, space).map((entry) => [
            ...(account?.formulas ?? []),
            ...(enrollment?.formulas ?? []),
            ...markFormulas(mark, space),
            inSession,
            ...entry,
          ]),
        );
    });
}
