/** Commits what a request wrote, and turns a lost race into the right response before anything is sent. */
import type { Context, Next } from 'koa';
import { errors } from 'oidc-provider';
import { StepgateError } from '../../errors.ts';
import { currentRequest } from '../../oidc/request-scope.ts';
import { Conflict } from '../../stores/unit-of-work.ts';
import { seeOther } from '../answers.ts';
import type { RaceAnswers } from './route-table.ts';

/**
 * Middleware. It runs inside the error handler, which handles what it throws. `routeOf`: the route that answered the
 * request.
 */
export function unitOfWork(routeOf: (ctx: Context) => RaceAnswers | undefined) {
  return async (ctx: Context, next: Next): Promise<void> => {
    await next();
    const { unit, unserved } = currentRequest();
    try {
      // oidc-provider answers 500 to every unknown error.
      if (unserved) throw unserved;
      await unit.commit();
    } catch (error) {
      // The prepared response is wrong: none of its cookies, redirects or tokens may be sent.
      ctx.remove('Set-Cookie');
      ctx.remove('Location');
      if (error instanceof errors.OIDCProviderError) answerRefusal(ctx, error, routeOf(ctx)?.onRefusal);
      else if (error instanceof Conflict) answerLostRace(ctx, error, routeOf(ctx)?.onLostRace);
      else throw error;
    }
  };
}

function answerLostRace(ctx: Context, error: Conflict, answer: RaceAnswers['onLostRace']): void {
  if (typeof answer === 'function') seeOther(ctx, answer(ctx));
  else if (answer === 'ask_again' && ctx.method === 'GET') seeOther(ctx, ctx.url);
  else if (answer === 'oauth_error') sendOAuthError(ctx, new errors.InvalidRequest('another request was faster'));
  else throw new StepgateError('stale_form', error.message, { cause: error });
}

function answerRefusal(ctx: Context, error: errors.OIDCProviderError, answer: RaceAnswers['onRefusal']): void {
  if (answer === 'oauth_error') sendOAuthError(ctx, error);
  else throw new StepgateError('sign_in_expired', error.message, { cause: error });
}

function sendOAuthError(ctx: Context, error: errors.OIDCProviderError): void {
  ctx.status = error.statusCode;
  ctx.body = { error: error.error, error_description: error.error_description };
}
