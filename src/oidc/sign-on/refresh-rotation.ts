/**
 * Which refresh tokens are replaced when used, and by what. A token bound to a key of the client is not replaced (FAPI
 * 2.0 Security Profile section 5.3.2.1): a thief could not use it, and a client that lost the response can ask again.
 * Any other token is replaced. Its successor is derived from it, so that the same client gets the same one again. See
 * decision 56.
 */
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Seconds } from '../../core/model/facts.ts';
import { audit } from '../../flow/audit.ts';
import type { Services } from '../../flow/services.ts';
import { nameRefreshTokens } from '../provider-types.ts';
import { currentRequest, findRequest } from '../request-scope.ts';
import { newRefreshToken, successorOf, tokenHash } from '../storage/refresh-family.ts';

type RefreshToken = NonNullable<KoaContextWithOIDC['oidc']['entities']['RefreshToken']>;

interface UsedNow {
  /** Epoch seconds. */
  readonly now: Seconds;
  /** Lifetime of a token that is used now (seconds). */
  lifetime(token: RefreshToken): Seconds;
}

export async function rotatesRefreshToken({ oidc }: KoaContextWithOIDC, used: UsedNow): Promise<boolean> {
  const { client, entities } = oidc;
  const token = entities.RefreshToken;
  const isBound = token?.isSenderConstrained() === true || isKeyed(client);
  if (token === undefined || !isBound) return true;
  await prolong(token, used);
  return false;
}

/** The client has a secret or a key, and gets only access tokens that are bound to a key. */
function isKeyed(client: KoaContextWithOIDC['oidc']['client']): boolean {
  const isBound = client?.dpopBoundAccessTokens === true || client?.tlsClientCertificateBoundAccessTokens === true;
  return isBound && client.clientAuthMethod !== 'none';
}

/** The token ends after a time without use. Writing that time at each use would make parallel uses race for nothing. */
async function prolong(token: RefreshToken, { now, lifetime }: UsedNow): Promise<void> {
  const { exp } = token;
  const seconds = lifetime(token);
  if (exp === undefined || exp - now >= seconds / 2) return;
  // oidc-provider compares `exp` with its own clock, from which the ttl also comes.
  token.exp = exp - token.remainingTTL + seconds;
  await token.save();
}

/**
 * Writes an audit line if a token is presented that was used before: either a thief presents it, or a thief has used it
 * first. oidc-provider has already revoked the grant.
 */
export function reportReuse(provider: Provider, services: Pick<Services, 'audit'>): void {
  provider.on('grant.error', (ctx: KoaContextWithOIDC) => {
    const { client, entities } = ctx.oidc;
    const token = entities.RefreshToken;
    if (token?.consumed === undefined) return;
    const { unit, visitor } = currentRequest();
    audit(unit, services.audit, {
      event: 'token.reused',
      outcome: 'failure',
      subject: token.accountId,
      client: client?.clientId ?? '',
      ip: visitor.ip,
    });
  });
}

/** Names each refresh token: derived from the one that it replaces, or as the first of a family. */
export function makeSuccessors(provider: Provider, { secrets }: Pick<Services, 'secrets'>): void {
  nameRefreshTokens(provider, () => {
    const refreshed = findRequest()?.refreshed;
    if (!refreshed) return newRefreshToken();
    const successors = secrets().map((secret) => successorOf(refreshed.token, secret));
    // The secret may have changed since the token was first replaced.
    const [newest = ''] = successors;
    return successors.find((token) => tokenHash(token) === refreshed.successor) ?? newest;
  });
}
