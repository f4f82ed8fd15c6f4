/** Protocol responses for apps that sign in inside a pop-up window. */
import type { KoaContextWithOIDC } from 'oidc-provider';
import { openerPolicy } from '../pages.ts';
import { currentRequest } from '../request-scope.ts';

/** Middleware, for redirects as well: each of them could cut the window off from the app that opened it. */
export function connectOpeners() {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    await next();
    const app = currentRequest().apps.get(ctx.oidc?.client?.clientId ?? '');
    if (app?.popups) ctx.set(...openerPolicy);
  };
}
