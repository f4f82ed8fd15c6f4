/** Handles a device form whose session is gone. */
import type { KoaContextWithOIDC } from 'oidc-provider';
import { sessionExpiry } from '../provider-types.ts';

const deviceRoutes: ReadonlySet<string> = new Set(['code_verification', 'device_resume']);

/**
 * Middleware. oidc-provider would show the form again with a secret that it cannot store, because there is no session,
 * and fail. The user gets a new form instead.
 */
export function restartLostDeviceForm(path: string) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    try {
      await next();
    } catch (error) {
      if (!ctx.oidc?.session || sessionExpiry(ctx) !== undefined || !deviceRoutes.has(ctx.oidc.route)) throw error;
      ctx.redirect(path);
      ctx.status = 303;
    }
  };
}
