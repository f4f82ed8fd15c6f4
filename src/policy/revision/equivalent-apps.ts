/**
 * Puts apps into groups for which the policies always decide alike: 10,000 apps under five policies need five
 * questions. Whatever else has conditions, such as an invariant, may tell apps of one group apart.
 */
import type { ConditionSet, Conditions } from '../../core/model/conditions.ts';
import type { RuleHead } from '../../core/model/policy.ts';
import { type AppTest, appTests } from '../../core/policy/rules/app-lists.ts';
import type { CompiledPolicy, PolicySet } from '../../core/policy/rules/compile.ts';
import { conditionSets } from '../../core/policy/rules/condition-table.ts';
import type { App } from '../model/app.ts';
import { refreshesLonger } from './refresh-tokens.ts';

/** Apps of one sign-on policy, one profile policy and one minimum `acr` that no rule tells apart by their name. */
export interface EquivalentApps {
  /** Stands for all of them. */
  readonly app: App;
  /** One whose refresh tokens may last longest. */
  readonly refreshing: App;
  /** The names of the first of them. */
  readonly names: readonly string[];
  /** Those of the first of them. */
  readonly clientIds: readonly string[];
  /** How many there are. */
  readonly count: number;
  /** The first of those that a list of apps may show: they say how they are opened, and do not hide. */
  readonly openable: readonly Pick<App, 'name' | 'client' | 'logo'>[];
}

/** Names that are kept of a group. */
const namesKept = 10;
/** Apps that are kept of a group; a page with more of them would be of no use. */
const openableKept = 200;

/**
 * All apps, grouped by equal policies. `pages`: all apps, page by page. `others`: the conditions of all else that is
 * examined at these apps, which tell them apart, too. Rejects if a policy cannot be read.
 */
export async function equivalentApps(
  pages: AsyncIterable<readonly App[]>,
  policies: (app: App) => Promise<PolicySet>,
  others: readonly Conditions[],
): Promise<readonly EquivalentApps[]> {
  const groups = new Map<string, EquivalentApps>();
  const keyOf = appClasses(policies);
  const tests = others.flatMap(conditionSets).flatMap((set) => appTests(set));
  for await (const page of pages) {
    for (const app of page) {
      const key = JSON.stringify([await keyOf(app), tests.map((test) => test(app.clientId))]);
      groups.set(key, withApp(groups.get(key), app));
    }
  }
  return [...groups.values()];
}

/**
 * Names the class of an app: for apps of one class the policies always decide alike, as far as these tests tell apps
 * apart. Rejects like `policies`.
 */
export function appClasses(
  policies: (app: App) => Promise<PolicySet>,
  testsIn: (set: ConditionSet, policies: PolicySet) => readonly AppTest[] = (set) => appTests(set),
): (app: App) => Promise<string> {
  const testsByName = new Map<string, readonly AppTest[]>();
  return async (app) => {
    const byLabel = app.signOnPolicies?.length === 0 ? app.labels : [];
    const name = JSON.stringify([app.signOnPolicies, byLabel, app.profilePolicy]);
    const tests = testsByName.get(name) ?? testsOfApps(await policies(app), testsIn);
    testsByName.set(name, tests);
    const marks = tests.map((test) => test(app.clientId)).join();
    return JSON.stringify([name, app.minimumAcr, marks]);
  };
}

function withApp(group: EquivalentApps | undefined, app: App): EquivalentApps {
  const { names, clientIds, count, openable } = group ?? { names: [], clientIds: [], count: 0, openable: [] };
  const { initiate_login_uri: initiate, client_uri: home } = app.client;
  const isOpenable = !app.hidden && !app.ownAccount && (initiate ?? home) !== undefined;
  return {
    app: group?.app ?? app,
    refreshing: group && !refreshesLonger(group.refreshing, app) ? group.refreshing : app,
    names: names.length < namesKept ? [...names, app.name] : names,
    clientIds: clientIds.length < namesKept ? [...clientIds, app.clientId] : clientIds,
    count: count + 1,
    openable: isOpenable && openable.length < openableKept ? [...openable, app] : openable,
  };
}

/** What rules ask of the app in their conditions, in the order of the rules. */
function testsOfApps(
  policies: PolicySet,
  testsIn: (set: ConditionSet, policies: PolicySet) => readonly AppTest[],
): readonly AppTest[] {
  const { session, app, enrollment, password, profile, recovery, accountPolicy } = policies;
  const compiled: readonly (CompiledPolicy<RuleHead> | undefined)[] = [
    session,
    app,
    enrollment,
    profile,
    password,
    recovery,
  ];
  const rules = [
    ...compiled.flatMap((policy) => policy?.rules.map(({ rule }) => rule) ?? []),
    ...(accountPolicy?.rules ?? []),
  ];
  return rules.flatMap(({ when }) => conditionSets(when).flatMap((set) => testsIn(set, policies)));
}
