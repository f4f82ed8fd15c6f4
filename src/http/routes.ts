/** All routes: our own table, and how oidc-provider's endpoints react to a lost race. */
import type { Context } from 'koa';
import type { accountHandlers } from './account/account-handlers.ts';
import type { addressHandlers } from './account/address-handlers.ts';
import type { appHandlers } from './account/app-handlers.ts';
import type { authenticatorHandlers } from './account/authenticator-handlers.ts';
import type { dataHandlers } from './account/data-handlers.ts';
import type { deletionHandlers } from './account/deletion-handlers.ts';
import type { deviceHandlers } from './account/device-handlers.ts';
import type { identifierHandlers } from './account/identifier-handlers.ts';
import type { notMeHandlers } from './account/not-me-handlers.ts';
import type { profileHandlers } from './account/profile-handlers.ts';
import type { sessionHandlers } from './account/session-handlers.ts';
import type { undoHandlers } from './account/undo-handlers.ts';
import type { inboxHandlers } from './demo/inbox.ts';
import type { healthHandlers } from './health.ts';
import type { RaceAnswers, Route } from './middleware/route-table.ts';
import type { magicLinkHandlers } from './sign-in/magic-link.ts';
import type { recoveryCodesHandlers } from './sign-in/recovery-codes.ts';
import { pathAfterRace, type signInHandlers } from './sign-in/sign-in.ts';

export interface RouteHandlers {
  readonly signIn: ReturnType<typeof signInHandlers>;
  readonly account: ReturnType<typeof accountHandlers>;
  readonly authenticators: ReturnType<typeof authenticatorHandlers>;
  readonly sessions: ReturnType<typeof sessionHandlers>;
  readonly devices: ReturnType<typeof deviceHandlers>;
  readonly addresses: ReturnType<typeof addressHandlers>;
  readonly apps: ReturnType<typeof appHandlers>;
  readonly profile: ReturnType<typeof profileHandlers>;
  readonly identifiers: ReturnType<typeof identifierHandlers>;
  readonly data: ReturnType<typeof dataHandlers>;
  readonly deletion: ReturnType<typeof deletionHandlers>;
  readonly undo: ReturnType<typeof undoHandlers>;
  readonly notMe: ReturnType<typeof notMeHandlers>;
  readonly magicLink: ReturnType<typeof magicLinkHandlers>;
  readonly recoveryCodes: ReturnType<typeof recoveryCodesHandlers>;
  /** Only in the demo. */
  readonly inbox?: ReturnType<typeof inboxHandlers>;
  readonly relatedOrigins: (ctx: Context) => Promise<void>;
  readonly health: ReturnType<typeof healthHandlers>;
  /** Files that pages link to. */
  readonly asset: (ctx: Context) => Promise<void>;
  readonly language: (ctx: Context) => Promise<void>;
}

/** Our own routes. If two fit the same path the first one answers, so literal segments come before parameters. */
export function ownRoutes(handlers: RouteHandlers): readonly Route[] {
  const { health, asset, language, inbox, relatedOrigins } = handlers;
  return [
    { path: '/livez', GET: health.live },
    { path: '/readyz', GET: health.ready },
    { path: '/.well-known/webauthn', GET: relatedOrigins },
    { path: '/assets/:file', GET: asset },
    { path: '/language', POST: language, onLostRace: 'stale_form' },
    ...signInRoutes(handlers),
    ...accountRoutes(handlers),
    ...profileRoutes(handlers),
    ...(inbox
      ? [
          { path: '/demo/inbox', GET: inbox.page },
          { path: '/demo/inbox.json', GET: inbox.json },
        ]
      : []),
  ];
}

/**
 * After a lost race the browser sees the step to which the faster request led. If that request belonged to another
 * sign-in, the page says so.
 */
function signInRoutes({ signIn, magicLink, recoveryCodes }: RouteHandlers): readonly Route[] {
  const onLostRace = pathAfterRace;
  return [
    { path: '/signin/:uid', GET: signIn.show, POST: signIn.submit, onLostRace },
    { path: '/signin/:uid/over', GET: signIn.showOver, onLostRace },
    { path: '/signin/:uid/link', GET: magicLink.show, onLostRace },
    { path: '/signin/:uid/status', GET: magicLink.status, onLostRace },
    { path: '/signin/:uid/codes', POST: recoveryCodes.download, onLostRace },
    { path: '/signin/:uid/:step', POST: signIn.submit, onLostRace },
  ];
}

