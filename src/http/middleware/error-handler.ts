/** The one place where an error becomes a response: code and public text for the user, the cause for the log. */
import { randomBytes } from 'node:crypto';
import type { Context, Next } from 'koa';
import { type ErrorCode, StepgateError } from '../../errors.ts';
import type { Snapshot } from '../../policy/revision/snapshot.ts';
import { showPage } from '../answers.ts';
import type { Renderer } from '../html/render.ts';
import type { NextLink } from '../html/views/page-models.ts';
import { pageContext } from '../page-context.ts';

export interface ErrorHandlerParts {
  readonly renderer: Renderer;
  readonly snapshot: () => Snapshot | undefined;
  /** Where the page of an error with this code leads. */
  readonly nextLinks: (ctx: Context, code: ErrorCode) => Promise<readonly NextLink[]>;
  /** The page shows `reference` as well, so that a user can quote it. */
  readonly log: (
    error: unknown,
    context: { readonly reference: string; readonly method: string; readonly path: string; readonly code: string },
  ) => void;
}

export function errorHandler({ renderer, snapshot, nextLinks, log }: ErrorHandlerParts) {
  return async (ctx: Context, next: Next): Promise<void> => {
    try {
      await next();
      if (ctx.status === 404 && ctx.body === undefined) throw new StepgateError('not_found');
    } catch (thrown) {
      const error =
        thrown instanceof StepgateError
          ? thrown
          : new StepgateError('internal', 'an unexpected error', { cause: thrown });
      const reference = randomBytes(6).toString('hex');
      log(error, { reference, method: ctx.method, path: ctx.path, code: error.code });
      ctx.status = error.status;
      if (error.retryAfter !== undefined) ctx.set('Retry-After', String(error.retryAfter));
      ctx.set('Cache-Control', 'no-store');
      if (ctx.accepts('json', 'html') === 'html') {
        const page = { ...pageContext(renderer, snapshot()), nextLinks: await nextLinks(ctx, error.code) };
        showPage(ctx, renderer.renderError({ ...page, code: error.code, reference }));
      } else {
        ctx.body = { error: error.code, reference };
      }
    }
  };
}
