/**
 * Claims that an app asks for by name (OpenID Connect Core section 5.5). Each counts with the scope that releases it:
 * what rules say about a scope would else be said past by naming its claims (decision 122).
 */
import type { RequestFacts } from '../../core/model/facts.ts';
import type { Settings } from '../../policy/model/settings.ts';

type ClaimsByScope = Settings['scopes'];

/**
 * The request with the scopes that its named claims stand for. `allowed`: the scopes that the app may ask for; a claim
 * that none of them releases is not asked for. Absent: all.
 */
export function withClaimScopes(
  request: RequestFacts,
  claimsByScope: ClaimsByScope,
  allowed?: readonly string[],
): RequestFacts {
  const { claims: named, ...rest } = request;
  if (named === undefined) return request;
  const releasing = named.map((claim) => ({
    claim,
    scopes: scopesOf(claim, claimsByScope).filter((scope) => allowed?.includes(scope) ?? true),
  }));
  const claims = releasing.filter(({ scopes }) => scopes.length > 0);
  const meant = claims.flatMap(
    ({ scopes }) => scopes.find((scope) => request.scopes.includes(scope)) ?? scopes[0] ?? [],
  );
  return {
    ...rest,
    scopes: [...new Set([...request.scopes, ...meant])],
    ...(claims.length > 0 && { claims: claims.map(({ claim }) => claim) }),
  };
}

/** Whether one of these scopes releases the claim. */
export function isReleased(claim: string, claimsByScope: ClaimsByScope, granted: readonly string[]): boolean {
  return scopesOf(claim, claimsByScope).some((scope) => granted.includes(scope));
}

function scopesOf(claim: string, claimsByScope: ClaimsByScope): readonly string[] {
  return Object.keys(claimsByScope).filter((scope) => claimsByScope[scope]?.includes(claim));
}
