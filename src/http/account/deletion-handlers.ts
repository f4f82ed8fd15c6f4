/** `/account/deletion`: the user requests the deletion of the account, if the settings allow it, or cancels it. */

import type { Context } from 'koa';
import type { Notice } from '../../core/step/step.ts';
import { StepgateError } from '../../errors.ts';
import { accountHandle, isAccountHandle } from '../../flow/account/account-form.ts';
import { appsNotifiedOfDeletion, deletionDueAt, keepAccount, requestDeletion } from '../../flow/account/deletion.ts';
import type { OpenAccount } from '../../flow/account/open-account.ts';
import { reserveChange } from '../../flow/change-limit.ts';
import { staleForm } from '../../flow/transaction/form-handle.ts';
import { seeOther } from '../answers.ts';
import type { KeepAccount } from '../html/views/account-pages.ts';
import { readForm } from '../middleware/form-body.ts';
import { requireSameOrigin } from '../middleware/same-origin.ts';
import {
  type AccountFormRequest,
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

export function deletionHandlers(parts: AccountParts) {
  return {
    show: (ctx: Context) => show({ parts, ctx }),
    request: (ctx: Context) => request({ parts, ctx }),
    cancel: (ctx: Context) => cancel({ parts, ctx }),
  };
}

async function show(asked: AccountHttpRequest): Promise<void> {
  const notices = asked.ctx.query.done === 'stale' ? [staleForm] : [];
  const open = await openedAccount(asked);
  if (open?.account.user.deletion) return showDeletion({ ...asked, open }, notices);
  const ready = await readyForChange(asked, 'deletion');
  if (ready) await showDeletion(ready, notices);
}

async function request(asked: AccountHttpRequest): Promise<void> {
  const form = await readyForForm(asked, 'deletion');
  if (!form) return;
  const refusal = await ask(form);
  if (refusal) return showDeletion(form, [refusal]);
  seeOther(asked.ctx, '/account/deletion');
}

/** Returns the reason if the deletion was not requested. */
async function ask({ open, fields, ctx, parts }: AccountFormRequest): Promise<Notice | undefined> {
  if (open.account.user.deletion || !isAccountHandle(open, 'delete account', fields.stateHandle)) return staleForm;
  requireAllowed({ open, ctx, parts });
  if (fields.confirm !== 'yes') return { code: 'account.deletion.confirm', level: 'error', field: 'confirm' };
  const tooMany = await reserveChange(open);
  if (!tooMany) await requestDeletion(open);
  return tooMany;
}

/** Needs only a sign-in: any user who can sign in can keep the account, even after losing a device. */
async function cancel(asked: AccountHttpRequest): Promise<void> {
  const { ctx, parts } = asked;
  requireSameOrigin(ctx, parts.services.issuer);
  const { stateHandle } = await readForm(ctx);
  const open = await openedAccount(asked);
  if (!open) return sendToSignIn(asked, { returnTo: 'deletion' });
  if (!open.account.user.deletion) return seeOther(ctx, '/account?done=stale');
  const isCurrent = isAccountHandle(open, 'keep account', stateHandle);
  const refusal = isCurrent ? await reserveChange(open) : staleForm;
  if (refusal) return showDeletion({ ...asked, open }, [refusal]);
  keepAccount(open);
  seeOther(ctx, '/account?done=deletion_cancelled');
}

/** The form that cancels the deletion. Undefined if none was requested. */
export function keepForm(open: OpenAccount): KeepAccount | undefined {
  const { deletion } = open.account.user;
  return deletion && { dueAt: deletion.dueAt, handle: accountHandle(open, 'keep account') };
}

async function showDeletion(asked: AccountPageRequest, notices: readonly Notice[]): Promise<void> {
  const { open, ctx } = asked;
  const keep = keepForm(open);
  if (!keep) requireAllowed(asked);
  setStatus(ctx, notices);
  if (keep) return showAccountPage(asked, { kind: 'keep-account', ...keep, notices });
  showAccountPage(asked, {
    kind: 'delete-account',
    dueAt: deletionDueAt(open),
    apps: await appsNotifiedOfDeletion(open),
    canDownload: open.snapshot.settings.account.download,
    handle: accountHandle(open, 'delete account'),
    notices,
  });
}

/** Throws `StepgateError('not_found')`. */
function requireAllowed({ open }: AccountPageRequest): void {
  if (!open.snapshot.settings.account.deletion.allowed) throw new StepgateError('not_found');
}
