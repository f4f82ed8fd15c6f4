/**
 * Puts apps into groups for which the policies always decide alike: 10,000 apps under five policies need five
 * questions.
 */
import type { RuleHead } from '../../core/model/policy.ts';
import { type AppMark, appMarks } from '../../core/policy/rules/app-lists.ts';
import type { PolicySet } from '../../core/policy/rules/compile.ts';
import { conditionSets } from '../../core/policy/rules/condition-table.ts';
import type { App } from '../model/app.ts';

/** Apps of one sign-on policy, one profile policy and one minimum `acr` that no rule tells apart. */
export interface EquivalentApps {
  /** Stands for all of them. */
  readonly app: App;
  /** The first of their names. */
  readonly names: readonly string[];
  /** How many there are. */
  readonly count: number;
  /** The first of those that a list of apps may show: they say how they are opened, and do not hide. */
  readonly openable: readonly Pick<App, 'name' | 'client' | 'logo'>[];
}

/** Names that are kept of a group. */
const namesKept = 10;
/** Apps that are kept of a group; a page with more of them would be of no use. */
const openableKept = 200;

/** All apps, grouped by equal policies. `pages`: all apps, page by page. Rejects if a policy cannot be read. */
export async function equivalentApps(
  pages: AsyncIterable<readonly App[]>,
  policies: (app: App) => Promise<PolicySet>,
): Promise<readonly EquivalentApps[]> {
  const groups = new Map<string, EquivalentApps>();
  const keyOf = appClasses(policies);
  for await (const page of pages) {
    for (const app of page) {
      const key = await keyOf(app);
      groups.set(key, withApp(groups.get(key), app));
    }
  }
  return [...groups.values()];
}

/** Names the class of an app: for apps of one class the policies always decide alike. Rejects like `policies`. */
export function appClasses(policies: (app: App) => Promise<PolicySet>): (app: App) => Promise<string> {
  const marksByName = new Map<string, readonly AppMark[]>();
  return async (app) => {
    const byLabel = app.signOnPolicies?.length === 0 ? app.labels : [];
    const name = JSON.stringify([app.signOnPolicies, byLabel, app.profilePolicy]);
    const marks = marksByName.get(name) ?? marksOf(await policies(app));
    marksByName.set(name, marks);
    return JSON.stringify([name, app.minimumAcr, ...marks.map((mark) => mark(app.clientId))]);
  };
}

function withApp(group: EquivalentApps | undefined, app: App): EquivalentApps {
  const { names, count, openable } = group ?? { names: [], count: 0, openable: [] };
  const { initiate_login_uri: initiate, client_uri: home } = app.client;
  const isOpenable = !app.hidden && !app.ownAccount && (initiate ?? home) !== undefined;
  return {
    app: group?.app ?? app,
    names: names.length < namesKept ? [...names, app.name] : names,
    count: count + 1,
    openable: isOpenable && openable.length < openableKept ? [...openable, app] : openable,
  };
}

/** How the conditions of these policies tell apps apart, in the order of the rules. */
function marksOf({
  session,
  app,
  enrollment,
  password,
  profile,
  recovery,
  accountPolicy,
}: PolicySet): readonly AppMark[] {
  return [
    ...marksIn(session),
    ...(app ? marksIn(app) : []),
    ...(enrollment ? marksIn(enrollment) : []),
    ...(profile ? marksIn(profile) : []),
    ...(password ? marksIn(password) : []),
    ...(recovery ? marksIn(recovery) : []),
    ...(accountPolicy ? marksIn({ rules: accountPolicy.rules.map((rule) => ({ rule })) }) : []),
  ];
}

function marksIn({ rules }: { readonly rules: readonly { readonly rule: RuleHead }[] }): readonly AppMark[] {
  return rules.flatMap(({ rule }) => conditionSets(rule.when).flatMap(appMarks));
}
