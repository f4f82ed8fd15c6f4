/**
 * Targets of the forms that oidc-provider generates itself: the app (`form_post`), or our own address and from there
 * the app (sign-out, and a sign-in while another user is signed in).
 */
import type { KoaContextWithOIDC } from 'oidc-provider';
import { type ProviderPages, sessionState } from '../pages.ts';

/** Middleware: lets the page post to its target and nowhere else. */
export function allowFormTargets(pages: ProviderPages) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    await next();
    const target = ctx.oidc && ctx.response.is('html') ? formTarget(ctx) : undefined;
    if (target !== undefined) pages.allowFormTarget(ctx, target);
  };
}

function formTarget(ctx: KoaContextWithOIDC): string | undefined {
  const { params, client, session, route, entities } = ctx.oidc;
  // No parameters: another user is signed out first. Then this sign-in continues, and leads to the app.
  if (route === 'resume' && params === undefined) return addressIn(entities.Interaction?.params);
  // A sign-out without a session asks nothing; its form continues at once.
  if (route === 'end_session') return session?.accountId ? undefined : sessionState(ctx).postLogoutRedirectUri;
  const uri = params?.redirect_uri;
  const isFormPost = params?.response_mode === 'form_post' && typeof uri === 'string';
  return isFormPost && client?.redirectUriAllowed(uri) ? uri : undefined;
}

function addressIn(params: Readonly<Record<string, unknown>> = {}): string | undefined {
  return typeof params.redirect_uri === 'string' ? params.redirect_uri : undefined;
}
