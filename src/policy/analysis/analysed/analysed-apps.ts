/** The apps of a configuration with their policies, and the rules of these that decide together. */
import { shareOf } from '../../../core/analysis/space/find-model.ts';
import { atApp } from '../../../core/analysis/space/opaque-parts.ts';
import type { Budget } from '../../../core/analysis/space/propagate.ts';
import {
  combinationSteps,
  type PossibleCombination,
  possibleCombinations,
  type RuleCombinations,
  shownCombinations,
} from '../../../core/analysis/space/rule-combinations.ts';
import { type RuleSpace, ruleSpace } from '../../../core/analysis/space/rule-space.ts';
import type { RuleHead } from '../../../core/model/policy.ts';
import type { RefusedNames } from '../../../core/policy/claim-scopes.ts';
import { appTests } from '../../../core/policy/rules/app-lists.ts';
import type { CompiledRule, PolicySet } from '../../../core/policy/rules/compile.ts';
import { conditionSets } from '../../../core/policy/rules/condition-table.ts';
import { expressionParts, isRead } from '../../../core/policy/rules/expression-parts.ts';
import type { Universe } from '../../../core/policy/theories/theory.ts';
import type { App } from '../../model/app.ts';
import { appClasses } from '../../revision/equivalent-apps.ts';
import { refreshTokensOf } from '../../revision/refresh-tokens.ts';
import { appsExaminedOnce } from './apps-examined-once.ts';
import type { AnalysedConfiguration } from './configuration.ts';

/** The policies of an app. It stands for all apps that no rule distinguishes from it. */
export interface AnalysedApp extends RuleCombinations {
  readonly app: App;
  /** The first of their names, and of their client ids. */
  readonly names: readonly string[];
  readonly clientIds: readonly string[];
  /** How many there are. */
  readonly count: number;
  readonly policies: PolicySet;
  /** What it cannot ask for. Undefined: nothing that something with conditions asks about. */
  readonly refused: RefusedNames | undefined;
  readonly space: RuleSpace;
  /** False: the steps for all apps did not suffice to look at its rules together. */
  readonly isExamined: boolean;
  /** Equal for apps that only opaque parts of expressions may tell apart. */
  readonly template: string;
  /** The first app of the template. Absent: it is this one. */
  readonly first?: AnalysedApp;
  /**
   * The steps left for the search for circumstances of denials, over all combinations of the app. The search takes from
   * it.
   */
  readonly denialBudget: Budget;
  /** The steps left to compare its rules with one another. The search takes from it. */
  readonly comparisonBudget: Budget;
}

/** The budget of `denialBudget` for one app, and that of `comparisonBudget`. */
const denialSteps = 10_000_000;
const comparisonSteps = 10_000_000;

/** The steps for the rule combinations of all apps, for all of their denials, and for comparing their rules. */
interface StepsOfCheck {
  readonly combinations: Budget;
  readonly denials: Budget;
  readonly comparisons: Budget;
}

/** Enough for 1,000 apps under 200 policies a few times, or for three apps that take all that one may. */
function stepsOfCheck(): StepsOfCheck {
  return {
    combinations: { steps: 3 * combinationSteps },
    denials: { steps: 3 * denialSteps },
    comparisons: { steps: 3 * comparisonSteps },
  };
}

/** Apps with few rules come first, so that one with many does not take their steps. */
export async function analysedApps(
  configuration: AnalysedConfiguration,
  { combinations, denials, comparisons }: StepsOfCheck = stepsOfCheck(),
  mostOnTheirOwn: number = mostAppsOnTheirOwn,
): Promise<readonly AnalysedApp[]> {
  const { snapshot, universe, refused } = configuration;
  const templateOf = appClasses(snapshot.policies, (set) => appTests(set, () => false));
  const forUsers = configuration.apps
    .map(({ app }) => app)
    .filter(({ signOnPolicies }) => signOnPolicies !== undefined);
  const read = (await appsExaminedOnce(forUsers, [], configuration)).map(async ({ refreshing, ...group }) => {
    const refreshTokens = refreshTokensOf(refreshing, snapshot.settings);
    const policies = await snapshot.policies(group.app);
    // A rule is for all of them, and limits the refresh tokens of each.
    return {
      ...group,
      policies: refreshing === group.app ? policies : { ...policies, ...(refreshTokens && { refreshTokens }) },
      refused: refused(group.app.clientId),
      template: JSON.stringify([await templateOf(group.app), refused(group.app.clientId)]),
    };
  });
  const shared = await Promise.all(read);
  const { all, templates } = withOwnTemplates(shared, configuration, mostOnTheirOwn);
  const lengths = new Map(all.map(({ app, policies }) => [app, rulesOfApp(policies).length]));
  const lengthOf = ({ app }: (typeof all)[number]) => lengths.get(app) ?? 0;
  const counts = Map.groupBy(all, ({ template }) => template);
  for (const { app, policies, template } of all.toSorted((one, other) => lengthOf(one) - lengthOf(other))) {
    const { isOneApp, ...movable } = universe([app.clientId]);
    const own = counts.get(template)?.length === 1 ? { ...movable, ...(isOneApp && { isOneApp }) } : movable;
    if (!templates.has(template)) templates.set(template, newTemplate(policies, own, combinations));
  }
  const firsts = new Map<string, AnalysedApp>();
  return all.flatMap(({ openable: _, ...group }) => {
    const known = templates.get(group.template);
    if (known === undefined) return [];
    const { possible, shown, isExamined } = known;
    const first = firsts.get(group.template);
    const { clientId } = group.app;
    const space = known.space.at(clientId);
    const found = first?.space.isLike(clientId)
      ? movedTo(clientId, first)
      : shownCombinations(possible, group.policies, { space, known: shown });
    const budgets = {
      denialBudget: shareOf(denials, denialSteps),
      comparisonBudget: shareOf(comparisons, comparisonSteps),
    };
    const app = { ...group, space, isExamined, ...budgets, ...found, ...(first && { first }) };
    if (first === undefined) firsts.set(group.template, app);
    return [app];
  });
}

