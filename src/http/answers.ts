/** The two most frequent responses: a page, and a redirect. */
import type { Context } from 'koa';

/** The part of Koa's context that a response needs, so that oidc-provider's context works as well. */
export type ResponseContext = Pick<Context, 'type' | 'set' | 'body'>;

export function showPage(ctx: ResponseContext, html: string): void {
  ctx.type = 'text/html; charset=utf-8';
  ctx.set('Cache-Control', 'no-store');
  // As bytes, because for a text Koa and Node would each compute the length again and copy it.
  ctx.body = Buffer.from(html);
}

/** 303, so that the browser fetches the next page and never posts again (RFC 9700 section 4.12). */
export function seeOther(ctx: Pick<Context, 'set' | 'redirect' | 'status'>, location: string): void {
  ctx.set('Cache-Control', 'no-store');
  ctx.redirect(location);
  ctx.status = 303;
}
