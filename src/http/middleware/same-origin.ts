/**
 * Refuses forms from other sites. SameSite cookies and the handle in each form protect as well, and each of these would
 * be enough.
 */
import type { Context } from 'koa';
import { StepgateError } from '../../errors.ts';

/**
 * Browsers say where a request comes from: in Sec-Fetch-Site, otherwise in Origin. A client that sends neither is not a
 * browser that a site could misuse. Throws `StepgateError('cross_site')`.
 */
export function requireSameOrigin(ctx: Context, issuer: string): void {
  const site = ctx.get('sec-fetch-site');
  if (site !== '') {
    if (site !== 'same-origin' && site !== 'none') throw new StepgateError('cross_site', `Sec-Fetch-Site: ${site}`);
    return;
  }
  const origin = ctx.get('origin');
  // With `Referrer-Policy: no-referrer` a browser may send `null` for its own forms. Only the origin of another site is
  // evidence.
  if (origin !== '' && origin !== 'null' && origin !== new URL(issuer).origin)
    throw new StepgateError('cross_site', `Origin: ${origin}`);
}
