/**
 * Sign-out by an app that shows an ID token of the very session (OpenID Connect RP-Initiated Logout 1.0 section 2).
 * Only an app that the user is signed in to has one, so the user is asked nothing. oidc-provider signs out at a form
 * only, so the browser is led to that form's address, and the form is filled in there.
 */
import type { KoaContextWithOIDC } from 'oidc-provider';
import { sessionState } from '../pages.ts';
import { hintedSession } from '../provider-types.ts';

/** The hint is verified by now, whatever its age. `sid` is in the tokens of clients with back-channel logout only. */
export function isHintOfSession({ oidc }: KoaContextWithOIDC): boolean {
  const { session, client } = oidc;
  const { sub, sid } = hintedSession(oidc) ?? {};
  if (!client || session?.accountId === undefined || sub !== session.accountId) return false;
  const known = session.authorizations?.[client.clientId]?.sid;
  return known !== undefined && (sid === undefined || sid === known);
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
