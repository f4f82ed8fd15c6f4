/** Pages on which the user proves a new address or number by the code sent to it, and asks for another code. */

import type { Context } from 'koa';
import type { GovernedChange } from '../../core/model/account-policy.ts';
import type { Notice } from '../../core/step/step.ts';
import { accountHandle, isAccountHandle } from '../../flow/account/account-form.ts';
import type { OpenAccount } from '../../flow/account/open-account.ts';
import { staleForm } from '../../flow/transaction/form-handle.ts';
import { seeOther } from '../answers.ts';
import {
  type AccountHttpRequest,
  type AccountPageRequest,
  type AccountParts,
  readyForChange,
  readyForForm,
  setStatus,
} from './account-request.ts';

/** One new value that waits for its code. */
export interface CodeConfirmation {
  /** What is confirmed, in form handles: `address`, `phone`. */
  readonly name: string;
  /** Below `/account`: the page that asks for the code. */
  readonly page: string;
  /** Path after the code was right. */
  readonly done: string;
  /** For the account policy. Absent: its rules do not distinguish the change. */
  readonly change?: GovernedChange;
  confirm(open: OpenAccount, passcode: string): Promise<Notice | undefined>;
  askAgain(open: OpenAccount): Promise<Notice | undefined>;
  show(request: AccountPageRequest, notices: readonly Notice[]): void;
}

/** `confirmationAt`: what the path is about. It throws `StepgateError('not_found')` where nothing is. */
export function codeConfirmationHandlers(parts: AccountParts, confirmationAt: (ctx: Context) => CodeConfirmation) {
  return {
    showConfirm: (ctx: Context) => openConfirm({ parts, ctx }, confirmationAt(ctx)),
    confirm: (ctx: Context) => confirm({ parts, ctx }, confirmationAt(ctx)),
    resend: (ctx: Context) => resend({ parts, ctx }, confirmationAt(ctx)),
  };
}

async function openConfirm(request: AccountHttpRequest, { page, change, show }: CodeConfirmation): Promise<void> {
  const ready = await readyForChange(request, page, change);
  if (ready) show(ready, []);
}

async function confirm(request: AccountHttpRequest, confirmation: CodeConfirmation): Promise<void> {
  const { name, page, change, done } = confirmation;
  const form = await readyForForm(request, page, change);
  if (!form) return;
  const { stateHandle, passcode = '' } = form.fields;
  const isCurrent = isAccountHandle(form.open, `confirm ${name}`, stateHandle);
  const refusal = isCurrent ? await confirmation.confirm(form.open, passcode) : staleForm;
  if (refusal) return confirmation.show(form, [refusal]);
  seeOther(request.ctx, done);
}

async function resend(request: AccountHttpRequest, confirmation: CodeConfirmation): Promise<void> {
  const { name, page, change } = confirmation;
  const form = await readyForForm(request, page, change);
  if (!form) return;
  const isCurrent = isAccountHandle(form.open, `resend ${name}`, form.fields.stateHandle);
  const refusal = isCurrent ? await confirmation.askAgain(form.open) : staleForm;
  if (refusal) return confirmation.show(form, [refusal]);
  seeOther(request.ctx, `/account/${page}?sent=again`);
}

/** Sets the status. Returns what the page has besides the value: the handles of both forms, and its notices. */
export function codeForm({ ctx, open }: AccountPageRequest, name: string, notices: readonly Notice[]) {
  const sent: readonly Notice[] = ctx.query.sent === 'again' ? [{ code: 'sent.again', level: 'info' }] : [];
  setStatus(ctx, notices);
  return {
    handle: accountHandle(open, `confirm ${name}`),
    resendHandle: accountHandle(open, `resend ${name}`),
    notices: notices.length > 0 ? notices : sent,
  };
}
