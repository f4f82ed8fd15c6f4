/** Whether a request comes from the browser that began a sign-in: its cookies say so; and what to say when it does not seem to. */
import type { Context } from 'koa';
import type { Provider } from 'oidc-provider';
import { StepgateError } from '../../errors.ts';
import { signInPath } from '../../oidc/interaction/interactions.ts';

/** Longest that anybody may look for a sign-in in a tab that they left (seconds). */
const rememberedFor = 3600;

/** This browser began the sign-in. */
export function isInitiatingBrowser(ctx: Context, provider: Provider, uid: string): boolean {
  return ctx.cookies.get(provider.cookieName('interaction'), { signed: true }) === uid;
}

/**
 * Runs what only that browser may; the cookie is looked at before anything else. Rejects with `StepgateError`: `cookies_missing`,
 * `sign_in_expired`, or `sign_in_finished` where this browser may know that.
 */
export async function inInitiatingBrowser<T>(
  ctx: Context,
  provider: Provider,
  uid: string,
  run: () => Promise<T>,
): Promise<T> {
  try {
    if (!isInitiatingBrowser(ctx, provider, uid)) throw strange(ctx);
    return await run();
  } catch (error) {
    const isOver = error instanceof StepgateError && error.code === 'sign_in_expired';
    if (!isOver || ctx.cookies.get(markOf(provider), { signed: true }) !== uid) throw error;
    throw new StepgateError('sign_in_finished', 'this browser has finished the sign-in', { cause: error });
  }
}

/** Where cookies are blocked, none comes at all. */
function strange(ctx: Context): StepgateError {
  if (ctx.get('cookie') === '') return new StepgateError('cookies_missing', 'the browser sent no cookie');
  return new StepgateError('sign_in_expired', 'the address and the cookie name different interactions');
}

/** So that other tabs of this browser, and of no other, are told that the sign-in was finished. */
export function markFinished(ctx: Context, provider: Provider, uid: string): void {
  ctx.cookies.set(markOf(provider), uid, {
    httpOnly: true,
    sameSite: 'lax',
    secure: isSecure(provider),
    path: signInPath(uid),
    maxAge: rememberedFor * 1000,
    overwrite: true,
    signed: true,
  });
}

function isSecure({ issuer }: Provider): boolean {
  return issuer.startsWith('https:');
}

/** It is bound to the path of one sign-in, which the prefix for hosts forbids. */
function markOf(provider: Provider): string {
  return isSecure(provider) ? '__Secure-stepgate-finished' : 'stepgate-finished';
}
