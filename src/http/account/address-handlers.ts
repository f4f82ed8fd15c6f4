/** `/account/addresses`: who else is told when the account is changed. */
import type { Context } from 'koa';
import type { Notice } from '../../core/step/step.ts';
import { accountHandle, isAccountHandle } from '../../flow/account/account-form.ts';
import {
  addedAddress,
  askAgain,
  askedAddress,
  askForAddress,
  confirmAddress,
  removeAddress,
} from '../../flow/account/addresses.ts';
import type { OpenAccount } from '../../flow/account/open-account.ts';
import { seeOther } from '../answers.ts';
import { readForm } from '../middleware/form-body.ts';
import { requireSameOrigin } from '../middleware/same-origin.ts';
import { type AccountParts, answerWith, readyForChange, show } from './account-request.ts';

const stale: Notice = { code: 'form.stale', level: 'info' };

export function addressHandlers(parts: AccountParts) {
  const ready = (ctx: Context, to: string) => readyForChange(parts, ctx, `addresses/${to}`);
  const form = async (ctx: Context) => {
    requireSameOrigin(ctx, parts.services.issuer);
    return readForm(ctx);
  };
  return {
    async showAdd(ctx: Context): Promise<void> {
      const open = await ready(ctx, 'add');
      if (open) showAdd(parts, ctx, open, '', []);
    },

    async add(ctx: Context): Promise<void> {
      const { stateHandle, email = '' } = await form(ctx);
      const open = await ready(ctx, 'add');
      if (!open) return;
      const isCurrent = isAccountHandle(open, 'add address', stateHandle);
      const refusal = isCurrent ? await askForAddress(open, email) : stale;
      if (refusal) return showAdd(parts, ctx, open, email, [refusal]);
      seeOther(ctx, '/account/addresses/confirm');
    },

    async showConfirm(ctx: Context): Promise<void> {
      const open = await ready(ctx, 'confirm');
      if (open) showConfirm(parts, ctx, open, []);
    },

    async confirm(ctx: Context): Promise<void> {
      const { stateHandle, passcode } = await form(ctx);
      const open = await ready(ctx, 'confirm');
      if (!open) return;
      const isCurrent = isAccountHandle(open, 'confirm address', stateHandle);
      const refusal = isCurrent ? await confirmAddress(open, passcode) : stale;
      if (refusal) return showConfirm(parts, ctx, open, [refusal]);
      seeOther(ctx, '/account?done=address_added');
    },

    async resend(ctx: Context): Promise<void> {
      const { stateHandle } = await form(ctx);
      const open = await ready(ctx, 'confirm');
      if (!open) return;
      const isCurrent = isAccountHandle(open, 'resend address', stateHandle);
      const refusal = isCurrent ? await askAgain(open) : stale;
      if (refusal) return showConfirm(parts, ctx, open, [refusal]);
      seeOther(ctx, '/account/addresses/confirm?sent=again');
    },

    async showRemove(ctx: Context): Promise<void> {
      const { id } = ctx.params as { id: string };
      const open = await ready(ctx, id);
      if (open) showRemove(parts, ctx, open, id, []);
    },

    async remove(ctx: Context): Promise<void> {
      const { id } = ctx.params as { id: string };
      const { stateHandle } = await form(ctx);
      const open = await ready(ctx, id);
      const address = open && addedAddress(open, id);
      if (!open) return;
      if (!address) return seeOther(ctx, '/account');
      const isCurrent = isAccountHandle(open, `remove address ${id}`, stateHandle);
      const refusal = isCurrent ? await removeAddress(open, address) : stale;
      if (refusal) return showRemove(parts, ctx, open, id, [refusal]);
      seeOther(ctx, '/account?done=address_removed');
    },
  };
}

function showAdd(
  parts: AccountParts,
  ctx: Context,
  open: OpenAccount,
  email: string,
  messages: readonly Notice[],
): void {
  answerWith(ctx, messages);
  show(parts, ctx, open, { kind: 'add-address', email, handle: accountHandle(open, 'add address'), messages });
}

/** Without an address that waits, there is nothing to confirm. */
function showConfirm(parts: AccountParts, ctx: Context, open: OpenAccount, messages: readonly Notice[]): void {
  const asked = askedAddress(open);
  if (!asked) {
    if (messages.length > 0) showAdd(parts, ctx, open, '', messages);
    else seeOther(ctx, '/account');
    return;
  }
  const sent: readonly Notice[] = ctx.query.sent === 'again' ? [{ code: 'sent.again', level: 'info' }] : [];
  answerWith(ctx, messages);
  show(parts, ctx, open, {
    kind: 'confirm-address',
    address: asked.address,
    handle: accountHandle(open, 'confirm address'),
    resendHandle: accountHandle(open, 'resend address'),
    messages: messages.length > 0 ? messages : sent,
  });
}

function showRemove(
  parts: AccountParts,
  ctx: Context,
  open: OpenAccount,
  id: string,
  messages: readonly Notice[],
): void {
  const one = addedAddress(open, id);
  if (!one) {
    seeOther(ctx, '/account');
    return;
  }
  answerWith(ctx, messages);
  show(parts, ctx, open, {
    kind: 'remove-address',
    address: one.address,
    action: `/account/addresses/${id}/remove`,
    handle: accountHandle(open, `remove address ${id}`),
    messages,
  });
}
