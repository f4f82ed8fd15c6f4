/** The two answers that a browser gets most often: a page, and where to go next. */
import type { Context } from 'koa';

/** What an answer needs of Koa's context, so that oidc-provider's will do as well. */
export type ResponseContext = Pick<Context, 'type' | 'set' | 'body'>;

export function showPage(ctx: ResponseContext, html: string): void {
  ctx.type = 'text/html; charset=utf-8';
  ctx.set('Cache-Control', 'no-store');
  // As bytes: of a text, Koa and Node would each find out the length again, and join it to the headers.
  ctx.body = Buffer.from(html);
}

/** 303: what comes next is fetched, never posted again (RFC 9700 section 4.12). */
export function seeOther(ctx: Pick<Context, 'set' | 'redirect' | 'status'>, location: string): void {
  ctx.set('Cache-Control', 'no-store');
  ctx.redirect(location);
  ctx.status = 303;
}
