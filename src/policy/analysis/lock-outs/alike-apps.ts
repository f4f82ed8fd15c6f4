/**
 * Apps that are alike: their sign-on policies say the same about other groups. No search and no decision depends on
 * what a group or an app is called. So what is found for one app holds for those that are like it, with their groups.
 * Parts of expressions may depend on it. Apps that nothing else tells apart are alike if all parts have the same
 * results in all facts that were examined.
 */

import type { AdditionPlaces } from '../../../core/analysis/accounts/entry-rules.ts';
import type { ClassModel } from '../../../core/analysis/space/read-formulas.ts';
import type { RuleCombination } from '../../../core/analysis/space/rule-combinations.ts';
import { haveSameResults } from '../../../core/analysis/space/same-results.ts';
import type { AnyAllNone, ConditionSet } from '../../../core/model/conditions.ts';
import type { RuleHead } from '../../../core/model/policy.ts';
import type { PolicySet } from '../../../core/policy/rules/compile.ts';
import { conditionSets } from '../../../core/policy/rules/condition-table.ts';
import type { UserFacts } from '../../../core/policy/theories/theory.ts';
import { type AnalysedApp, isLikeFirst, termsOf } from '../analysed/analysed-apps.ts';
import { clientIdsOf } from './addition-apps.ts';
import type { Denied, NewcomerSearch } from './denied-newcomers.ts';

type SearchOfCombination = (combination: RuleCombination, app: AnalysedApp) => NewcomerSearch;

/** Searches each combination of each app, once for all that are alike. */
export function searchAlike(
  apps: readonly AnalysedApp[],
  places: AdditionPlaces,
  search: SearchOfCombination,
): readonly NewcomerSearch[] {
  const likenessOf = likenesses(places);
  const searched = new Map<string, FoundOnce>();
  const byTemplate = new Map<string, Searched>();
  const ofCombination = (combination: RuleCombination, app: AnalysedApp, likeness: Likeness): NewcomerSearch => {
    const { groups } = likeness;
    const text = likeness.textOf(combination);
    const known = searched.get(text);
    if (known) return foundAt({ app, combination, groups }, known);
    const found = search(combination, app);
    searched.set(text, { groups, found });
    return found;
  };
  return apps.flatMap((app) => {
    const likeness = likenessOf(app);
    if (likeness) return app.combinations.map((combination) => ofCombination(combination, app, likeness));
    const known = byTemplate.get(app.template);
    if (known && isSameAt(app, known))
      return app.combinations.map((combination, at) =>
        foundAt({ app, combination, groups: [] }, { groups: [], found: known.found[at] ?? nothing }),
      );
    const before = app.space.models.size;
    const found = app.combinations.map((combination) => search(combination, app));
    if (known === undefined) byTemplate.set(app.template, { app, found, models: [...app.space.models].slice(before) });
    return found;
  });
}

const nothing: NewcomerSearch = { denied: [], undecided: [] };

/** What is found for one combination of rules. */
interface FoundOnce {
  /** The groups that only the sign-on policy names. */
  readonly groups: readonly string[];
  readonly found: NewcomerSearch;
}

interface Searched {
  readonly app: AnalysedApp;
  /** For its combinations, in their order. */
  readonly found: readonly NewcomerSearch[];
  /** The models of the facts that were examined besides those of the combinations. */
  readonly models: readonly ClassModel[];
}

/**
 * Whether the search of the other app examines the same facts, in which the parts of expressions have the same results.
 * Users who are denied, or who reach different sets, are searched for among all apps, and the answer is no.
 */
function isSameAt(other: AnalysedApp, { app, found, models }: Searched): boolean {
  const hasUsers = app.policies.enrollment?.beforeSignIn !== undefined || found.some(({ denied }) => denied.length > 0);
  const { combinations } = app;
  if (hasUsers || combinations.length !== other.combinations.length || termsOf(app) !== termsOf(other)) return false;
  if (other.first === app && isLikeFirst(other)) return true;
  return (
    combinations.every(({ facts, formulas }, at) => {
      const there = other.combinations[at];
      return there !== undefined && there.formulas === formulas && haveSameResults(facts, there.facts, app.space);
    }) && models.every((model) => haveSameResults(app.space.factsOf(model), other.space.factsOf(model), app.space))
  );
}

