/**
 * What an app cannot request: the authorization endpoint refuses what `client.scope` lacks, and leaves out
 * `offline_access` where the app has no refresh tokens that outlive the session.
 */
import { type ClaimsByScope, type RefusedNames, scopesOf } from '../../core/policy/claim-scopes.ts';
import type { App } from '../model/app.ts';
import { endOfRefreshTokens, offlineScope } from './refresh-tokens.ts';

type AskingApp = Pick<App, 'client' | 'ownAccount'>;

/**
 * Scopes that `stepgate.yaml` does not declare are not refused, and none is to the pages of the account (decision 189).
 * `declared`: those that it does.
 */
export function refusedScopes(app: AskingApp, declared: ClaimsByScope): readonly string[] {
  if (app.ownAccount) return [];
  const listed = app.client.scope?.split(/\s+/);
  const isRefused = (scope: string) =>
    scope === offlineScope ? endOfRefreshTokens(app) !== 'lifetime' : listed?.includes(scope) === false;
  return Object.keys(declared).filter(isRefused);
}

/** A claim that only these scopes release counts as not requested (decision 122). */
export function refusedNames(scopes: readonly string[], declared: ClaimsByScope): RefusedNames {
  const claims = [...new Set(Object.values(declared).flat())];
  const isRefused = (claim: string) => scopesOf(claim, declared).every((scope) => scopes.includes(scope));
  return { scopes, claims: claims.filter(isRefused) };
}

/**
 * Undefined: the app may ask for anything. Equal results for apps are one object. `counted`: only these names count.
 * Absent: all.
 */
export function refusing(
  declared: ClaimsByScope,
  counted?: RefusedNames,
): (app: AskingApp) => RefusedNames | undefined {
  const known = new Map<string, RefusedNames>();
  return (app) => {
    const all = refusedNames(refusedScopes(app, declared), declared);
    const names = counted === undefined ? all : common(all, counted);
    if (names.scopes.length + names.claims.length === 0) return undefined;
    const key = JSON.stringify(names);
    const found = known.get(key) ?? names;
    known.set(key, found);
    return found;
  };
}

function common(names: RefusedNames, counted: RefusedNames): RefusedNames {
  const within = (of: keyof RefusedNames) => names[of].filter((name) => counted[of].includes(name));
  return { scopes: within('scopes'), claims: within('claims') };
}
