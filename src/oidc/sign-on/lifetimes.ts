/** Lifetimes of sessions, codes and tokens, by the token settings and the session policy. */

import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { oneDay, oneHour } from '../../core/model/durations.ts';
import type { Seconds } from '../../core/model/facts.ts';
import { peekSso } from '../../flow/browser/sso-session.ts';
import type { Services } from '../../flow/services.ts';
import type { Settings } from '../../policy/model/settings.ts';
import { currentRequest } from '../request-scope.ts';

interface Parts {
  readonly settings: Settings;
  readonly services: Services;
}

/** Lifetime of a session that no rule limits, such as on the logout page of a user who never signed in (seconds). */
const anonymousSession: Seconds = oneHour;

/** The longest lifetime of a device code (seconds; RFC 8628 section 3.2). */
const deviceCodeLifetime: Seconds = 600;

export function lifetimes(settings: Settings, services: Services): Configuration['ttl'] {
  const { tokens } = settings;
  return {
    AccessToken: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? tokens.accessToken,
    ClientCredentials: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? tokens.accessToken,
    AuthorizationCode: tokens.authorizationCode,
    IdToken: tokens.idToken,
    Interaction: tokens.interaction,
    DeviceCode: deviceCodeLifetime,
    // A family of refresh tokens lives at most `absolute` from its first token on, and each token at most `idle` (RFC
    // 9700 section 4.14.2).
    RefreshToken: (_ctx, token) => refreshTokenLifetime(token, { settings, services }),
    // Outlives every session and every token that was issued under it.
    Grant: longestSession + tokens.refreshToken.absolute,
    Session: (ctx, session) => sessionLifetime(ctx, session, services),
  };
}

/** `iiat`: when the first token of its family was issued (epoch seconds). */
export function refreshTokenLifetime(
  { iiat }: { readonly iiat?: Seconds | undefined },
  { settings, services }: Parts,
): Seconds {
  const { idle, absolute } = settings.tokens.refreshToken;
  const left = (iiat ?? services.now()) + absolute - services.now();
  return Math.max(1, Math.min(idle, left));
}

/** The longest session that a rule can allow (seconds): a year. */
const longestSession: Seconds = 366 * oneDay;

function sessionLifetime(
  ctx: KoaContextWithOIDC,
  session: { readonly accountId?: string | undefined; readonly uid: string },
  services: Services,
): Seconds {
  const limits = session.accountId ? sessionLimits(ctx, session.uid, services) : undefined;
  return limits ?? anonymousSession;
}

/** A request with `prompt=none` needs no user, and so leaves the end of the session where it was. */
function sessionLimits(ctx: KoaContextWithOIDC, uid: string, services: Services): Seconds | undefined {
  const sso = peekSso(currentRequest().unit, uid);
  if (!sso?.limits) return undefined;
  const { limits, startedAt, expiresAt } = sso;
  const now = services.now();
  const idleEnd = isSilent(ctx) && expiresAt !== undefined ? expiresAt : now + limits.idle;
  return Math.max(1, Math.min(idleEnd, startedAt + limits.absolute) - now);
}

/** Some requests fail before their parameters are read. */
export function isSilent({ oidc }: KoaContextWithOIDC): boolean {
  return oidc.params !== undefined && oidc.prompts.has('none');
}
