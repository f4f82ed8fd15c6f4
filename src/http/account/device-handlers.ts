/** `/account/devices`: browsers whose second factor is remembered for a while, and how to take that back. */

import type { Context } from 'koa';
import type { Notice } from '../../core/step/step.ts';
import { accountHandle, isAccountHandle } from '../../flow/account/account-form.ts';
import { devicesOf, forgetDevice } from '../../flow/account/devices.ts';
import { reserveChange } from '../../flow/change-limit.ts';
import { staleForm } from '../../flow/transaction/form-handle.ts';
import { seeOther } from '../answers.ts';
import { pathParameter } from '../middleware/route-table.ts';
import {
  type AccountHttpRequest,
  type AccountPageRequest,
  type AccountParts,
  readyForChange,
  readyForForm,
  setStatus,
  showAccountPage,
} from './account-request.ts';

export function deviceHandlers(parts: AccountParts) {
  return {
    showForget: (ctx: Context) => openForget({ parts, ctx }),
    forget: (ctx: Context) => forget({ parts, ctx }),
  };
}

async function openForget(request: AccountHttpRequest): Promise<void> {
  const id = pathParameter(request.ctx, 'id');
  const ready = await readyForChange(request, `devices/${id}`);
  if (ready) await showForget(ready, id, []);
}

async function forget(request: AccountHttpRequest): Promise<void> {
  const id = pathParameter(request.ctx, 'id');
  const form = await readyForForm(request, `devices/${id}`);
  if (!form) return;
  const { ctx, open, fields } = form;
  const device = (await devicesOf(open)).find((one) => one.id === id);
  if (!device) return seeOther(ctx, '/account/devices?done=device_forgotten');
  if (!isAccountHandle(open, `forget ${id}`, fields.stateHandle)) return showForget(form, id, [staleForm]);
  const tooMany = await reserveChange(open);
  if (tooMany) return showForget(form, id, [tooMany]);
  forgetDevice(open, device);
  seeOther(ctx, '/account/devices?done=device_forgotten');
}

async function showForget(request: AccountPageRequest, id: string, notices: readonly Notice[]): Promise<void> {
  const { ctx, open } = request;
  const device = (await devicesOf(open)).find((one) => one.id === id);
  if (!device) return seeOther(ctx, '/account/devices');
  setStatus(ctx, notices);
  showAccountPage(request, {
    kind: 'forget-device',
    device,
    action: `/account/devices/${id}/forget`,
    handle: accountHandle(open, `forget ${id}`),
    notices,
  });
}
