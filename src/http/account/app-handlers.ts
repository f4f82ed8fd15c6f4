/** `/account/apps`: what apps may do without asking again, and how a user ends it. */

import type { Context } from 'koa';
import type { Notice } from '../../core/step/step.ts';
import { accountHandle, isAccountHandle } from '../../flow/account/account-form.ts';
import { endAccessOf, type OwnApp, ownApps } from '../../flow/account/apps.ts';
import type { OpenAccount } from '../../flow/account/open-account.ts';
import { openableApps } from '../../flow/account/openable-apps.ts';
import { reserveChange } from '../../flow/change-limit.ts';
import { staleForm } from '../../flow/transaction/form-handle.ts';
import { seeOther } from '../answers.ts';
import { pathParameter } from '../middleware/route-table.ts';
import {
  type AccountHttpRequest,
  type AccountPageRequest,
  type AccountParts,
  openedAccount,
  readyForChange,
  readyForForm,
  sendToSignIn,
  setStatus,
  showAccountPage,
} from './account-request.ts';
import { appToReturnTo } from './return-to-app.ts';

export function appHandlers(parts: AccountParts) {
  return {
    list: (ctx: Context) => list({ parts, ctx }),
    show: (ctx: Context) => show({ parts, ctx }),
    end: (ctx: Context) => end({ parts, ctx }),
  };
}

async function list(request: AccountHttpRequest): Promise<void> {
  const open = await openedAccount(request);
  if (!open) return sendToSignIn(request, { returnTo: 'apps' });
  const page = { ...request, open };
  showAccountPage(page, {
    kind: 'apps',
    apps: await ownApps(open),
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

async function show(request: AccountHttpRequest): Promise<void> {
  const id = pathParameter(request.ctx, 'id');
  const ready = await readyForChange(request, `apps/${id}`);
  if (ready) await showApp(ready, id, []);
}

async function end(request: AccountHttpRequest): Promise<void> {
  const id = pathParameter(request.ctx, 'id');
  const form = await readyForForm(request, `apps/${id}`);
  if (!form) return;
  const { ctx, open, fields } = form;
  const app = await appOf(open, id);
  if (!app) return seeOther(ctx, '/account/apps?done=app_ended');
  if (!isAccountHandle(open, `end access ${id}`, fields.stateHandle)) return showApp(form, id, [staleForm]);
  const tooMany = await reserveChange(open);
  if (tooMany) return showApp(form, id, [tooMany]);
  await endAccessOf(open, app);
  seeOther(ctx, '/account/apps?done=app_ended');
}

async function showApp(request: AccountPageRequest, id: string, notices: readonly Notice[]): Promise<void> {
  const { ctx, open } = request;
  const app = await appOf(open, id);
  if (!app) return seeOther(ctx, '/account/apps');
  setStatus(ctx, notices);
  showAccountPage(request, {
    kind: 'end-app-access',
    app,
    action: `/account/apps/${id}/end`,
    handle: accountHandle(open, `end access ${id}`),
    notices,
  });
}

async function appOf(open: OpenAccount, id: string): Promise<OwnApp | undefined> {
  return (await ownApps(open)).find((one) => one.id === id);
}
