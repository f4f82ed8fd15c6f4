/**
 * Apps that are alike: their sign-on policies say the same about other groups. No search and no decision depends on
 * what a group or an app is called. So what is found for one app holds for those that are like it, with their groups.
 * Parts of expressions may depend on what the app is called. Apps that nothing else tells apart are alike if all parts
 * that were evaluated for the one have the same results at the other.
 */

import type { AdditionPlaces } from '../../../core/analysis/accounts/entry-rules.ts';
import { onceFor } from '../../../core/analysis/space/once-for.ts';
import type { ClassModel } from '../../../core/analysis/space/read-formulas.ts';
import type { RuleCombination } from '../../../core/analysis/space/rule-combinations.ts';
import { haveSameResults } from '../../../core/analysis/space/same-results.ts';
import type { AnyAllNone, CompiledExpression } from '../../../core/model/conditions.ts';
import type { RuleHead } from '../../../core/model/policy.ts';
import { appLists, otherAppTests } from '../../../core/policy/rules/app-lists.ts';
import type { PolicySet } from '../../../core/policy/rules/compile.ts';
import { conditionSets } from '../../../core/policy/rules/condition-table.ts';
import { expressionParts, isRead } from '../../../core/policy/rules/expression-parts.ts';
import type { UserFacts } from '../../../core/policy/theories/theory.ts';
import { type AnalysedApp, rulesOfApp } from '../analysed/analysed-apps.ts';
import { clientIdsOf } from './denials/addition-apps.ts';
import type { Denied, LockOutFinder, NewcomerSearch } from './denials/denied-users.ts';

/** The search for users who are denied. */
export interface NewcomersSearch {
  /** Searches all rule combinations of the app, in their order. */
  readonly search: (app: AnalysedApp) => readonly NewcomerSearch[];
  /** Whether all that it evaluated for the app, besides its combinations, has the same results at this other one. */
  readonly isLike: LockOutFinder['isLike'];
}

/** A denial at an app, found there or at another one that it is like. Thousands of apps may be like one. */
export interface DeniedAt extends Pick<Denied, 'app' | 'combination'> {
  readonly found: Denied;
  /** Facts of the app that was searched as facts of this one. */
  readonly renamed: (facts: UserFacts) => UserFacts;
}

/** With facts at its own app, as they are shown. */
export function atOwnApp({ app, combination, found, renamed }: DeniedAt): Denied {
  const { facts, lockOut, ...others } = found;
  return {
    ...others,
    app,
    combination,
    facts: renamed(facts),
    ...(lockOut && { lockOut: { ...lockOut, facts: renamed(lockOut.facts) } }),
  };
}

/** What was found for one rule combination of an app. */
interface NewcomersAt extends Pick<NewcomerSearch, 'undecided'> {
  readonly denied: readonly DeniedAt[];
}

/** Searches each combination of each app, once for all that are alike. */
export function searchAlike(
  apps: readonly AnalysedApp[],
  places: AdditionPlaces,
  { search, isLike }: NewcomersSearch,
): readonly NewcomersAt[] {
  const byTemplate = Map.groupBy(apps, ({ template }) => template);
  const likenessOf = likenesses(places, ({ template }) => byTemplate.get(template)?.length === 1);
  const searched = new Map<string, Searched>();
  return apps.flatMap((app) => {
    const likeness = likenessOf(app);
    const { text, groups } = likeness;
    const known = searched.get(text);
    if (known && isSameAt({ app, likeness }, known, isLike)) {
      const foundFor = foundAt(app, renaming(app, known.likeness.groups, groups));
      return app.combinations.map((combination, at) => foundFor(combination, known.found[at] ?? nothing));
    }
    const before = app.space.models.size;
    const found = search(app);
    const models = [...app.space.models].slice(before);
    if (known === undefined) searched.set(text, { app, likeness, places: likeness.placesOf(app), found, models });
    return app.combinations.map((combination, at) => foundAt(app, asTheyAre)(combination, found[at] ?? nothing));
  });
}

const nothing: NewcomerSearch = { denied: [], undecided: [] };

interface Searched {
  readonly app: AnalysedApp;
  readonly likeness: Likeness;
  readonly places: string;
  /** For its combinations, in their order. */
  readonly found: readonly NewcomerSearch[];
  /** The models of the facts that were examined besides those of the combinations. */
  readonly models: readonly ClassModel[];
}

