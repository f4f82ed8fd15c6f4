/** What an app cannot request: `client.scope` lacks it, so the authorization endpoint refuses it or takes it out. */
import { type ClaimsByScope, scopesOf } from '../../core/policy/claim-scopes.ts';
import type { App } from '../model/app.ts';

/** Scopes that `stepgate.yaml` does not declare are not refused. `declared`: those that it does. */
export function refusedScopes({ client }: App, declared: ClaimsByScope): readonly string[] {
  const asked = client.scope?.split(/\s+/);
  return asked === undefined ? [] : Object.keys(declared).filter((scope) => !asked.includes(scope));
}

/** A claim that only these scopes release counts as not requested (decision 122). */
export function refusedClaims(scopes: readonly string[], declared: ClaimsByScope): readonly string[] {
  const claims = [...new Set(Object.values(declared).flat())];
  return claims.filter((claim) => scopesOf(claim, declared).every((scope) => scopes.includes(scope)));
}
