/**
 * `offline_access` as requested. oidc-provider drops it unless the request has `prompt=consent` (OpenID Connect Core
 * section 11), which protects users from third-party apps. An app of the operator needs no consent, and most clients
 * send the scope without the prompt. For a third-party app, the user's consent decides. See decisions 34 and 45.
 */
import { decodeJwt } from 'jose';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { endOfRefreshTokens, offlineScope } from '../../policy/revision/refresh-tokens.ts';
import { words } from './request-facts.ts';

/**
 * Restores the requested scope. Only for clients that may have refresh tokens and this scope at all. If there is a
 * request object, nothing outside it counts (RFC 9101 section 6.3; a pushed request is stored as one). oidc-provider
 * has already verified it.
 */
export function keepOfflineAccess({ oidc, query }: KoaContextWithOIDC): void {
  const { params, client } = oidc;
  if (!params || !client) return;
  const { grantTypes: grant_types = [], scope } = client;
  if (endOfRefreshTokens({ client: { grant_types, scope } }) !== 'lifetime') return;
  const scopes = words(params.scope);
  const asked = oidc.route === 'pushed_authorization_request' ? oidc.body : { ...query, ...oidc.body };
  const object = oidc.entities.PushedAuthorizationRequest?.request ?? asked?.request;
  const isAsked = words(typeof object === 'string' && object !== '' ? decodeJwt(object).scope : asked?.scope).includes(
    offlineScope,
  );
  if (isAsked && !scopes.includes(offlineScope)) params.scope = [...scopes, offlineScope].join(' ');
}
