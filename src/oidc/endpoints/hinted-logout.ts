/**
 * Sign-out by an app that shows an ID token of the very session (OpenID Connect RP-Initiated Logout 1.0 section 2).
 * Only an app that the user is signed in to has one, so the user is asked nothing. oidc-provider signs out at a form
 * only, so the browser is led to that form's address, and the form is filled in there.
 */
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { sessionState } from '../pages.ts';
import { clientPrototype, hintedSession } from '../provider-types.ts';

/**
 * Every ID token names its session (decision 66). oidc-provider does so for apps with a back-channel logout only, and
 * then a token of another browser of the same user could not be told from one of this session.
 */
export function nameSessionsInIdTokens(provider: Provider): void {
  clientPrototype(provider).includeSid = () => true;
}

/** The hint is verified by now, whatever its age. */
export function isHintOfSession({ oidc }: KoaContextWithOIDC): boolean {
  const { session, client } = oidc;
  const { sub, sid } = hintedSession(oidc) ?? {};
  if (!client || session?.accountId === undefined || sub !== session.accountId) return false;
  const known = session.authorizations?.[client.clientId]?.sid;
  return known !== undefined && sid === known;
}

/** The secret is that of the form, so no other site can lead the browser there. */
export function signOutAtOnce(ctx: KoaContextWithOIDC): void {
  const query = new URLSearchParams({ xsrf: sessionState(ctx).secret ?? '' });
  ctx.redirect(`${ctx.oidc.urlFor('end_session_confirm')}?${query}`);
  ctx.status = 303;
}

/** Middleware: fills in the form at its own address, which takes nothing but a POST otherwise. */
export function fillInLogoutForm(path: string) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    const { xsrf } = ctx.query;
    if (ctx.method === 'GET' && ctx.path === path && typeof xsrf === 'string') {
      const form = Buffer.from(new URLSearchParams({ xsrf, logout: 'yes' }).toString());
      ctx.method = 'POST';
      ctx.req.headers['content-type'] = 'application/x-www-form-urlencoded';
      ctx.req.headers['content-length'] = String(form.length);
      ctx.req.unshift(form);
    }
    await next();
  };
}