/**
 * Whether the search of the other app examines the same facts, in which the parts of expressions have the same results.
 */
function isSameAt(
  { app: other, likeness }: Pick<Searched, 'app' | 'likeness'>,
  { app, likeness: own, places, found, models }: Searched,
  isLike: NewcomersSearch['isLike'],
): boolean {
  if (places !== likeness.placesOf(other)) return false;
  if (!own.isByExpression) return true;
  const { clientId } = other.app;
  const isApart = own.isPlace || likeness.isPlace;
  if (!isApart && app.space.isLike(clientId) && isLike(app, clientId)) return true;
  // Users who are denied, or who reach different sets, are searched for among all apps.
  const hasUsers = app.policies.enrollment?.beforeSignIn !== undefined || found.some(({ denied }) => denied.length > 0);
  if (hasUsers || app.template !== other.template) return false;
  return (
    app.combinations.every(({ facts, formulas }, at) => {
      const there = other.combinations[at];
      return there !== undefined && there.formulas === formulas && haveSameResults(facts, there.facts, app.space);
    }) && models.every((model) => haveSameResults(app.space.factsOf(model), other.space.factsOf(model), app.space))
  );
}

const asTheyAre: DeniedAt['renamed'] = (facts) => facts;

/**
 * The groups of the app take the places of those of another one that is like it. A user known from a third app may be
 * in a group that only this one names: it takes the place of one that only the other names.
 */
function renaming(
  { app: { clientId } }: AnalysedApp,
  before: readonly string[],
  groups: readonly string[],
): DeniedAt['renamed'] {
  const gained = groups.filter((group) => !before.includes(group));
  const places = [...groups, ...before.filter((group) => !groups.includes(group))];
  const names = new Map([...before, ...gained].map((group, index) => [group, places[index] ?? group]));
  return ({ request, subject, ...others }) => ({
    ...others,
    request: { ...request, clientId },
    subject: { ...subject, groups: subject.groups.map((group) => names.get(group) ?? group) },
  });
}

function foundAt(
  app: AnalysedApp,
  renamed: DeniedAt['renamed'],
): (combination: RuleCombination, found: NewcomerSearch) => NewcomersAt {
  return (combination, { denied, undecided }) => ({
    denied: denied.map((found) => ({ app, combination, found, renamed })),
    undecided,
  });
}

/** What tells an app apart from others. */
interface Likeness {
  /** Equal for apps that nothing else than expressions tells apart, up to the names of groups. */
  readonly text: string;
  /** The groups that only the sign-on policy names, in the order in which it does so. */
  readonly groups: readonly string[];
  /** The positions of the rules of its combinations. */
  readonly placesOf: (app: AnalysedApp) => string;
  /** Parts of expressions, or lists of apps, may tell the app apart from others. */
  readonly isByExpression: boolean;
  /** Users add authenticators there, so the searches of all other apps examine it, too. */
  readonly isPlace: boolean;
}

