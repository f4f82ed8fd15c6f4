/** The refresh tokens that an app may have, by its file and by the token settings. */
import type { RefreshTokens } from '../../core/model/refresh-tokens.ts';
import type { Settings } from '../model/settings.ts';

/** What decides about them, by the names of client metadata. */
interface Client {
  readonly client: { readonly grant_types: readonly string[]; readonly scope?: string | undefined };
}

/** Asks for refresh tokens that outlive the session (OpenID Connect Core 1.0 section 11). */
export const offlineScope = 'offline_access';

/**
 * What ends its refresh tokens. Undefined: it has none. Only an app whose tokens end with their lifetime may ask for
 * `offline_access`.
 */
export function endOfRefreshTokens({ client }: Client): 'session' | 'lifetime' | undefined {
  if (!client.grant_types.includes('refresh_token')) return undefined;
  // A client without `scope` may ask for any.
  const isOffline = client.scope?.split(/\s+/).includes(offlineScope) ?? true;
  return isOffline ? 'lifetime' : 'session';
}

/** Undefined: it has none. */
export function refreshTokensOf(app: Client, { tokens }: Pick<Settings, 'tokens'>): RefreshTokens | undefined {
  const end = endOfRefreshTokens(app);
  if (end === undefined) return undefined;
  // A token that is used in time lives on: `idle` bounds none.
  return { lifetime: tokens.refreshToken.absolute, ...(end === 'session' && { endWithSession: true }) };
}

const byEnd = [undefined, 'session', 'lifetime'] as const;

/** The refresh tokens of the second app may last longer than those of the first. */
export function refreshesLonger(first: Client, second: Client): boolean {
  return byEnd.indexOf(endOfRefreshTokens(second)) > byEnd.indexOf(endOfRefreshTokens(first));
}
