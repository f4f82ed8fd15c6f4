/**
 * Where users add authenticators: at the account pages, and at apps that the rules about additions tell apart from
 * these. At all other apps users may add what they may add at the account pages, where fewer policies stand before them.
 */
import type { AdditionPlaces } from '../../../core/analysis/accounts/addition-rules.ts';
import type { RuleHead } from '../../../core/model/policy.ts';
import { appTests } from '../../../core/policy/rules/app-lists.ts';
import type { CompiledPolicy, PolicySet } from '../../../core/policy/rules/compile.ts';
import { conditionSets } from '../../../core/policy/rules/condition-table.ts';
import { accountClientId } from '../../model/account-client-id.ts';
import type { AnalysedApp } from '../analysed/analysed-apps.ts';

/** The largest number of rules in the sign-on policies of these apps. If there are more, users count as let in there. */
const mostRules = 200;

export function additionPlaces(apps: readonly AnalysedApp[]): AdditionPlaces {
  const [first] = apps;
  if (first === undefined) return { open: [accountClientId], behind: [] };
  const markOf = markedByRules(rulesAboutAdditions(first.policies));
  const pages = markOf(accountClientId);
  const byMark = Map.groupBy(apps, ({ app }) => markOf(app.clientId));
  const others = [...byMark].flatMap(([mark, same]) => (mark === pages ? [] : [same]));
  const closable = others.filter((same) => same.every(mayDeny));
  const policies = new Set(closable.flat().map(({ policies: { app } }) => app));
  const count = [...policies].reduce((sum, policy) => sum + (policy?.rules.length ?? 0), 0);
  const behind = count > mostRules ? [] : closable.flat();
  const open = others.flatMap((same) =>
    behind.includes(same[0] as AnalysedApp) ? [] : (same.find(isOpen) ?? same[0] ?? []),
  );
  return { open: [accountClientId, ...open.map(({ app }) => app.clientId)], behind: byPolicy(behind) };
}

/** The client ids of all of them. */
export function clientIdsOf({ open, behind }: AdditionPlaces): readonly string[] {
  return [...open, ...behind.flatMap(({ clientIds }) => clientIds)];
}

/** Equal for two apps between which no rule distinguishes. */
function markedByRules(rules: readonly RuleHead[]): (clientId: string) => string {
  const tests = rules.flatMap(({ when }) => conditionSets(when).flatMap((set) => appTests(set)));
  return (clientId) => tests.map((test) => test(clientId)).join();
}

function rulesAboutAdditions({ session, enrollment, accountPolicy }: PolicySet): readonly RuleHead[] {
  const compiled: readonly { readonly rule: RuleHead }[] = [...session.rules, ...(enrollment?.rules ?? [])];
  return [...compiled.map(({ rule }) => rule), ...(accountPolicy?.rules ?? [])];
}

function mayDeny(app: AnalysedApp): boolean {
  return !isOpen(app);
}

/** Its sign-on policy denies no user. */
function isOpen({ policies: { app } }: AnalysedApp): boolean {
  return app === undefined || app.rules.every(({ rule }) => rule.then.kind === 'allow');
}

function byPolicy(apps: readonly AnalysedApp[]): AdditionPlaces['behind'] {
  const found = new Map<CompiledPolicy, string[]>();
  for (const { app, policies } of apps) {
    if (policies.app === undefined) continue;
    const clientIds = found.get(policies.app) ?? [];
    found.set(policies.app, [...clientIds, app.clientId]);
  }
  return Array.from(found, ([policy, clientIds]) => ({ policy, clientIds }));
}
