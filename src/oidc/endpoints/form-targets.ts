/** Where the forms that oidc-provider makes itself lead to: to the app (`form_post`), or over our own address back to it (sign-out). */
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { ProviderPages } from '../pages.ts';

/** Middleware: lets the page that was shown post where it has to, and nowhere else. */
export function allowFormTargets(pages: ProviderPages) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    await next();
    const target = ctx.oidc && ctx.response.is('html') ? formTarget(ctx) : undefined;
    if (target !== undefined) pages.formLeadsTo(ctx, target);
  };
}

function formTarget({ oidc }: KoaContextWithOIDC): string | undefined {
  const { params, client, session } = oidc;
  if (oidc.route === 'end_session') {
    // Of a sign-out without a session, which asks nothing.
    const uri = (session?.state as { postLogoutRedirectUri?: unknown } | undefined)?.postLogoutRedirectUri;
    return typeof uri === 'string' && !session?.accountId ? uri : undefined;
  }
  const uri = params?.redirect_uri;
  const isFormPost = params?.response_mode === 'form_post' && typeof uri === 'string';
  return isFormPost && client?.redirectUriAllowed(uri) ? uri : undefined;
}
