/** The apps of a configuration with their policies, and the rules of these that decide together. */
import type { Budget } from '../../../core/analysis/space/propagate.ts';
import {
  type PossibleCombination,
  possibleCombinations,
  type RuleCombinations,
  shownCombinations,
} from '../../../core/analysis/space/rule-combinations.ts';
import { type RuleSpace, ruleSpace } from '../../../core/analysis/space/rule-space.ts';
import type { RuleHead } from '../../../core/model/policy.ts';
import { appTests } from '../../../core/policy/rules/app-lists.ts';
import type { CompiledRule, PolicySet } from '../../../core/policy/rules/compile.ts';
import type { Universe } from '../../../core/policy/theories/theory.ts';
import type { App } from '../../model/app.ts';
import { appClasses } from '../../revision/equivalent-apps.ts';
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
  readonly space: RuleSpace;
  /** Equal for apps that only opaque parts of expressions may tell apart. */
  readonly template: string;
  /**
   * The steps left for the search for circumstances of denials, over all combinations of the app. The search takes from
   * it.
   */
  readonly denialBudget: Budget;
}

/** The budget of `denialBudget` for one app. */
const denialSteps = 10_000_000;

export async function analysedApps({ snapshot, universe }: AnalysedConfiguration): Promise<readonly AnalysedApp[]> {
  const found: AnalysedApp[] = [];
  const templates = new Map<string, Template>();
  const templateOf = appClasses(snapshot.policies, (set) => appTests(set, () => false));
  for (const { app, names, clientIds, count } of await snapshot.equivalentApps()) {
    const policies = await snapshot.policies(app);
    const key = await templateOf(app);
    const known = templates.get(key) ?? newTemplate(policies, universe([app.clientId]));
    templates.set(key, known);
    const space = known.space.at(app.clientId);
    const denialBudget = { steps: denialSteps };
    const shown = shownCombinations(known.possible, policies, { space, known: known.shown });
    found.push({ app, names, clientIds, count, policies, space, template: key, denialBudget, ...shown });
  }
  return found;
}

/** The rules of apps that only opaque parts of expressions tell apart: they are read and searched once. */
interface Template {
  readonly space: RuleSpace;
  readonly possible: readonly PossibleCombination[];
  readonly shown: Parameters<typeof shownCombinations>[2]['known'];
}

function newTemplate(policies: PolicySet, universe: Universe): Template {
  const space = ruleSpace(
    rulesOfApp(policies).map(({ when }) => when),
    universe,
  );
  return { space, possible: possibleCombinations(policies, space), shown: new Map() };
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
