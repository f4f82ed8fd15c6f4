/**
 * Circumstances of additions whose outcome is known. The outcome depends on what is asked for, not on the app. So all
 * apps under the same policies share what is known. Once these circumstances are all that there can be, no others are
 * searched for.
 */
import { findModel, newBudget } from '../../../../core/analysis/space/find-model.ts';
import { onceFor } from '../../../../core/analysis/space/once-for.ts';
import { type Deciding, deciding, type RuleCombination } from '../../../../core/analysis/space/rule-combinations.ts';
import { notAll, ruleSpace } from '../../../../core/analysis/space/rule-space.ts';
import type { Rule, RuleHead } from '../../../../core/model/policy.ts';
import { beforeSignIn, type PolicySet } from '../../../../core/policy/rules/compile.ts';
import type { AnalysedApp } from '../../analysed/analysed-apps.ts';
import type { AnalysedConfiguration } from '../../analysed/configuration.ts';
import { formulasOfChoices } from './addition-choices.ts';
import { areSameForApps, haveSameAdditions, rulesAboutAdditions } from './asked-about-additions.ts';
import { causeKey } from './cause-key.ts';
import { type AdditionCircumstance, circumstanceKey, type DenialSearch, type DeniedThere } from './circumstances.ts';

/** A circumstance, and what becomes of users in it. */
export interface KnownCircumstance extends AdditionCircumstance {
  /** One user who is denied. Absent: users are let in. */
  readonly denied?: DeniedThere;
  /** The cause, if it is a rule. */
  readonly cause?: string;
}

/** Circumstances of users with the same authenticators, who are asked for the same. */
export interface CircumstanceTable {
  readonly all: () => readonly KnownCircumstance[];
  /** Whether there can be no others. */
  readonly isComplete: () => boolean;
  readonly add: (found: Pick<DenialSearch, 'denied' | 'letIn'>) => void;
}

/** What is asked for, and of whom. `entry`: `entryKey`. */
export interface AskedUsers {
  readonly entry: string;
  readonly combination: RuleCombination;
  /** The authenticators that they have. */
  readonly keys: readonly string[];
}

/** The table for what is asked at an app. */
export type KnownCircumstances = (app: AnalysedApp, asked: AskedUsers) => CircumstanceTable;

export function knownCircumstances({ universe }: Pick<AnalysedConfiguration, 'universe'>): KnownCircumstances {
  const ofApp = onceFor((_app: AnalysedApp) => new Map<string, CircumstanceTable>());
  const ofAll = onceFor((_session: PolicySet['session']) => new Map<string, CircumstanceTable>());
  const shared: SharedRules[] = [];
  const sharedBy = (policies: PolicySet) => {
    const known = shared.find((each) => haveSameAdditions(each.policies, policies)) ?? sharedRules(policies, universe);
    if (!shared.includes(known)) shared.push(known);
    return known;
  };
  return (app, { entry, combination, keys }) => {
    const { policies } = app;
    const isShared = areSameForApps(policies);
    const tables = isShared ? ofAll(policies.session) : ofApp(app);
    const key = JSON.stringify([entry, combination.enrollment?.location, keys]);
    const areAll = (all: readonly AdditionCircumstance[]) =>
      isShared && areTheOnly(all, combination, sharedBy(policies));
    const known = tables.get(key) ?? newTable(areAll);
    tables.set(key, known);
    return known;
  };
}

/** The largest number of times that it is asked whether a table is complete. */
const mostAsked = 64;

function newTable(areAll: (all: readonly AdditionCircumstance[]) => boolean): CircumstanceTable {
  const known = new Map<string, KnownCircumstance>();
  const all = () => [...known.values()];
  let isComplete = false;
  let hasMore = false;
  let asked = 0;
  const put = (circumstance: KnownCircumstance) => {
    const key = circumstanceKey(circumstance);
    const before = known.get(key);
    if (before && (before.denied || !circumstance.denied)) return;
    known.set(key, circumstance);
    hasMore = true;
  };
  return {
    all,
    isComplete: () => {
      if (isComplete || !hasMore || asked === mostAsked) return isComplete;
      asked += 1;
      hasMore = false;
      isComplete = areAll(all());
      return isComplete;
    },
    add: ({ denied, letIn }) => {
      for (const circumstance of letIn) put(circumstance);
      for (const each of denied) {
        const cause = causeKey(each);
        if (each.alike) put({ ...each.alike, denied: each, ...(cause !== undefined && { cause }) });
      }
    },
  };
}

/** The rules of the policies that apps share, but for those of the account policy. */
interface SharedRules extends Pick<AnalysedApp, 'policies' | 'space'> {
  readonly session: readonly Deciding<Rule>[];
  readonly enrollment: readonly Deciding<RuleHead>[];
}

function sharedRules(policies: PolicySet, universe: AnalysedConfiguration['universe']): SharedRules {
  const { session, enrollment } = policies;
  const rules = [...rulesAboutAdditions(policies), ...session.rules.map(({ rule }) => rule)];
  const space = ruleSpace(
    rules.map(({ when }) => when),
    universe([]),
  );
  const terms = enrollment ? deciding(beforeSignIn(enrollment), space) : [];
  return { policies, space, session: deciding(session, space), enrollment: terms };
}

/** Whether each user of whom the same is asked is in one of the circumstances, whichever the app. */
function areTheOnly(
  all: readonly AdditionCircumstance[],
  combination: RuleCombination,
  { policies, space, session, enrollment }: SharedRules,
): boolean {
  const terms = JSON.stringify(combination.session.then);
  const asking = session.filter(({ rule }) => JSON.stringify(rule.then) === terms);
  const formulas = [
    ...space.onceProved,
    ...space.always,
    { any: asking.map((each) => ({ all: each.formulas })) },
    ...enrollment.flatMap((each) => (each.rule === combination.enrollment ? each.formulas : [])),
    ...all.map(({ choices }) => notAll(formulasOfChoices(choices, policies, space))),
  ];
  return findModel(formulas, newBudget(), space.reader) === 'impossible';
}
