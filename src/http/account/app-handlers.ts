/** `/account/apps`: what apps may do without asking again, and how a user ends their access. */
import type { Context } from 'koa';
import type { Notice } from '../../core/step/step.ts';
import { type ConnectedApp, connectedApps, endAccessOf } from '../../flow/account/apps.ts';
import { openableApps } from '../../flow/account/openable-apps.ts';
import { staleForm } from '../../flow/transaction/form-handle.ts';
import {
  type AccountHttpRequest,
  type AccountParts,
  openedAccount,
  sendToSignIn,
  showAccountPage,
} from './account-request.ts';
import { endHandlers, type Listed } from './end-handlers.ts';
import { appToReturnTo } from './return-to-app.ts';

const apps: Listed<ConnectedApp> = {
  path: 'apps',
  list: 'apps',
  verb: 'end',
  purpose: 'end access',
  find: async (open, id) => (await connectedApps(open)).find((app) => app.id === id),
  shown: (app) => ({ kind: 'end-app-access', app }),
  end: endAccessOf,
  done: () => 'app_ended',
};

export function appHandlers(parts: AccountParts) {
  const { ask, end } = endHandlers(apps, parts);
  return { list: (ctx: Context) => list({ parts, ctx }), show: ask, end };
}

async function list(request: AccountHttpRequest): Promise<void> {
  const open = await openedAccount(request);
  if (!open) return sendToSignIn(request, { returnTo: 'apps' });
  const page = { ...request, open };
  showAccountPage(page, {
    kind: 'apps',
    apps: await connectedApps(open),
    openable: await openableApps(open),
    ...(await appToReturnTo(page)),
    notices: noticesOf(request),
  });
}

function noticesOf({ ctx }: AccountHttpRequest): readonly Notice[] {
  const { done } = ctx.query;
  if (done === 'stale') return [staleForm];
  return done === 'app_ended' ? [{ code: `account.done.${done}`, level: 'info' }] : [];
}