/** After a lost race, the page of the form says that the form was outdated. */
function accountRoutes({
  account,
  authenticators,
  sessions,
  devices,
  addresses,
  apps,
}: RouteHandlers): readonly Route[] {
  const onLostRace = () => '/account?done=stale';
  const onLostMethod = () => '/account/methods?done=stale';
  const onLostDevice = () => '/account/devices?done=stale';
  const onLostAddress = () => '/account/notifications?done=stale';
  return [
    { path: '/', GET: account.home },
    { path: '/account', GET: account.overview },
    { path: '/account/methods', GET: account.methods },
    { path: '/account/devices', GET: account.devices },
    { path: '/account/activity', GET: account.activity },
    { path: '/account/notifications', GET: account.notifications },
    { path: '/.well-known/change-password', GET: account.changePassword },
    { path: '/account/callback', GET: account.callback, onLostRace },
    { path: '/account/add/:key', GET: account.add, onLostRace: onLostMethod },
    { path: '/account/authenticators/:id', GET: authenticators.show, onLostRace: onLostMethod },
    { path: '/account/authenticators/:id/:act', POST: authenticators.change, onLostRace: onLostMethod },
    { path: '/account/sessions/:id', GET: sessions.show, onLostRace: onLostDevice },
    { path: '/account/sessions/:id/end', POST: sessions.end, onLostRace: onLostDevice },
    { path: '/account/devices/:id', GET: devices.showForget, onLostRace: onLostDevice },
    { path: '/account/devices/:id/forget', POST: devices.forget, onLostRace: onLostDevice },
    { path: '/account/apps', GET: apps.list, onLostRace: () => '/account/apps?done=stale' },
    { path: '/account/apps/:id', GET: apps.show, onLostRace: () => '/account/apps?done=stale' },
    { path: '/account/apps/:id/end', POST: apps.end, onLostRace: () => '/account/apps?done=stale' },
    { path: '/account/addresses/add', GET: addresses.showAdd, POST: addresses.add, onLostRace: onLostAddress },
    {
      path: '/account/addresses/confirm',
      GET: addresses.showConfirm,
      POST: addresses.confirm,
      onLostRace: onLostAddress,
    },
    { path: '/account/addresses/resend', POST: addresses.resend, onLostRace: onLostAddress },
    { path: '/account/addresses/:id', GET: addresses.showRemove, onLostRace: onLostAddress },
    { path: '/account/addresses/:id/remove', POST: addresses.remove, onLostRace: onLostAddress },
  ];
}

/** After a lost race, the profile page says that the form was outdated. */
function profileRoutes({ profile, identifiers, data, deletion, undo, notMe }: RouteHandlers): readonly Route[] {
  const onLostRace = () => '/account/profile?done=stale';
  const onLostDeletion = () => '/account/deletion?done=stale';
  return [
    { path: '/account/profile', GET: profile.show, POST: profile.save, onLostRace },
    { path: '/account/profile/:kind', GET: identifiers.showChange, POST: identifiers.change, onLostRace },
    { path: '/account/profile/:kind/confirm', GET: identifiers.showConfirm, POST: identifiers.confirm, onLostRace },
    { path: '/account/profile/:kind/resend', POST: identifiers.resend, onLostRace },
    { path: '/account/data', GET: data.show, POST: data.download, onLostRace: () => '/account/data?done=stale' },
    { path: '/account/deletion', GET: deletion.show, POST: deletion.request, onLostRace: onLostDeletion },
    { path: '/account/deletion/cancel', POST: deletion.cancel, onLostRace: onLostDeletion },
    { path: '/account/undo', GET: undo.show, POST: undo.undo, onLostRace: 'stale_form' },
    { path: '/account/not-me', GET: notMe.show, POST: notMe.reject, onLostRace: 'stale_form' },
    { path: '/account/recover', GET: notMe.recover },
  ];
}

const askAgain: RaceAnswers = { onLostRace: 'ask_again' };
const tellApp: RaceAnswers = { onLostRace: 'oauth_error', onRefusal: 'oauth_error' };
const tellOfRefusal: RaceAnswers = { onRefusal: 'oauth_error' };

/**
 * The protocol endpoints by oidc-provider's route names (`ctx.oidc.route`). Some are used by browsers, the others by
 * apps.
 */
export const protocolRoutes: Readonly<Record<string, RaceAnswers>> = {
  authorization: askAgain,
  resume: askAgain,
  code_verification: askAgain,
  device_resume: askAgain,
  end_session: tellOfRefusal,
  end_session_confirm: tellOfRefusal,
  end_session_success: tellOfRefusal,
  token: tellApp,
  pushed_authorization_request: tellApp,
  device_authorization: tellApp,
  userinfo: tellApp,
  introspection: tellApp,
  revocation: tellApp,
  jwks: tellApp,
  discovery: tellApp,
};
