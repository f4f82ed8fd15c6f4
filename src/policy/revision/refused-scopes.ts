/** What an app cannot request: `client.scope` lacks it, so the authorization endpoint refuses it or takes it out. */
import { type ClaimsByScope, type RefusedNames, scopesOf } from '../../core/policy/claim-scopes.ts';
import type { App } from '../model/app.ts';

/** Scopes that `stepgate.yaml` does not declare are not refused. `declared`: those that it does. */
export function refusedScopes({ client }: Pick<App, 'client'>, declared: ClaimsByScope): readonly string[] {
  const asked = client.scope?.split(/\s+/);
  return asked === undefined ? [] : Object.keys(declared).filter((scope) => !asked.includes(scope));
}

/** A claim that only these scopes release counts as not requested (decision 122). */
export function refusedNames(scopes: readonly string[], declared: ClaimsByScope): RefusedNames {
  const claims = [...new Set(Object.values(declared).flat())];
  const isRefused = (claim: string) => scopesOf(claim, declared).every((scope) => scopes.includes(scope));
  return { scopes, claims: claims.filter(isRefused) };
}

/** Undefined: the app may ask for anything. Equal results for apps are one object. */
export function refusing(declared: ClaimsByScope): (app: Pick<App, 'client'>) => RefusedNames | undefined {
  const known = new Map<string, RefusedNames>();
  return (app) => {
    const scopes = refusedScopes(app, declared);
    if (scopes.length === 0) return undefined;
    const key = JSON.stringify(scopes);
    const found = known.get(key) ?? refusedNames(scopes, declared);
    known.set(key, found);
    return found;
  };
}
