/**
 * Where the forms that oidc-provider makes itself lead to: to the app (`form_post`), or over our own address back to it
 * (sign-out).
 */
import type { KoaContextWithOIDC } from 'oidc-provider';
import { type ProviderPages, sessionState } from '../pages.ts';

/** Middleware: lets the page that was shown post where it has to, and nowhere else. */
export function allowFormTargets(pages: ProviderPages) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    await next();
    const target = ctx.oidc && ctx.response.is('html') ? formTarget(ctx) : undefined;
    if (target !== undefined) pages.allowFormTarget(ctx, target);
  };
}

function formTarget(ctx: KoaContextWithOIDC): string | undefined {
  const { params, client, session, route } = ctx.oidc;
  // A sign-out without a session asks nothing: its form leads on at once.
  if (route === 'end_session') return session?.accountId ? undefined : sessionState(ctx).postLogoutRedirectUri;
  const uri = params?.redirect_uri;
  const isFormPost = params?.response_mode === 'form_post' && typeof uri === 'string';
  return isFormPost && client?.redirectUriAllowed(uri) ? uri : undefined;
}
