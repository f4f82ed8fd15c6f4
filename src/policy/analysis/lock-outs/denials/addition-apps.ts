/**
 * Where users add authenticators: at the account pages, and at apps that the rules about additions tell apart from
 * these. At all other apps users may add no more than at the account pages, where fewer policies stand before them.
 */
import { type AdditionPlaces, type EntryRules, entryRules } from '../../../../core/analysis/accounts/entry-rules.ts';
import type { RuleHead } from '../../../../core/model/policy.ts';
import { appTests } from '../../../../core/policy/rules/app-lists.ts';
import type { CompiledPolicy, PolicySet } from '../../../../core/policy/rules/compile.ts';
import { conditionSets } from '../../../../core/policy/rules/condition-table.ts';
import { accountClientId } from '../../../model/account-client-id.ts';
import type { AnalysedApp } from '../../analysed/analysed-apps.ts';

/** The largest number of rules of their sign-on policies that are looked at; if there are more, none are. */
const mostRules = 100;

/** An app, and the rules of its sign-on policy that say who gets in. */
interface AppWithEntry extends Pick<AnalysedApp, 'refused'> {
  readonly clientId: string;
  readonly entry: EntryRules;
}

export function additionPlaces(apps: readonly Pick<AnalysedApp, 'app' | 'policies' | 'refused'>[]): AdditionPlaces {
  const [first] = apps;
  if (first === undefined) return { open: [accountClientId], behind: [] };
  const markOf = markedByRules(rulesAboutAdditions(first.policies));
  const pages = markOf(accountClientId);
  const entryOf = entriesByPolicy();
  const places = apps.map(
    ({ app: { clientId }, policies, refused }): AppWithEntry => ({ clientId, refused, entry: entryOf(policies.app) }),
  );
  // At the account pages any scope may be asked for.
  const others = places.filter(({ clientId }) => markOf(clientId) !== pages);
  const alike = [
    ...Map.groupBy(others, ({ clientId, refused }) => JSON.stringify([markOf(clientId), refused])).values(),
  ];
  const closable = alike.filter((same) => !same.some(isOpen));
  const entries = new Set(closable.flat().map(({ entry }) => entry));
  const isLittle = [...entries].reduce((count, { rules }) => count + rules.length, 0) <= mostRules;
  const opened = isLittle ? alike.filter((same) => !closable.includes(same)) : alike;
  const open = opened.flatMap((same) => same.find(isOpen) ?? same.slice(0, 1));
  const behind = Map.groupBy(isLittle ? closable.flat() : [], ({ entry }) => entry);
  return {
    open: [accountClientId, ...open.map(({ clientId }) => clientId)],
    behind: Array.from(behind, ([entry, same]) => ({ entry, clientIds: same.map(({ clientId }) => clientId) })),
  };
}

/** No user is denied there. */
function isOpen({ entry: { rules, isOpenBelow } }: AppWithEntry): boolean {
  return isOpenBelow && rules.length === 0;
}

function entriesByPolicy(): (policy: PolicySet['app']) => EntryRules {
  const known = new Map<CompiledPolicy, EntryRules>();
  return (policy) => {
    if (policy === undefined) return { rules: [], isOpenBelow: true };
    const entry = known.get(policy) ?? entryRules(policy);
    known.set(policy, entry);
    return entry;
  };
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
