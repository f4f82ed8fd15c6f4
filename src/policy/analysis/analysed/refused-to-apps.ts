/** What each app cannot ask for, as far as anything that has conditions asks about it. */
import type { Conditions } from '../../../core/model/conditions.ts';
import type { ClaimsByScope, RefusedNames } from '../../../core/policy/claim-scopes.ts';
import { conditionSets } from '../../../core/policy/rules/condition-table.ts';
import { withConditionsInside } from '../../../core/policy/rules/expression-parts.ts';
import { namesIn } from '../../../core/policy/theories/membership-theory.ts';
import type { App } from '../../model/app.ts';
import { refusing } from '../../revision/refused-scopes.ts';
import { invariantsSchema } from '../../schema/policies/invariants.ts';
import type { DocumentSource } from '../../source/yaml-source.ts';
import { type PolicyWithApps, writtenRules } from './analysed-policies.ts';

interface Asking {
  readonly policies: readonly PolicyWithApps[];
  /** Files that were checked. */
  readonly sources: readonly DocumentSource[];
  /** The scopes of `stepgate.yaml`. */
  readonly declared: ClaimsByScope;
}

/** By client id. Apps that lack only what nothing asks about need not be told apart. */
export function refusedToApps(
  apps: readonly App[],
  { policies, sources, declared }: Asking,
): (clientId: string) => RefusedNames | undefined {
  const rules = policies.flatMap((policy) => writtenRules(policy).map(({ when }) => when));
  const asked = [...rules, ...invariantsIn(sources)].flatMap((when) => withConditionsInside(conditionSets(when)));
  const named = (of: keyof RefusedNames) => [...new Set(asked.flatMap((set) => namesIn(set[of] ?? {})))];
  const counted: RefusedNames = { scopes: named('scopes'), claims: named('claims') };
  if (counted.scopes.length + counted.claims.length === 0) return () => undefined;
  const refusedTo = refusing(declared, counted);
  const byId = new Map(apps.map((app) => [app.clientId, refusedTo(app)]));
  return (clientId) => byId.get(clientId);
}

function invariantsIn(sources: readonly DocumentSource[]): readonly Conditions[] {
  const source = sources.find(({ kind }) => kind === 'invariants')?.source;
  return source === undefined ? [] : invariantsSchema.parse(source.content).map(({ when }) => when);
}

/** Whether the conditions may ask which scopes or claims are requested. */
export function asksForScopes(when: Conditions): boolean {
  return withConditionsInside(conditionSets(when)).some(({ scopes, claims }) => (scopes ?? claims) !== undefined);
}
