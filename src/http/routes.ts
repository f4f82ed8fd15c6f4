/** One table of all routes of our own; the protocol endpoints are oidc-provider's. */
import Router from '@koa/router';
import type { Context } from 'koa';
import { StepgateError } from '../errors.ts';
import type { accountHandlers } from './account/account-handlers.ts';
import type { addressHandlers } from './account/address-handlers.ts';
import type { deviceHandlers } from './account/device-handlers.ts';
import type { inboxHandlers } from './demo/inbox.ts';
import type { healthHandlers } from './health.ts';
import { assetCacheControl } from './html/assets.ts';
import type { Renderer } from './html/render.ts';
import type { linkHandlers } from './sign-in/magic-link.ts';
import type { recoveryCodesHandlers } from './sign-in/recovery-codes.ts';
import type { signInHandlers } from './sign-in/sign-in.ts';

export interface RouteParts {
  readonly signIn: ReturnType<typeof signInHandlers>;
  readonly account: ReturnType<typeof accountHandlers>;
  readonly addresses: ReturnType<typeof addressHandlers>;
  readonly devices: ReturnType<typeof deviceHandlers>;
  readonly link: ReturnType<typeof linkHandlers>;
  readonly recoveryCodes: ReturnType<typeof recoveryCodesHandlers>;
  /** Only in the demo. */
  readonly inbox?: ReturnType<typeof inboxHandlers>;
  readonly health: ReturnType<typeof healthHandlers>;
  readonly renderer: Renderer;
}

export function routes(parts: RouteParts): Router {
  const { account, addresses, devices, signIn, link, recoveryCodes, inbox, health, renderer } = parts;
  const router = new Router();
  router.get('/livez', health.live);
  router.get('/readyz', health.ready);
  router.get('/assets/:file', (ctx) => sendAsset(ctx, renderer));
  router.get('/signin/:uid', signIn.show);
  router.post('/signin/:uid', signIn.submit);
  router.get('/signin/:uid/link', link.show);
  router.get('/signin/:uid/status', link.status);
  router.post('/signin/:uid/codes', recoveryCodes.download);
  router.post('/signin/:uid/:step', signIn.submit);
  router.get('/account', account.overview);
  router.get('/account/callback', account.callback);
  router.get('/account/add/:key', account.add);
  router.get('/account/authenticators/:id', account.authenticator);
  router.post('/account/authenticators/:id/:act', account.changeAuthenticator);
  router.get('/account/sessions/:id', account.session);
  router.post('/account/sessions/:id/end', account.endSession);
  router.get('/account/devices/:id', devices.showForget);
  router.post('/account/devices/:id/forget', devices.forget);
  router.get('/account/addresses/add', addresses.showAdd);
  router.get('/account/addresses/confirm', addresses.showConfirm);
  router.get('/account/addresses/resend', allowOnly('POST'));
  router.get('/account/addresses/:id', addresses.showRemove);
  router.post('/account/addresses/add', addresses.add);
  router.post('/account/addresses/confirm', addresses.confirm);
  router.post('/account/addresses/resend', addresses.resend);
  router.post('/account/addresses/:id/remove', addresses.remove);
  for (const path of ['/livez', '/readyz', '/assets/:file']) router.all(path, allowOnly('GET, HEAD'));
  router.all('/signin/:uid', allowOnly('GET, HEAD, POST'));
  for (const path of ['/signin/:uid/link', '/signin/:uid/status']) router.all(path, allowOnly('GET, HEAD'));
  router.all('/signin/:uid/:step', allowOnly('POST'));
  if (inbox) {
    router.get('/demo/inbox', inbox.page);
    router.get('/demo/inbox.json', inbox.json);
    for (const path of ['/demo/inbox', '/demo/inbox.json']) router.all(path, allowOnly('GET, HEAD'));
  }
  for (const path of ['/account', '/account/callback', '/account/add/:key']) router.all(path, allowOnly('GET, HEAD'));
  for (const path of ['/account/addresses/add', '/account/addresses/confirm'])
    router.all(path, allowOnly('GET, HEAD, POST'));
  for (const path of ['authenticators/:id', 'sessions/:id', 'devices/:id'])
    router.all(`/account/${path}`, allowOnly('GET, HEAD'));
  for (const path of [
    'authenticators/:id/:act',
    'sessions/:id/end',
    'devices/:id/forget',
    'addresses/resend',
    'addresses/:id/remove',
  ])
    router.all(`/account/${path}`, allowOnly('POST'));
  router.all('/account/addresses/:id', allowOnly('GET, HEAD'));
  return router;
}

/** Stands behind the handlers of a route: whatever gets here used another method (RFC 9110 section 15.5.6). */
function allowOnly(methods: string): (ctx: Context) => never {
  return (ctx) => {
    ctx.set('Allow', methods);
    throw new StepgateError('method_not_allowed');
  };
}

function sendAsset(ctx: Context, renderer: Renderer): void {
  const asset = renderer.asset(ctx.path);
  if (!asset) throw new StepgateError('not_found');
  ctx.set({ 'Cache-Control': assetCacheControl, ETag: asset.etag });
  ctx.type = asset.type;
  ctx.body = asset.body;
  if (ctx.fresh) ctx.status = 304;
}
