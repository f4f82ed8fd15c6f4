/**
 * Sign-out by an app that presents an ID token of the same session (OpenID Connect RP-Initiated Logout 1.0 section 2).
 * Only an app in which the user is signed in has one, so the user is not asked. oidc-provider signs out only by a form,
 * so the browser is sent to the form's address, and the form is filled in there.
 */
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { sessionState } from '../pages.ts';
import { clientPrototype, hintedSession } from '../provider-types.ts';

/**
 * Every ID token names its session (decision 66). oidc-provider does this only for apps with back-channel logout.
 * Without it, a token from another browser of the same user could not be distinguished from one of this session.
 */
export function nameSessionsInIdTokens(provider: Provider): void {
  clientPrototype(provider).includeSid = () => true;
}

/** The hint has already been verified, apart from its age. */
export function isHintOfSession({ oidc }: KoaContextWithOIDC): boolean {
  const { session, client } = oidc;
  const { sub, sid } = hintedSession(oidc) ?? {};
  if (!client || session?.accountId === undefined || sub !== session.accountId) return false;
  const known = session.authorizations?.[client.clientId]?.sid;
  return known !== undefined && sid === known;
}

/** The secret is the form's, so no other site can send the browser there. */
export function signOutAtOnce(ctx: KoaContextWithOIDC): void {
  const query = new URLSearchParams({ xsrf: sessionState(ctx).secret ?? '' });
  ctx.redirect(`${ctx.oidc.urlFor('end_session_confirm')}?${query}`);
  ctx.status = 303;
}

/** Middleware: fills in the form at its own address, which otherwise accepts only POST. */
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
