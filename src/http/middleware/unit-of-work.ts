/** Runs each request as one unit of work, and turns a lost race into the right answer before anything leaves. */
import type { Context, Next } from 'koa';
import { errors } from 'oidc-provider';
import { StepgateError } from '../../errors.ts';
import type { Visitor } from '../../flow/browser/visitor.ts';
import { knownDeviceKey } from '../../stores/keys.ts';
import type { Store } from '../../stores/store.ts';
import { Conflict, UnitOfWork, withUnit } from '../../stores/unit-of-work.ts';
import { failureRecordingStore } from './failure-recording-store.ts';

/** `along`: keys that every load brings along. The browser's device entry is one of them, so that it costs no round trip of its own. */
export function unitOfWork(store: Store, along: readonly string[]) {
  return async (ctx: Context, next: Next): Promise<void> => {
    const { device } = (ctx.state as { visitor: Visitor }).visitor;
    let failure: Error | undefined;
    const watched = failureRecordingStore(store, (error) => {
      failure = error;
    });
    const unit = new UnitOfWork(watched, device === undefined ? along : [...along, knownDeviceKey(device)]);
    await withUnit(unit, async () => {
      await next();
      try {
        // oidc-provider answers 500 to every error that it does not know.
        if (failure) throw failure;
        await unit.commit();
      } catch (error) {
        // What was prepared is not true: no cookie, no redirect, no token of it may leave.
        ctx.remove('Set-Cookie');
        ctx.remove('Location');
        if (error instanceof errors.OIDCProviderError) protocolError(ctx, error);
        else if (error instanceof Conflict) lostRace(ctx, error);
        else throw error;
      }
    });
  };
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
