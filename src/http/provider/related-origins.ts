/**
 * `/.well-known/webauthn`: the origins whose pages may use the passkeys of this relying party (Web Authentication Level
 * 3 section 5.11). Browsers request it only at `https://<rpId>/`.
 */
import type { Context } from 'koa';
import { StepgateError } from '../../errors.ts';
import type { Services } from '../../flow/services.ts';
import { currentRequest } from '../../oidc/request-scope.ts';

/** How long it may be cached (seconds), so that a new origin can be used soon. */
const maxAge = 300;

export function relatedOriginsHandler(services: Services): (ctx: Context) => Promise<void> {
  return async (ctx) => {
    const { settings } = await services.snapshot(currentRequest().unit);
    const origins = Array.from(services.authenticators).flatMap(([key, { configuration }]) => {
      const own = settings.authenticators[key];
      return own?.enabled ? (configuration.relyingParty?.(own, services.issuer)?.origins ?? []) : [];
    });
    if (origins.length === 0) throw new StepgateError('not_found', 'no authenticator has a relying party');
    ctx.set('Cache-Control', `public, max-age=${maxAge}`);
    ctx.body = { origins };
  };
}
