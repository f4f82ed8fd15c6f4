/**
 * Claims that an app requests by name (OpenID Connect Core section 5.5). Each is treated as a request for the scope
 * that releases it: otherwise an app could get around a rule about a scope by naming its claims (decision 122).
 */
import type { RequestFacts } from '../model/facts.ts';

/** Scope names with the claims that each releases. */
export type ClaimsByScope = Readonly<Record<string, readonly string[]>>;

/** What requests of an app cannot ask for. */
export interface RefusedNames {
  readonly scopes: readonly string[];
  readonly claims: readonly string[];
}

/**
 * Adds to the request the scopes of the claims that it names. `allowed`: the scopes that the app may request (absent:
 * all). A claim that none of them releases is removed.
 */
export function withClaimScopes(
  request: RequestFacts,
  claimsByScope: ClaimsByScope,
  allowed?: readonly string[],
): RequestFacts {
  const { claims: named, essentialClaims, ...rest } = request;
  if (named === undefined) return request;
  const askable = (claim: string) => scopesOf(claim, claimsByScope).filter((scope) => allowed?.includes(scope) ?? true);
  const claims = named.filter((claim) => askable(claim).length > 0);
  const meant = claims.flatMap((claim) => {
    const scopes = askable(claim);
    return scopes.find((scope) => request.scopes.includes(scope)) ?? scopes[0] ?? [];
  });
  const essential = essentialClaims?.filter(
    (claim) => claims.includes(claim) || scopesOf(claim, claimsByScope).length === 0,
  );
  return {
    ...rest,
    scopes: [...new Set([...request.scopes, ...meant])],
    ...(claims.length > 0 && { claims }),
    ...(essential !== undefined && essential.length > 0 && { essentialClaims: essential }),
  };
}

/** Whether one of the granted scopes releases the claim. */
export function isReleased(claim: string, claimsByScope: ClaimsByScope, granted: readonly string[]): boolean {
  return scopesOf(claim, claimsByScope).some((scope) => granted.includes(scope));
}

/** The configured scopes that release the claim. Empty if none does. */
export function scopesOf(claim: string, claimsByScope: ClaimsByScope): readonly string[] {
  return Object.keys(claimsByScope).filter((scope) => claimsByScope[scope]?.includes(claim));
}
