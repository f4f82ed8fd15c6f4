/** Refuses forms from other sites. SameSite cookies and the handle in each form stand beside this; each alone would do. */
import type { Context } from 'koa';
import { StepgateError } from '../../errors.ts';

/**
 * Browsers say where a request comes from: Sec-Fetch-Site, else Origin. A client that says neither is no browser under somebody's control.
 * Throws `StepgateError('cross_site')`.
 */
export function requireSameOrigin(ctx: Context, issuer: string): void {
  const site = ctx.get('sec-fetch-site');
  if (site !== '') {
    if (site !== 'same-origin' && site !== 'none') throw new StepgateError('cross_site', `Sec-Fetch-Site: ${site}`);
    return;
  }
  const origin = ctx.get('origin');
  // With `Referrer-Policy: no-referrer` a browser may send `null` for its own forms; only an origin that is somebody else's tells something.
  if (origin !== '' && origin !== 'null' && origin !== new URL(issuer).origin)
    throw new StepgateError('cross_site', `Origin: ${origin}`);
}
