/** `/account/devices`: browsers that need not prove the second factor for a while, and how to take that back. */
import type { Context } from 'koa';
import type { Notice } from '../../core/step/step.ts';
import { accountHandle, isAccountHandle } from '../../flow/account/account-form.ts';
import { devicesOf, forgetDevice } from '../../flow/account/devices.ts';
import type { OpenAccount } from '../../flow/account/open-account.ts';
import { reserveChange } from '../../flow/change-limit.ts';
import { seeOther } from '../answers.ts';
import { readForm } from '../middleware/form-body.ts';
import { requireSameOrigin } from '../middleware/same-origin.ts';
import { type AccountParts, answerWith, readyForChange, show } from './account-request.ts';

export function deviceHandlers(parts: AccountParts) {
  return {
    async showForget(ctx: Context): Promise<void> {
      const { id } = ctx.params as { id: string };
      const open = await readyForChange(parts, ctx, `devices/${id}`);
      if (open) await showForget(parts, ctx, open, id, []);
    },

    async forget(ctx: Context): Promise<void> {
      const { id } = ctx.params as { id: string };
      requireSameOrigin(ctx, parts.services.issuer);
      const { stateHandle } = await readForm(ctx);
      const open = await readyForChange(parts, ctx, `devices/${id}`);
      if (!open) return;
      const one = (await devicesOf(open)).find((device) => device.id === id);
      if (!one) return seeOther(ctx, '/account?done=device_forgotten');
      if (!isAccountHandle(open, `forget ${id}`, stateHandle))
        return showForget(parts, ctx, open, id, [{ code: 'form.stale', level: 'info' }]);
      const tooMany = await reserveChange(open);
      if (tooMany) return showForget(parts, ctx, open, id, [tooMany]);
      forgetDevice(open, one);
      seeOther(ctx, '/account?done=device_forgotten');
    },
  };
}

async function showForget(
  parts: AccountParts,
  ctx: Context,
  open: OpenAccount,
  id: string,
  messages: readonly Notice[],
): Promise<void> {
  const device = (await devicesOf(open)).find((one) => one.id === id);
  if (!device) {
    seeOther(ctx, '/account');
    return;
  }
  answerWith(ctx, messages);
  show(parts, ctx, open, {
    kind: 'forget-device',
    device,
    action: `/account/devices/${id}/forget`,
    handle: accountHandle(open, `forget ${id}`),
    messages,
  });
}
