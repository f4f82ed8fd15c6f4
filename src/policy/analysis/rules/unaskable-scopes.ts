/** Rules of sign-on policies about scopes that none of their apps may ask for, as findings. */

import type { ConditionSet } from '../../../core/model/conditions.ts';
import { locationKey } from '../../../core/model/location-key.ts';
import type { Rule } from '../../../core/model/policy.ts';
import { conditionSets } from '../../../core/policy/rules/condition-table.ts';
import { partsToHold } from '../../../core/policy/rules/expression-parts.ts';
import { signOnOf } from '../../check/sign-on-of.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import type { App } from '../../model/app.ts';
import { offlineScope } from '../../revision/refresh-tokens.ts';
import { refusedScopes } from '../../revision/refused-scopes.ts';
import { type FileLocation, findingAt } from '../../source/finding-at.ts';
import type { AnalysedConfiguration } from '../analysed/configuration.ts';

/** A grant from before the scope was taken away may still have it, so the rule is not proved to be dead. */
export function unaskableScopes(configuration: AnalysedConfiguration): readonly AnalysisFinding[] {
  const { apps, snapshot } = configuration;
  const declared = snapshot.settings.scopes;
  if (apps.every(({ app }) => refusedScopes(app, declared).length === 0)) return [];
  return [...appsByRule(configuration).values()].flatMap(({ rule, apps: all }) => {
    const location = configuration.locationOf(rule);
    const byApp = all.map((app) => refusedScopes(app, declared));
    const refused = new Set(byApp[0]?.filter((scope) => byApp.every((scopes) => scopes.includes(scope))));
    return location === undefined || rule.off ? [] : ofRule(rule, refused, location);
  });
}

interface RuleOfApps {
  readonly rule: Rule;
  readonly apps: App[];
}

/** The rules that ask about scopes. */
function appsByRule({ apps, documents }: AnalysedConfiguration): ReadonlyMap<string, RuleOfApps> {
  const found = new Map<string, RuleOfApps>();
  for (const { app } of apps)
    for (const rule of signOnOf(app, documents)?.rules ?? []) {
      if (conditionSets(rule.when).every(({ scopes, expression }) => (scopes ?? expression) === undefined)) continue;
      const of = found.get(locationKey(rule)) ?? { rule, apps: [] };
      of.apps.push(app);
      found.set(locationKey(rule), of);
    }
  return found;
}

/** Why no app may ask for a scope, and what to do. */
const lackingScope = ['its `client.scope` lacks it', 'add it to `client.scope` of the app'] as const;
const lackingOffline = [
  'it takes the grant `refresh_token`, and the scope in `client.scope` if that is there',
  'add to the app what it lacks',
] as const;

/** `none` may name a scope that is never asked for: then it holds. */
function ofRule({ when }: Rule, refused: ReadonlySet<string>, location: FileLocation): readonly AnalysisFinding[] {
  return conditionSets(when).flatMap((set, at) => {
    const within = [...location.path, 'when', ...(at === 0 ? [] : ['any', at - 1])];
    return scopesAsked(set).flatMap(({ scope, path }) => {
      if (!refused.has(scope)) return [];
      const [why, add] = scope === offlineScope ? lackingOffline : lackingScope;
      const message = `no app that has this policy may ask for the scope \`${scope}\`: ${why}`;
      const advice = `${add}, or take it out of the rule`;
      return [findingAt('unaskable-scope', { ...location, path: [...within, ...path] }, { message, advice })];
    });
  });
}

interface ScopeToHold {
  readonly scope: string;
  /** Where the set asks for it. */
  readonly path: readonly (string | number)[];
}

function scopesAsked({ scopes = {}, expression }: ConditionSet): readonly ScopeToHold[] {
  const listed = (['any', 'all'] as const).flatMap((list) =>
    (scopes[list] ?? []).map((scope, index) => ({ scope, path: ['scopes', list, index] })),
  );
  const within = partsToHold(expression?.logic).flatMap((part) =>
    'when' in part ? (part.when.scopes?.any ?? []) : [],
  );
  return [...listed, ...[...new Set(within)].map((scope) => ({ scope, path: ['expression'] }))];
}
