/** Protocol answers for apps whose sign-in runs in a pop-up window. */
import type { KoaContextWithOIDC } from 'oidc-provider';
import { openerPolicy } from '../pages.ts';
import { currentRequest } from '../request-scope.ts';

/** Middleware: redirects count as well, each of them would cut the window off from the app that opened it. */
export function connectOpeners() {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    await next();
    const app = currentRequest().apps.get(ctx.oidc?.client?.clientId ?? '');
    if (app?.popups) ctx.set(...openerPolicy);
  };
}
