/** Runs each request as one unit of work, and turns a lost race into the right answer before anything leaves. */
import type { Context, Next } from 'koa';
import { errors } from 'oidc-provider';
import { StepgateError } from '../../errors.ts';
import { currentRequest } from '../../oidc/request-scope.ts';
import { Conflict } from '../../stores/unit-of-work.ts';

/** Middleware. It stands inside the error handler, which answers what it throws. */
export async function unitOfWork(ctx: Context, next: Next): Promise<void> {
  await next();
  const { unit, storeFailure } = currentRequest();
  try {
    // oidc-provider answers 500 to every error that it does not know.
    if (storeFailure) throw storeFailure;
    await unit.commit();
  } catch (error) {
    // What was prepared is not true: no cookie, no redirect, no token of it may leave.
    ctx.remove('Set-Cookie');
    ctx.remove('Location');
    if (error instanceof errors.OIDCProviderError) protocolError(ctx, error);
    else if (error instanceof Conflict) lostRace(ctx, error);
    else throw error;
  }
}

/** Another request was faster, and nothing of this one was written. A browser is sent to where that one led, or asks once more. */
function lostRace(ctx: Context, error: Conflict): void {
  const location = afterLostRace(ctx);
  if (location !== undefined) {
    ctx.redirect(location);
    ctx.status = 303;
  } else if (/^\/oauth2\/v1\/(?!authorize|logout)/.test(ctx.path)) {
    protocolError(ctx, new errors.InvalidRequest('another request was faster'));
  } else throw new StepgateError('stale_form', error.message, { cause: error });
}

function afterLostRace(ctx: Context): string | undefined {
  const uid = /^\/signin\/([\w-]+)/.exec(ctx.path)?.[1];
  if (uid !== undefined) return `/signin/${uid}`;
  if (ctx.path.startsWith('/account/')) return '/account?done=stale';
  const isRepeatable = ctx.method === 'GET' && /^\/(oauth2\/v1\/authorize|device)(\/|$)/.test(ctx.path);
  return isRepeatable ? ctx.url : undefined;
}

function protocolError(ctx: Context, error: errors.OIDCProviderError): void {
  if (!ctx.path.startsWith('/oauth2/v1/') || ctx.path.startsWith('/oauth2/v1/authorize'))
    throw new StepgateError('sign_in_expired', error.message, { cause: error });
  ctx.status = error.statusCode;
  ctx.body = { error: error.error, error_description: error.error_description };
}
