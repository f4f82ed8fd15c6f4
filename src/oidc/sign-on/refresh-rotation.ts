/**
 * Which refresh tokens are replaced when they are used, and by what. One that counts only together with a key of the
 * client is not replaced (FAPI 2.0 Security Profile section 5.3.2.1): a thief could not use it, and a client whose
 * answer was lost can ask again. Any other is, and its successor follows from it, so that this client gets the same one
 * again. See decision 56.
 */
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Services } from '../../flow/services.ts';
import type { Settings } from '../../policy/model/settings.ts';
import { nameRefreshTokens } from '../provider-types.ts';
import { findRequest } from '../request-scope.ts';
import { newRefreshToken, successorOf, tokenHash } from '../storage/refresh-family.ts';
import { refreshTokenLifetime } from './lifetimes.ts';

type RefreshToken = NonNullable<KoaContextWithOIDC['oidc']['entities']['RefreshToken']>;

interface RotationParts {
  readonly settings: Settings;
  readonly services: Services;
}

export async function rotatesRefreshToken({ oidc }: KoaContextWithOIDC, parts: RotationParts): Promise<boolean> {
  const { client, entities } = oidc;
  const token = entities.RefreshToken;
  const isBound = token?.isSenderConstrained() === true || isKeyed(client);
  if (token === undefined || !isBound) return true;
  await prolong(token, parts);
  return false;
}

/** The client has a secret or a key, and gets only access tokens that are bound to a key. */
function isKeyed(client: KoaContextWithOIDC['oidc']['client']): boolean {
  return client?.dpopBoundAccessTokens === true && client.clientAuthMethod !== 'none';
}

/** It ends when it was not used for a while. To write it at each use would make parallel ones race for nothing. */
async function prolong(token: RefreshToken, parts: RotationParts): Promise<void> {
  const now = parts.services.now();
  const lifetime = refreshTokenLifetime(token, parts);
  if ((token.exp ?? 0) - now >= lifetime / 2) return;
  token.exp = now + lifetime;
  await token.save();
}

/** Names each refresh token: after the one that it replaces, or as the first of a family. */
export function makeSuccessors(provider: Provider, { secrets }: Pick<Services, 'secrets'>): void {
  nameRefreshTokens(provider, () => {
    const refreshed = findRequest()?.refreshed;
    if (!refreshed) return newRefreshToken();
    const successors = secrets().map((secret) => successorOf(refreshed.token, secret));
    // The secret may have changed since it was replaced before.
    const [newest = ''] = successors;
    return successors.find((token) => tokenHash(token) === refreshed.successor) ?? newest;
  });
}
