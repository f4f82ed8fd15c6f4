/** Runs each request as one unit of work, and turns a lost race into the right answer before anything leaves. */
import type { Context, Next } from 'koa';
import { errors } from 'oidc-provider';
import { StepgateError } from '../errors.ts';
import { deviceKey } from '../flow/known-device.ts';
import type { Visitor } from '../flow/visitor.ts';
import type { Store } from '../stores/store.ts';
import { Conflict, UnitOfWork, withUnit } from '../stores/unit-of-work.ts';

/** `along`: keys that every load brings along. The browser's device entry is one of them, so that it costs no round trip of its own. */
export function unitOfWork(store: Store, along: readonly string[]) {
  return async (ctx: Context, next: Next): Promise<void> => {
    const { device } = (ctx.state as { visitor: Visitor }).visitor;
    const unit = new UnitOfWork(store, device === undefined ? along : [...along, deviceKey(device)]);
    await withUnit(unit, async () => {
      await next();
      try {
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

/** Another request of the same sign-in was faster: the browser is sent to where that one led. Nothing of this one was written. */
function lostRace(ctx: Context, error: Conflict): void {
  const uid = /^\/signin\/([\w-]+)/.exec(ctx.path)?.[1];
  if (uid === undefined) throw new StepgateError('stale_form', error.message, { cause: error });
  ctx.redirect(`/signin/${uid}`);
  ctx.status = 303;
}

function protocolError(ctx: Context, error: errors.OIDCProviderError): void {
  if (!ctx.path.startsWith('/oauth2/v1/') || ctx.path.startsWith('/oauth2/v1/authorize'))
    throw new StepgateError('sign_in_expired', error.message, { cause: error });
  ctx.status = error.statusCode;
  ctx.body = { error: error.error, error_description: error.error_description };
}
