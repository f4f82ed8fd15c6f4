/** The scopes that tokens carry, as far as the app's rules decide it (`grant: { scopes }`). */

import { grantedScopes, protocolScopes } from '../../../../core/decision/granted-scopes.ts';
import type { Facts } from '../../../../core/model/facts.ts';
import type { Rule } from '../../../../core/model/policy.ts';
import { withConditionsInside } from '../../../../core/policy/rules/expression-parts.ts';
import { namesIn } from '../../../../core/policy/theories/membership-theory.ts';
import { everyCondition } from '../../../../core/queries/sign-in-conditions.ts';
import { refusedScopes } from '../../../../policy/revision/refused-scopes.ts';
import type { AppPair, AppSide } from './app-pairs.ts';

/**
 * Scopes that a request may add to those of a circumstance without changing which rules decide, because no rule names
 * them. Empty if no rule of the app says what it grants, before or after.
 */
export function freeScopes(pair: AppPair): readonly string[] {
  const { active, next } = pair;
  if ([active, next].flatMap(grantsOf).length === 0) return [];
  const sets = [active, next].flatMap(({ policies }) => everyCondition(policies));
  const named = new Set(withConditionsInside(sets).flatMap(({ scopes }) => (scopes ? namesIn(scopes) : [])));
  return [...comparableScopes(pair)].filter((scope) => !named.has(scope));
}

/** The scopes that the app may ask for under both configurations. */
export function comparableScopes({ active, next }: AppPair): ReadonlySet<string> {
  const after = askedFor(next);
  return new Set([...askedFor(active)].filter((scope) => after.has(scope)));
}

/** What rules of the app grant, as far as they say it. */
export function grantsOf({ policies }: AppSide): readonly (readonly string[])[] {
  return (
    policies.app?.rules.flatMap(({ rule: { then } }) => (then.kind === 'allow' && then.scopes ? [then.scopes] : [])) ??
    []
  );
}

/** The scopes that the app may ask for under one configuration. */
function askedFor({ app, side: { snapshot } }: AppSide): ReadonlySet<string> {
  const { scopes, resources } = snapshot.settings;
  const all = [...Object.keys(scopes), ...resources.flatMap((resource) => resource.scopes)];
  const refused = refusedScopes(app, scopes);
  return new Set(all.filter((scope) => !refused.includes(scope)));
}

/**
 * The scopes that tokens carry, out of these and those of the request, sorted. Scopes of the protocol are left out,
 * because no rule decides about them.
 */
export function carriedScopes(
  free: readonly string[],
  { scopes }: Facts['request'],
  rule: Rule | undefined,
): readonly string[] {
  return grantedScopes([...new Set([...scopes, ...free])], rule)
    .filter((scope) => !protocolScopes.includes(scope))
    .toSorted();
}

/** For example `tokens may carry accounts, and did not`. Undefined if nothing differs. */
export function scopesHeadline(before: readonly string[], after: readonly string[]): string | undefined {
  const added = after.filter((scope) => !before.includes(scope));
  const gone = before.filter((scope) => !after.includes(scope));
  const parts = [
    ...(added.length > 0 ? [`tokens may carry ${scopeNames(added)}, and did not`] : []),
    ...(gone.length > 0 ? [`tokens no longer carry ${scopeNames(gone)}`] : []),
  ];
  return parts.length === 0 ? undefined : parts.join('; ');
}

/** The most names to show. Others are counted. */
const most = 6;

export function scopeNames(scopes: readonly string[]): string {
  if (scopes.length === 0) return 'no scope that a rule decides about';
  const more = scopes.length > most ? ` and ${scopes.length - most} more` : '';
  return scopes.slice(0, most).join(', ') + more;
}
