/** What each app cannot ask for (`client.scope`), where anything that has conditions asks about that. */
import type { Conditions } from '../../../core/model/conditions.ts';
import type { ClaimsByScope, RefusedNames } from '../../../core/policy/claim-scopes.ts';
import { conditionSets } from '../../../core/policy/rules/condition-table.ts';
import { withConditionsInside } from '../../../core/policy/rules/expression-parts.ts';
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

/** By client id. If nothing asks about scopes or claims, apps need not be told apart by them. */
export function refusedToApps(
  apps: readonly App[],
  { policies, sources, declared }: Asking,
): (clientId: string) => RefusedNames | undefined {
  const limited = apps.filter(({ client }) => client.scope !== undefined);
  if (limited.length === 0) return () => undefined;
  const rules = policies.flatMap((policy) => writtenRules(policy).map(({ when }) => when));
  if (![...rules, ...invariantsIn(sources)].some(asksForScopes)) return () => undefined;
  const refusedTo = refusing(declared);
  const byId = new Map(limited.map((app) => [app.clientId, refusedTo(app)]));
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
