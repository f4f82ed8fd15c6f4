/**
 * Which refresh tokens are replaced when they are used. One that counts only together with a key of the client is not
 * (FAPI 2.0 Security Profile section 5.3.2.1): a thief could not use it, and a client whose answer was lost can ask
 * again.
 */
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Seconds } from '../../core/model/facts.ts';

type RefreshToken = NonNullable<KoaContextWithOIDC['oidc']['entities']['RefreshToken']>;

/** `lifetime`: of a token that is used now (seconds). */
export async function rotatesRefreshToken(
  { oidc }: KoaContextWithOIDC,
  lifetime: (token: RefreshToken) => Seconds,
): Promise<boolean> {
  const { client, entities } = oidc;
  const token = entities.RefreshToken;
  const isBound = token?.isSenderConstrained() === true || isKeyed(client);
  if (token === undefined || !isBound) return true;
  await prolong(token, lifetime(token));
  return false;
}

/** The client has a secret or a key, and gets only access tokens that are bound to a key. */
function isKeyed(client: KoaContextWithOIDC['oidc']['client']): boolean {
  return client?.dpopBoundAccessTokens === true && client.clientAuthMethod !== 'none';
}

/** It ends when it was not used for a while. To write it at each use would make parallel ones race for nothing. */
async function prolong(token: RefreshToken, lifetime: Seconds): Promise<void> {
  if (token.remainingTTL >= lifetime / 2) return;
  token.exp = Math.floor(Date.now() / 1000) + lifetime;
  await token.save();
}
