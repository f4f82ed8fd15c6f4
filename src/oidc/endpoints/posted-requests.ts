/** Requests that other sites post as a form (OpenID Connect Core section 3.1.2.1, RP-Initiated Logout section 2). */
import type { KoaContextWithOIDC } from 'oidc-provider';
import { StepgateError } from '../../errors.ts';
import type { ProviderPages } from '../pages.ts';

/** The longest query that a form may become (characters). Node accepts 16 KiB for all headers. */
const longestQuery = 8 * 1024;

/**
 * Middleware: answers such a form with a redirect to the same request as a URL. A browser sends `SameSite=Lax` cookies
 * with the redirect, but not with the form. The session therefore counts without making the cookies available to all
 * sites.
 */
export function postedRequests(pages: ProviderPages, paths: readonly string[]) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    if (ctx.method !== 'POST' || !paths.includes(ctx.path)) return void (await next());
    const query = new URLSearchParams({ ...(await pages.readForm(ctx)) }).toString();
    if (query.length > longestQuery) throw new StepgateError('body_too_large');
    ctx.redirect(`${ctx.path}?${query}`);
    ctx.status = 303;
    ctx.set('Cache-Control', 'no-store');
  };
}
