/**
 * The way back to the app from which the user came: `/account?client_id=APP`. The link goes only to the address that
 * the configuration has for the app. The browser only remembers which app it was, until it is closed.
 */
import { cookieAttributes, cookieName } from '../../flow/browser/cookie-table.ts';
import { appAddress } from '../../policy/revision/brand.ts';
import type { AccountPage } from '../html/views/account-pages.ts';
import type { AccountHttpRequest, AccountPageRequest } from './account-request.ts';

/** Accepts the longest configurable client id, and excludes everything that a cookie cannot hold. */
const possibleId = /^[\w.~-]{1,255}$/;

export function rememberApp({ parts, ctx }: AccountHttpRequest): void {
  const { client_id: id } = ctx.query;
  if (typeof id !== 'string' || !possibleId.test(id)) return;
  const { issuer } = parts.services;
  ctx.cookies.set(cookieName('app', issuer), id, {
    ...cookieAttributes('app', issuer),
    path: '/account',
    overwrite: true,
  });
}

/** Rejects with `StoreUnavailable`. */
export async function appToReturnTo({ parts, ctx, open }: AccountPageRequest): Promise<Pick<AccountPage, 'returnTo'>> {
  const { issuer } = parts.services;
  const { client_id: asked } = ctx.query;
  const id = typeof asked === 'string' ? asked : ctx.cookies.get(cookieName('app', issuer));
  const app = id === undefined || !possibleId.test(id) ? undefined : await open.snapshot.app(id);
  const href = app && !app.ownAccount ? appAddress(app.client, issuer) : undefined;
  return app && href !== undefined ? { returnTo: { name: app.name, href } } : {};
}
