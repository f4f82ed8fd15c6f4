/** The apps and rules that a finding is about, in words: the first few, and how many there are. */
import type { RuleHead } from '../../../core/model/policy.ts';
import type { AnalysedApp } from '../analysed/analysed-apps.ts';

/** Apps that are named. */
const mostApps = 3;

/** How many there are, and the first of them. */
export function analysedAppsText(same: readonly { readonly app: AnalysedApp }[]): string {
  const apps = [...new Set(same.map(({ app }) => app))];
  const count = apps.reduce((sum, app) => sum + app.count, 0);
  return namedAppsText(
    apps.flatMap((app) => app.names),
    count,
  );
}

/** `all`: the names of the first of them, at least. */
export function namedAppsText(all: readonly string[], count: number): string {
  const names = all.slice(0, mostApps);
  const more = count > names.length ? ` and ${count - names.length} more` : '';
  return count === 1 ? `the app ${names.join('')}` : `${count} apps (${names.join(', ')}${more})`;
}

interface AlikeApps {
  /** Client ids of the first of them. */
  readonly clientIds: readonly string[];
  /** How many there are. */
  readonly count: number;
}

/** For example `beta, gamma and 2 more`: all of these apps but one. Empty: there are no others. */
export function otherAppsText(all: readonly AlikeApps[], except: string): string {
  const count = all.reduce((sum, alike) => sum + alike.count, -1);
  const named = all.flatMap(({ clientIds }) => clientIds).filter((clientId) => clientId !== except);
  const names = named.slice(0, mostApps);
  if (count > names.length) return `${names.join(', ')} and ${count - names.length} more`;
  return [names.slice(0, -1).join(', '), ...names.slice(-1)].filter((part) => part !== '').join(' and ');
}

/** Rules that are named with a finding. */
export const mostNamed = 6;

/** The rules as the subject of a clause; the finding lists their names. */
export function namedRulesText(rules: readonly RuleHead[]): string {
  return rules.length > mostNamed ? `${rules.length} rules such as those named here` : 'the rules named here';
}

/** The rules by their location in the files, each once. */
export function distinctRules(all: readonly RuleHead[]): readonly RuleHead[] {
  return [...new Map(Array.from(new Set(all), (rule) => [JSON.stringify(rule.location), rule])).values()];
}
