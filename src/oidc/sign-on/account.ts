/** Accounts and their claims for oidc-provider, and the checks of each presented token (Law 5). */

import { type Account, type ClaimsParameter, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { consentTo } from '../../core/decision/consent.ts';
import type { Seconds } from '../../core/model/facts.ts';
import { loadAccount } from '../../flow/facts/account.ts';
import type { Services } from '../../flow/services.ts';
import type { VersionedAccount } from '../../users/record/account.ts';
import { consentsOf } from '../../users/record/app-access.ts';
import { isSameClient } from '../clients.ts';
import { currentRequest } from '../request-scope.ts';
import { tokenSources } from '../storage/stored-model.ts';
import { type Claims, claimsOf } from './claims.ts';
import { checkIssuance } from './token-issuance.ts';

/** A token for which oidc-provider looks up the account. */
export interface IssuedToken {
  readonly kind?: string | undefined;
  /** When the first refresh token of its family was issued (epoch seconds). */
  readonly iiat?: Seconds | undefined;
  /** The claims parameter of the authorization. */
  readonly claims?: ClaimsParameter | undefined;
}

export interface AccountRequested {
  readonly ctx: KoaContextWithOIDC;
  readonly services: Services;
  /** Absent if no token is presented, such as in an authorization request. */
  readonly token: IssuedToken | undefined;
}

/**
 * Undefined if there is no such account or, for a token, if it may not be used now. Rejects with an OAuth error like
 * the checks below.
 */
export async function findAccount(requested: AccountRequested, id: string): Promise<Account | undefined> {
  const { ctx, services, token } = requested;
  const account = await loadAccount(currentRequest().unit, id);
  if (!account) return undefined;
  const { user } = account;
  if (token && user.status !== 'active') return undefined;
  if (token) await checkClient(ctx, services);
  if (token?.kind === 'RefreshToken') await checkAge(services, token.iiat);
  if (token && tokenSources.has(token.kind ?? '')) await checkIssuance(requested, account);
  else if (token && !(await hasConsent(requested, user))) return undefined;
  const { settings } = await services.snapshot(currentRequest().unit);
  const app = currentRequest().apps.get(ctx.oidc.client?.clientId ?? '');
  return {
    accountId: id,
    async claims(use, _scope, asked) {
      const claims = claimsOf(user, settings.attributes);
      const isSparse = use === 'id_token' && app?.scopeClaimsInIdToken === false;
      return isSparse ? only(claims, Object.keys(asked)) : claims;
    },
  };
}

/** A third-party app from which the user has withdrawn everything gets nothing, even with an earlier access token. */
async function hasConsent({ ctx, services }: AccountRequested, user: VersionedAccount['user']): Promise<boolean> {
  const clientId = ctx.oidc.client?.clientId ?? '';
  const app = await (await services.snapshot(currentRequest().unit)).app(clientId);
  return app?.firstParty === true || consentTo(clientId, { consents: consentsOf(user) ?? {} }) !== undefined;
}

/** `sub`, and the claims that the request named for the ID token (OpenID Connect Core section 5.5). */
function only(claims: Claims, names: readonly string[]): Claims {
  const named = Object.entries(claims).filter(([name]) => names.includes(name));
  return { ...Object.fromEntries(named), sub: claims.sub };
}

/**
 * By now the request has read from the store and knows the newest revision. Rejects with `InvalidClient` if the app in
 * that revision has other credentials than the authenticated ones, or no longer exists.
 */
async function checkClient(ctx: KoaContextWithOIDC, services: Services): Promise<void> {
  const clientId = ctx.oidc.client?.clientId ?? '';
  const app = await (await services.snapshot(currentRequest().unit)).app(clientId);
  if (!app || !isSameClient(clientId, app)) throw new errors.InvalidClient('client is invalid');
}

/**
 * A family of refresh tokens ends at the absolute age of its first token, however new the last one is. Rejects with
 * `InvalidGrant`.
 */
async function checkAge(services: Services, firstIssuedAt: Seconds = 0): Promise<void> {
  const { settings } = await services.snapshot(currentRequest().unit);
  if (services.now() >= firstIssuedAt + settings.tokens.refreshToken.absolute)
    throw new errors.InvalidGrant('the first refresh token of this sign-in is too old');
}
