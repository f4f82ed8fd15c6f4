/** `/account/addresses`: further addresses for notifications about the account. */

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
import { type CodeConfirmation, codeConfirmationHandlers, codeForm } from './code-confirmation.ts';

export function addressHandlers(parts: AccountParts) {
  return {
    showAdd: (ctx: Context) => openAdd({ parts, ctx }),
    add: (ctx: Context) => add({ parts, ctx }),
    ...codeConfirmationHandlers(parts, () => confirmation),
    showRemove: (ctx: Context) => openRemove({ parts, ctx }),
    remove: (ctx: Context) => remove({ parts, ctx }),
  };
}

const confirmation: CodeConfirmation = {
  name: 'address',
  page: 'addresses/confirm',
  done: '/account/notifications?done=address_added',
  confirm: confirmAddress,
  askAgain,
  show: showConfirm,
};

async function openAdd(request: AccountHttpRequest): Promise<void> {
  const ready = await readyForChange(request, 'addresses/add');
  if (ready) showAdd(ready, '', []);
}

async function add(request: AccountHttpRequest): Promise<void> {
  const form = await readyForForm(request, 'addresses/add');
  if (!form) return;
  const { stateHandle, email = '' } = form.fields;
  const isCurrent = isAccountHandle(form.open, 'add address', stateHandle);
  const refusal = isCurrent ? await askForAddress(form.open, email) : staleForm;
  if (refusal) return showAdd(form, email, [refusal]);
  seeOther(request.ctx, '/account/addresses/confirm');
}

async function openRemove(request: AccountHttpRequest): Promise<void> {
  const id = pathParameter(request.ctx, 'id');
  const ready = await readyForChange(request, `addresses/${id}`);
  if (ready) showRemove(ready, id, []);
}

async function remove(request: AccountHttpRequest): Promise<void> {
  const id = pathParameter(request.ctx, 'id');
  const form = await readyForForm(request, `addresses/${id}`);
  if (!form) return;
  const { ctx, open, fields } = form;
  const address = addedAddress(open, id);
  if (!address) return seeOther(ctx, '/account/notifications');
  const isCurrent = isAccountHandle(open, `remove address ${id}`, fields.stateHandle);
  const refusal = isCurrent ? await removeAddress(open, address) : staleForm;
  if (refusal) return showRemove(form, id, [refusal]);
  seeOther(ctx, '/account/notifications?done=address_removed');
}

/** `email`: as the user typed it. */
function showAdd(request: AccountPageRequest, email: string, notices: readonly Notice[]): void {
  const handle = accountHandle(request.open, 'add address');
  setStatus(request.ctx, notices);
  showAccountPage(request, { kind: 'add-address', email, handle, notices });
}

/** If no address waits for its code, there is nothing to confirm. */
function showConfirm(request: AccountPageRequest, notices: readonly Notice[]): void {
  const { ctx, open } = request;
  const asked = askedAddress(open);
  if (!asked) {
    if (notices.length > 0) showAdd(request, '', notices);
    else seeOther(ctx, '/account/notifications');
    return;
  }
  const form = codeForm(request, confirmation.name, notices);
  showAccountPage(request, { kind: 'confirm-address', address: asked.address, ...form });
}

function showRemove(request: AccountPageRequest, id: string, notices: readonly Notice[]): void {
  const { ctx, open } = request;
  const added = addedAddress(open, id);
  if (!added) {
    seeOther(ctx, '/account/notifications');
    return;
  }
  setStatus(ctx, notices);
  showAccountPage(request, {
    kind: 'remove-address',
    address: added.address,
    action: `/account/addresses/${id}/remove`,
    handle: accountHandle(open, `remove address ${id}`),
    notices,
  });
}
