/** `POST /language`: the user chooses the language for all pages in this browser. Works without a script. */

import type { Context } from 'koa';
import { oneDay } from '../core/model/durations.ts';
import { cookieAttributes } from '../flow/browser/cookie-table.ts';
import { seeOther } from './answers.ts';
import type { Renderer } from './html/render.ts';
import { readForm } from './middleware/form-body.ts';
import { requireSameOrigin } from './middleware/same-origin.ts';

export interface LanguageParts {
  readonly renderer: Pick<Renderer, 'locales'>;
  readonly issuer: string;
  readonly cookie: string;
  /** Whether a browser can open this path. Undefined if it is not one of ours. */
  readonly canOpen: (path: string) => boolean | undefined;
}

/** A year (milliseconds). */
const languageLifetime = 365 * oneDay * 1000;

/** Rejects with `StepgateError` if the form comes from another site or cannot be read. */
export function languageHandler(parts: LanguageParts): (ctx: Context) => Promise<void> {
  return async (ctx) => {
    requireSameOrigin(ctx, parts.issuer);
    const { language = '', back = '' } = await readForm(ctx);
    if (parts.renderer.locales.includes(language)) setLanguageCookie(ctx, parts, language);
    seeOther(ctx, pathBack(back, parts));
  };
}

/** `null`: back to the language of the profile or the browser. */
export function setLanguageCookie(
  ctx: Context,
  { cookie, issuer }: Pick<LanguageParts, 'cookie' | 'issuer'>,
  language: string | null,
): void {
  ctx.cookies.set(cookie, language, {
    ...cookieAttributes('language', issuer),
    path: '/',
    overwrite: true,
    ...(language === null ? {} : { maxAge: languageLifetime }),
  });
}

/**
 * The page that the user was reading. The response to a form has no address of its own, so the path above it is used.
 */
function pathBack(back: string, { issuer, canOpen }: LanguageParts): string {
  const url = /^\/(?![/\\])/.test(back) ? URL.parse(back, issuer) : null;
  if (url === null || url.origin !== issuer) return '/account';
  const segments = url.pathname.split('/');
  for (let length = segments.length; length > 1; length -= 1) {
    const path = segments.slice(0, length).join('/');
    if (canOpen(path) !== false) return length === segments.length ? path + url.search : path;
  }
  return '/account';
}
