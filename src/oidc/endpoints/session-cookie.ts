/** Leaves the session cookie of oidc-provider out of responses that do not prolong the session. */
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { currentRequest } from '../request-scope.ts';
import { isSilent } from '../sign-on/lifetimes.ts';

/**
 * Middleware. oidc-provider sets the cookie on every response, with the end of the session that the request found. If a
 * page of another tab prolongs a kept session in the same moment, a silent answer that comes later would end its cookie
 * as early as before (decision 190).
 */
export function leaveSessionCookie(provider: Provider) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    await next();
    if (!ctx.oidc || !isSilent(ctx) || !currentRequest().isCookieUnchanged) return;
    const name = provider.cookieName('session');
    const others = [ctx.response.get('set-cookie') ?? []]
      .flat()
      .filter((cookie) => !cookie.startsWith(`${name}=`) && !cookie.startsWith(`${name}.sig=`));
    if (others.length === 0) ctx.remove('set-cookie');
    else ctx.set('set-cookie', others);
  };
}