/** `isAlone`: what expressions say of the app is read with its id as a constant, so that facts may depend on it. */
function likenesses(places: AdditionPlaces, isAlone: (app: AnalysedApp) => boolean): (app: AnalysedApp) => Likeness {
  const numbers = new Map<unknown, number>();
  const numberOf = (policy: unknown): number => {
    const number = numbers.get(policy) ?? numbers.size;
    numbers.set(policy, number);
    return number;
  };
  // At these apps users add authenticators, so the searches of all other apps examine them, too.
  const elsewhere = new Set(clientIdsOf(places));
  const inPlaces = places.behind.flatMap(({ entry }) => entry.rules.flatMap(groupsIn));
  return (app) => {
    const {
      app: { clientId },
      policies: set,
      refused,
    } = app;
    const { session, app: signOn, enrollment, accountPolicy, password, recovery, profile, ...others } = set;
    const own = (signOn?.rules ?? []).map(({ rule }) => rule);
    const beside = rulesBeside(set);
    const sets = [...beside, ...own].flatMap(({ when }) => conditionSets(when));
    const isPlace = elsewhere.has(clientId);
    const isApart = isPlace || sets.some((conditionSet) => appLists(conditionSet).flat().includes(clientId));
    const expressions = sets.flatMap(({ expression }) => expression ?? []);
    const known = new Set([...beside.flatMap(namesInRule), ...inPlaces, ...expressions.flatMap(constantsIn)]);
    const groups = [...new Set(own.flatMap(groupsIn))].filter((group) => !known.has(group));
    const positions = new Map(groups.map((group, index) => [group, index]));
    const textWith = (positionOf: (group: string) => string | number) => (rule: RuleHead) =>
      JSON.stringify(withPositions(rule, positionOf));
    const placed = own.map(textWith((group) => positions.get(group) ?? group));
    const { authenticators, ...terms } = others;
    const compiled = [session, enrollment, accountPolicy, password, recovery, profile, authenticators].map(numberOf);
    const common = JSON.stringify([compiled, terms, refused]);
    const besidesOf = (combination: RuleCombination) => [combination.session, combination.enrollment].map(numberOf);
    const placesOf = ({ combinations }: AnalysedApp) =>
      combinations.map((each) => [...besidesOf(each), own.indexOf(each.app)].join()).join(' ');
    const isByExpression = isApart || expressions.length > 0;
    const isAsked = (fact: string) => expressions.some((expression) => reads(expression, fact));
    const isOfItself =
      isApart || (isByExpression && (isAsked('user.groups') || (isAlone(app) && isAsked('request.clientId'))));
    const marks = isByExpression ? JSON.stringify(marksOf(set, clientId)) : '';
    const text = isOfItself ? [app.template, common, marks].join(' | ') : [common, marks, ...placed].join(' | ');
    return { text, groups: isOfItself ? [] : groups, placesOf, isByExpression, isPlace };
  };
}

/** What expressions ask of the app. Those of other policies than these the search does not read. */
function marksOf(set: PolicySet, clientId: string): readonly unknown[] {
  const read = new Set(rulesOfApp(set));
  return [...rulesBeside(set), ...(set.app?.rules ?? []).map(({ rule }) => rule)].flatMap((rule) =>
    conditionSets(rule.when).flatMap((conditionSet) =>
      otherAppTests(conditionSet, () => !read.has(rule)).map((test) => test(clientId)),
    ),
  );
}

function rulesBeside({ session, enrollment, accountPolicy, password, recovery, profile }: PolicySet) {
  const compiled: readonly { readonly rule: RuleHead }[] = [session, enrollment, password, recovery, profile].flatMap(
    (policy): readonly { readonly rule: RuleHead }[] => policy?.rules ?? [],
  );
  return [...compiled.map(({ rule }) => rule), ...(accountPolicy?.rules ?? [])];
}

/** An expression may name groups and compare other facts with the same texts. */
function constantsIn({ logic, partOf }: CompiledExpression): readonly string[] {
  const texts = expressionParts(logic).flatMap((part) => ('text' in part ? (partOf?.(part.text).texts ?? []) : []));
  return [...namesIn(logic), ...texts];
}

/** Whether a part of it reads the fact itself. */
function reads({ logic, partOf }: CompiledExpression, fact: string): boolean {
  return expressionParts(logic).some((part) => {
    const all = 'text' in part ? partOf?.(part.text).reads : [];
    return all === undefined || isRead(fact, all);
  });
}

function groupsIn({ when }: RuleHead): readonly string[] {
  return conditionSets(when).flatMap(({ groups = {} }) => listed(groups));
}

function listed({ any = [], all = [], none = [] }: AnyAllNone): readonly string[] {
  return [...any, ...all, ...none];
}

/** All texts in it, names of groups among them. */
function namesIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(namesIn) : [];
}

/** Once for each rule: most are rules of all apps. */
const namesInRule = onceFor((rule: RuleHead) => namesIn(rule));

/** The rule with its outcome. Its groups are replaced by numbers. */
function withPositions(
  { name: _, location: __, when, ...does }: RuleHead,
  positionOf: (group: string) => string | number,
) {
  const sets = conditionSets(when).map(({ groups, ...others }) => [
    others,
    (['any', 'all', 'none'] as const).map((list) => groups?.[list]?.map(positionOf) ?? null),
  ]);
  return [does, sets];
}
