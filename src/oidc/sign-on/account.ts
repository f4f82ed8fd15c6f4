/** Accounts and their claims as oidc-provider asks for them, and the check that the refresh grant makes (Law 5). */

import { type Account, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { evaluateRefresh } from '../../core/decision/refresh.ts';
import type { Seconds } from '../../core/model/facts.ts';
import { audit, decidingRule } from '../../flow/audit.ts';
import { loadAccount } from '../../flow/facts/account.ts';
import { gatherFacts } from '../../flow/facts/gather.ts';
import type { Services } from '../../flow/services.ts';
import type { User } from '../../users/user.ts';
import { isSameClient } from '../clients.ts';
import { currentRequest } from '../request-scope.ts';
import { claimsOf } from './claims.ts';

/** A token for which oidc-provider looks for the account. */
interface IssuedToken {
  readonly kind?: string | undefined;
  readonly scope?: string | undefined;
  /** When the first refresh token of its family was issued (epoch seconds). */
  readonly iiat?: Seconds | undefined;
}

interface AccountRequested {
  readonly ctx: KoaContextWithOIDC;
  readonly services: Services;
  /** Absent: no token is presented, such as at an authorization request. */
  readonly token: IssuedToken | undefined;
}

/**
 * `undefined`: there is no such account or, for a token, it may not be used now. Rejects with an OAuth error as the
 * checks below do.
 */
export async function findAccount(requested: AccountRequested, id: string): Promise<Account | undefined> {
  const { ctx, services, token } = requested;
  const account = await loadAccount(currentRequest().unit, id);
  if (!account) return undefined;
  const { user } = account;
  if (token && user.status !== 'active') return undefined;
  if (token) await checkClient(ctx, services);
  if (token?.kind === 'RefreshToken') {
    await checkAge(services, token.iiat);
    await checkRefresh(requested, user);
  }
  const { settings } = await services.snapshot(currentRequest().unit);
  return { accountId: id, claims: async () => claimsOf(user, settings.attributes) };
}

/**
 * By now the request has read from the store and knows the newest revision. Rejects with `InvalidClient` when that
 * revision has another version of the app than the one that was authenticated, or none.
 */
async function checkClient(ctx: KoaContextWithOIDC, services: Services): Promise<void> {
  const clientId = ctx.oidc.client?.clientId ?? '';
  const app = await (await services.snapshot(currentRequest().unit)).app(clientId);
  if (!app || !isSameClient(clientId, app)) throw new errors.InvalidClient('client is invalid');
}

/**
 * A family of refresh tokens ends at the absolute age of its first one, however young the last one is. Rejects with
 * `InvalidGrant`.
 */
async function checkAge(services: Services, firstIssuedAt: Seconds = 0): Promise<void> {
  const { settings } = await services.snapshot(currentRequest().unit);
  if (services.now() >= firstIssuedAt + settings.tokens.refreshToken.absolute)
    throw new errors.InvalidGrant('the first refresh token of this sign-in is too old');
}

/** Status, deny rules on the newest revision, and what the tokens rest on. Rejects with `InvalidGrant`. */
async function checkRefresh({ ctx, services, token }: AccountRequested, user: User): Promise<void> {
  const { unit, visitor, tokenBasis = [] } = currentRequest();
  const snapshot = await services.snapshot(unit);
  const client = ctx.oidc.client?.clientId ?? '';
  const app = await snapshot.app(client);
  if (!app) throw new errors.InvalidGrant('this app is no longer configured');
  const request = {
    clientId: client,
    scopes: token?.scope?.split(' ') ?? [],
    acrValues: [],
    acrEssential: false,
    promptLogin: false,
  };
  const facts = await gatherFacts({ unit, snapshot, visitor, now: services.now() }, { request, subjectId: user.id });
  const verdict = evaluateRefresh(await snapshot.policies(app), facts, tokenBasis);
  audit(unit, services.audit, {
    event: verdict.allow ? 'token.refreshed' : 'token.refresh_denied',
    outcome: verdict.allow ? 'success' : 'deny',
    subject: user.id,
    client,
    ip: visitor.ip,
    policyRevision: snapshot.revision,
    rule: decidingRule(verdict),
    ...(verdict.allow ? {} : { reason: verdict.reason }),
  });
  if (!verdict.allow) throw new errors.InvalidGrant('the sign-on policy denies this account');
}
