/**
 * Whether a request comes from the browser that began a sign-in, by its cookies (Law 15), and what to answer to other
 * browsers.
 */

import type { Context } from 'koa';
import type { Provider } from 'oidc-provider';
import { oneHour } from '../../core/model/durations.ts';
import { StepgateError } from '../../errors.ts';
import { cookieAttributes, cookieName } from '../../flow/browser/cookie-table.ts';
import { signInPath } from '../../oidc/interaction/interactions.ts';

/** A request for one sign-in. */
export interface BoundRequest {
  readonly ctx: Context;
  readonly provider: Provider;
  /** The id of the interaction. */
  readonly uid: string;
}

/** For how long other tabs are told that a sign-in was finished (seconds). */
const finishedMarkLifetime = oneHour;

/** Whether this browser began the sign-in. */
export function isInitiatingBrowser({ ctx, provider, uid }: BoundRequest): boolean {
  return ctx.cookies.get(provider.cookieName('interaction'), { signed: true }) === uid;
}

/**
 * Runs what only that browser may do. The cookie is checked first. Rejects with `StepgateError`: `cookies_missing`,
 * `sign_in_expired`, or `sign_in_finished` if this browser may know that.
 */
export async function inInitiatingBrowser<T>(request: BoundRequest, run: () => Promise<T>): Promise<T> {
  const { ctx, provider, uid } = request;
  try {
    if (!isInitiatingBrowser(request)) throw otherBrowserError(ctx);
    return await run();
  } catch (error) {
    const isOver = error instanceof StepgateError && error.code === 'sign_in_expired';
    if (!isOver || ctx.cookies.get(finishedCookie(provider), { signed: true }) !== uid) throw error;
    throw new StepgateError('sign_in_finished', 'this browser has finished the sign-in', { cause: error });
  }
}

/** A browser that blocks cookies sends none at all. */
function otherBrowserError(ctx: Context): StepgateError {
  if (ctx.get('cookie') === '') return new StepgateError('cookies_missing', 'the browser sent no cookie');
  return new StepgateError('sign_in_expired', 'the address and the cookie name different interactions');
}

/** Lets other tabs of this browser, but no other browser, know that the sign-in was finished. */
export function markFinished({ ctx, provider, uid }: BoundRequest): void {
  ctx.cookies.set(finishedCookie(provider), uid, {
    ...cookieAttributes('finished', provider.issuer),
    path: signInPath(uid),
    maxAge: finishedMarkLifetime * 1000,
    overwrite: true,
  });
}

function finishedCookie({ issuer }: Provider): string {
  return cookieName('finished', issuer);
}
