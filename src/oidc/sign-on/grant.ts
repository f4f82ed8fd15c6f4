/** First-party apps need no consent: the grant holds what was requested, and is written only when something is new. */
import type { KoaContextWithOIDC } from 'oidc-provider';

type Grant = InstanceType<KoaContextWithOIDC['oidc']['provider']['Grant']>;

/**
 * The grant of this session and app, made or extended as the request needs it. Only for a request that meets the
 * sign-on policy.
 */
export async function firstPartyGrant(ctx: KoaContextWithOIDC): Promise<Grant | undefined> {
  const { oidc } = ctx;
  const { client, session, provider } = oidc;
  if (!client || !session?.accountId) return undefined;
  const grantId = session.grantIdFor(client.clientId);
  const found = grantId ? await provider.Grant.find(grantId) : undefined;
  const grant =
    found?.accountId === session.accountId
      ? found
      : new provider.Grant({ accountId: session.accountId, clientId: client.clientId });
  if (extend(grant, ctx) || !grant.jti) await grant.save();
  return grant;
}

/** Adds what is missing; true if anything was. */
function extend(grant: Grant, { oidc }: KoaContextWithOIDC): boolean {
  const granted = new Set(grant.getOIDCScope().split(' '));
  const scopes = [...oidc.requestParamOIDCScopes].filter((scope) => !granted.has(scope));
  if (scopes.length > 0) grant.addOIDCScope(scopes.join(' '));
  const grantedClaims = new Set(grant.getOIDCClaims());
  const claims = [...oidc.requestParamClaims].filter((claim) => !grantedClaims.has(claim));
  if (claims.length > 0) grant.addOIDCClaims(claims);
  const resources = Object.entries(oidc.resourceServers ?? {}).filter(([indicator, server]) => {
    const had = new Set(grant.getResourceScope(indicator).split(' '));
    const requested = [...oidc.requestParamScopes].filter((scope) => server.scopes.has(scope) && !had.has(scope));
    if (requested.length > 0) grant.addResourceScope(indicator, requested.join(' '));
    return requested.length > 0;
  });
  return scopes.length + claims.length + resources.length > 0;
}