interface CombinationAtApp extends Pick<FoundOnce, 'groups'> {
  readonly app: AnalysedApp;
  readonly combination: RuleCombination;
}

/** What was found for a combination is there for another one that is alike, with other groups. */
function foundAt({ app, combination, groups }: CombinationAtApp, { groups: before, found }: FoundOnce): NewcomerSearch {
  const names = new Map(before.map((group, index) => [group, groups[index] ?? group]));
  const renamed = (facts: UserFacts): UserFacts => ({
    ...facts,
    request: { ...facts.request, clientId: app.app.clientId },
    subject: { ...facts.subject, groups: facts.subject.groups.map((group) => names.get(group) ?? group) },
  });
  const ofApp = ({ facts, lockOut, ...others }: Denied): Denied => ({
    ...others,
    app,
    combination,
    facts: renamed(facts),
    ...(lockOut && { lockOut: { ...lockOut, facts: renamed(lockOut.facts) } }),
  });
  return { denied: found.denied.map(ofApp), undecided: found.undecided };
}

interface Likeness {
  /**
   * Equal for combinations of apps that are alike up to the sign-on rule of the combination. No matter which groups the
   * rules below are about: that one decides.
   */
  readonly textOf: (combination: RuleCombination) => string;
  /** The groups that only the sign-on policy names, in the order in which it does so. */
  readonly groups: readonly string[];
}

/** Undefined: no other app counts as alike. */
function likenesses(places: AdditionPlaces) {
  const numbers = new Map<unknown, number>();
  const numberOf = (policy: unknown): number => {
    const number = numbers.get(policy) ?? numbers.size;
    numbers.set(policy, number);
    return number;
  };
  // At these apps users add authenticators, so the searches of all other apps examine them, too.
  const elsewhere = new Set(clientIdsOf(places));
  const inPlaces = places.behind.flatMap(({ entry }) => entry.rules.flatMap(groupsIn));
  return ({ app: { clientId }, policies: set, refused }: AnalysedApp): Likeness | undefined => {
    const { session, app: signOn, enrollment, accountPolicy, password, recovery, profile, ...others } = set;
    const own = (signOn?.rules ?? []).map(({ rule }) => rule);
    const beside = rulesBeside(set);
    const sets = [...beside, ...own].flatMap(({ when }) => conditionSets(when));
    if (elsewhere.has(clientId) || sets.some((conditionSet) => isAboutItself(conditionSet, clientId))) return undefined;
    const known = new Set([...namesIn(beside), ...inPlaces]);
    const groups = [...new Set(own.flatMap(groupsIn))].filter((group) => !known.has(group));
    const positions = new Map(groups.map((group, index) => [group, index]));
    const textWith = (positionOf: (group: string) => string | number) => (rule: RuleHead) =>
      JSON.stringify(withPositions(rule, positionOf));
    const placed = own.map(textWith((group) => positions.get(group) ?? group));
    const below = own.map(textWith(() => '?'));
    const { authenticators, ...terms } = others;
    const compiled = [session, enrollment, accountPolicy, password, recovery, profile, authenticators].map(numberOf);
    const common = JSON.stringify([compiled, terms, refused]);
    const textOf = (combination: RuleCombination) => {
      const end = own.indexOf(combination.app) + 1;
      const besides = [combination.session, combination.enrollment].map(numberOf);
      return [common, besides, placed.slice(0, end), below.slice(end)].join(' | ');
    };
    return { textOf, groups };
  };
}

function rulesBeside({ session, enrollment, accountPolicy, password, recovery, profile }: PolicySet) {
  const compiled: readonly { readonly rule: RuleHead }[] = [session, enrollment, password, recovery, profile].flatMap(
    (policy): readonly { readonly rule: RuleHead }[] => policy?.rules ?? [],
  );
  return [...compiled.map(({ rule }) => rule), ...(accountPolicy?.rules ?? [])];
}

/** An expression may ask for any group and any app. */
function isAboutItself({ expression, apps = {} }: ConditionSet, clientId: string): boolean {
  return expression !== undefined || listed(apps).includes(clientId);
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