/** Limits of apps that have templates of their own, and of the rules of all of these together. */
const mostAppsOnTheirOwn = 10;
const mostRulesOnTheirOwn = 2_000;

/**
 * Where expressions compare the app with something of the user, the first apps of each template have templates of their
 * own, in which the id of the app is a constant. To the others such a part is opaque, and most findings need but one
 * example.
 */
function withOwnTemplates<Read extends Pick<AnalysedApp, 'app' | 'policies' | 'template'>>(
  all: readonly Read[],
  { universe }: Pick<AnalysedConfiguration, 'universe'>,
  most: number,
): { readonly all: readonly Read[]; readonly templates: Map<string, Template> } {
  const several = [...Map.groupBy(all, ({ template }) => template).values()].filter(
    ([first, ...others]) => first !== undefined && others.length > 0 && rulesOfApp(first.policies).some(asksOpaquely),
  );
  const each = Math.max(1, Math.floor(most / several.length));
  const budget = { steps: combinationSteps };
  const templates = new Map<string, Template>();
  const own = new Map<Read, string>();
  let rules = 0;
  for (const read of several.flatMap((apps) => apps.slice(0, each)).slice(0, most)) {
    rules += rulesOfApp(read.policies).length;
    if (rules > mostRulesOnTheirOwn) break;
    const { clientId } = read.app;
    const template = newTemplate(read.policies, universe([clientId]), budget);
    if (budget.steps <= 0) break;
    own.set(read, JSON.stringify([read.template, clientId]));
    templates.set(JSON.stringify([read.template, clientId]), template);
  }
  return { all: all.map((read) => ({ ...read, template: own.get(read) ?? read.template })), templates };
}

function asksOpaquely({ when }: RuleHead): boolean {
  return conditionSets(when).some(({ expression }) =>
    expressionParts(expression?.logic ?? { all: [] }).some((part) => {
      const known = 'text' in part ? expression?.partOf?.(part.text) : undefined;
      return known?.atApp !== undefined && isRead('request.clientId', known.reads);
    }),
  );
}

/** What was found at another app, with its facts at this one. */
function movedTo(clientId: string, { combinations, isPartial, unshown, open }: RuleCombinations): RuleCombinations {
  const moved = combinations.map((combination) => ({ ...combination, facts: atApp(combination.facts, clientId) }));
  return { combinations: moved, isPartial, unshown, open };
}

/** Whether no search finds anything at the app that it does not find at the first app of its template. */
export function isLikeFirst(app: AnalysedApp): boolean {
  const { first } = app;
  if (first === undefined || termsOf(app) !== termsOf(first)) return false;
  return first.space.isLike(app.app.clientId);
}

/** What the app and the settings ask for by themselves. */
function termsOf({ policies }: AnalysedApp): string {
  const { session, app, enrollment, accountPolicy, password, recovery, profile, authenticators, ...terms } = policies;
  return JSON.stringify(terms);
}

/** The rules of apps that only opaque parts of expressions tell apart: they are read and searched once. */
interface Template extends Pick<AnalysedApp, 'isExamined'> {
  readonly space: RuleSpace;
  readonly possible: readonly PossibleCombination[];
  readonly shown: Parameters<typeof shownCombinations>[2]['known'];
}

function newTemplate(policies: PolicySet, universe: Universe, whole: Budget): Template {
  const space = ruleSpace(
    rulesOfApp(policies).map(({ when }) => when),
    universe,
  );
  const isExamined = whole.steps > 0;
  const possible = possibleCombinations(policies, space, shareOf(whole, combinationSteps));
  return { space, isExamined, possible, shown: new Map() };
}

/** No user can enter the app, although each of its policies has rules that allow. */
export function isClosed({ combinations, isPartial }: AnalysedApp): boolean {
  return combinations.length === 0 && !isPartial;
}

/** The rules that say who is let in, who must set up what, and who may. */
export function rulesOfApp({ session, app, enrollment, accountPolicy }: PolicySet): readonly RuleHead[] {
  const compiled: readonly CompiledRule<RuleHead>[] = [
    ...session.rules,
    ...(app?.rules ?? []),
    ...(enrollment?.rules ?? []),
  ];
  return [...compiled.map(({ rule }) => rule), ...(accountPolicy?.rules ?? [])];
}
