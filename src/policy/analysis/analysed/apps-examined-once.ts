/** Apps that are examined once: nothing that has conditions tells them apart, and they may request the same. */
import type { Conditions } from '../../../core/model/conditions.ts';
import type { RuleHead } from '../../../core/model/policy.ts';
import { conditionSets } from '../../../core/policy/rules/condition-table.ts';
import type { App } from '../../model/app.ts';
import { type EquivalentApps, equivalentApps } from '../../revision/equivalent-apps.ts';
import { refusedClaims, refusedScopes } from '../../revision/refused-scopes.ts';
import type { Snapshot } from '../../revision/snapshot.ts';
import type { AnalysedConfiguration } from './configuration.ts';

export interface AppsExaminedOnce extends EquivalentApps {
  /** The same conditions for requests that these apps can make. Equal conditions are one object. */
  asked(when: Conditions): Conditions;
}

/** `about`: the conditions of what is examined. Rejects if a policy cannot be read. */
type ExaminedOnce = (apps: readonly App[], about: readonly Conditions[]) => Promise<readonly AppsExaminedOnce[]>;

/** `all`: the conditions of all that is going to be examined. `known`: has the policies of the apps. */
export function appsExaminedOnce(
  { policies, snapshot }: Pick<AnalysedConfiguration, 'policies' | 'snapshot'>,
  all: readonly Conditions[],
  known: Pick<Snapshot, 'policies'> = snapshot,
): ExaminedOnce {
  const declared = snapshot.settings.scopes;
  const rules = policies.flatMap(({ policy }): readonly { readonly rule: RuleHead }[] => policy.rules);
  const isAsked = [...rules.map(({ rule }) => rule.when), ...all].some(asksForScopes);
  const askedBy = new Map<string, AppsExaminedOnce['asked']>();
  return async (apps, about) => {
    const alike = Map.groupBy(apps, (app) => JSON.stringify(isAsked ? refusedScopes(app, declared) : []));
    const found: AppsExaminedOnce[] = [];
    for (const [key, same] of alike) {
      const refused: readonly string[] = JSON.parse(key);
      const asked = askedBy.get(key) ?? conditionsWithout(refused, refusedClaims(refused, declared));
      askedBy.set(key, asked);
      const groups = await equivalentApps(onePage(same), known.policies, about);
      found.push(...groups.map((group) => ({ ...group, asked })));
    }
    return found;
  };
}

/** An expression may ask for any. */
function asksForScopes(when: Conditions): boolean {
  return conditionSets(when).some(({ scopes, claims, expression }) => (scopes ?? claims ?? expression) !== undefined);
}

function conditionsWithout(scopes: readonly string[], claims: readonly string[]): AppsExaminedOnce['asked'] {
  const made = new WeakMap<Conditions, Conditions>();
  return (when) => {
    if (scopes.length === 0) return when;
    const known = made.get(when) ?? {
      ...when,
      scopes: { ...when.scopes, none: [...(when.scopes?.none ?? []), ...scopes] },
      ...(claims.length > 0 && { claims: { ...when.claims, none: [...(when.claims?.none ?? []), ...claims] } }),
    };
    made.set(when, known);
    return known;
  };
}

async function* onePage(apps: readonly App[]): AsyncGenerator<readonly App[]> {
  yield apps;
}
