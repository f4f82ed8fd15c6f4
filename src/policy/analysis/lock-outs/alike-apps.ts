/**
 * Apps that are alike: their sign-on policies say the same about other groups. No search and no decision depends on
 * what a group or an app is called. So what is found for one app holds for those that are like it, with their groups.
 */
import type { AnyAllNone, ConditionSet } from '../../../core/model/conditions.ts';
import type { RuleHead } from '../../../core/model/policy.ts';
import type { PolicySet } from '../../../core/policy/rules/compile.ts';
import { conditionSets } from '../../../core/policy/rules/condition-table.ts';
import type { UserFacts } from '../../../core/policy/theories/theory.ts';
import type { AnalysedApp } from '../analysed/analysed-apps.ts';
import type { AnalysedConfiguration } from '../analysed/configuration.ts';
import type { Denied, NewcomerSearch } from './denied-newcomers.ts';

/** What is found for the combinations of an app, in their order. */
type FoundInCases = readonly NewcomerSearch[];

/** Searches each app, once for all that are alike. */
export function searchAlike(
  apps: readonly AnalysedApp[],
  configuration: Pick<AnalysedConfiguration, 'policies'>,
  search: (app: AnalysedApp) => FoundInCases,
): readonly NewcomerSearch[] {
  const likenessOf = likenesses(configuration);
  const searched = new Map<string, Searched>();
  return apps.flatMap((app) => {
    const likeness = likenessOf(app);
    if (likeness === undefined) return search(app);
    const { text, groups } = likeness;
    const known = searched.get(text) ?? { app, groups, found: search(app) };
    searched.set(text, known);
    return known.app === app ? known.found : foundIn(app, groups, known);
  });
}

interface Searched {
  readonly app: AnalysedApp;
  readonly groups: readonly string[];
  readonly found: FoundInCases;
}

/** Alike apps have the same combinations in the same order. */
function foundIn(app: AnalysedApp, groups: readonly string[], known: Searched): FoundInCases {
  const names = new Map(known.groups.map((group, index) => [group, groups[index] ?? group]));
  const renamed = (facts: UserFacts): UserFacts => ({
    ...facts,
    request: { ...facts.request, clientId: app.app.clientId },
    subject: { ...facts.subject, groups: facts.subject.groups.map((group) => names.get(group) ?? group) },
  });
  return app.combinations.map((combination, index) => {
    const { denied = [], undecided = [] }: Partial<NewcomerSearch> = known.found[index] ?? {};
    const ofApp = ({ facts, lockOut, ...others }: Denied): Denied => ({
      ...others,
      app,
      combination,
      facts: renamed(facts),
      ...(lockOut && { lockOut: { ...lockOut, facts: renamed(lockOut.facts) } }),
    });
    return { denied: denied.map(ofApp), undecided };
  });
}

interface Likeness {
  /** Equal for apps that are alike. */
  readonly text: string;
  /** The groups that only the sign-on policy names, in the order in which it does so. */
  readonly groups: readonly string[];
}

/** Undefined: no other app counts as alike. */
function likenesses({ policies }: Pick<AnalysedConfiguration, 'policies'>) {
  const numbers = new Map<unknown, number>();
  const numberOf = (policy: unknown): number => {
    const number = numbers.get(policy) ?? numbers.size;
    numbers.set(policy, number);
    return number;
  };
  // At these apps users add authenticators, so the searches of all other apps examine them, too.
  const elsewhere = new Set(policies.flatMap(({ kind, clientIds }) => (isAboutAdding(kind) ? clientIds : [])));
  return ({ app: { clientId }, policies: set }: AnalysedApp): Likeness | undefined => {
    const { session, app: signOn, enrollment, accountPolicy, password, recovery, profile, ...others } = set;
    const own = (signOn?.rules ?? []).map(({ rule }) => rule);
    const common = rulesBeside(set);
    const sets = [...common, ...own].flatMap(({ when }) => conditionSets(when));
    if (elsewhere.has(clientId) || sets.some((conditionSet) => isAboutItself(conditionSet, clientId))) return undefined;
    const known = new Set(namesIn(common));
    const groups = [...new Set(own.flatMap(groupsIn))].filter((group) => !known.has(group));
    const positions = new Map(groups.map((group, index) => [group, index]));
    const placed = own.map((rule) => withPositions(rule, (group) => positions.get(group) ?? group));
    const { authenticators, ...terms } = others;
    const compiled = [session, enrollment, accountPolicy, password, recovery, profile, authenticators].map(numberOf);
    return { text: JSON.stringify([compiled, terms, placed]), groups };
  };
}

function isAboutAdding(kind: string): boolean {
  return kind === 'account' || kind === 'enrollment' || kind === 'session';
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
