/** `/account/data`: a file with everything stored about the user, if the settings allow it. */

import type { Context } from 'koa';
import type { Notice } from '../../core/step/step.ts';
import { StepgateError } from '../../errors.ts';
import { exportAccount } from '../../flow/account/account-export.ts';
import { accountHandle, isAccountHandle } from '../../flow/account/account-form.ts';
import { recordChange } from '../../flow/account/recorded-changes.ts';
import { reserveChange } from '../../flow/change-limit.ts';
import { staleForm } from '../../flow/transaction/form-handle.ts';
import {
  type AccountHttpRequest,
  type AccountPageRequest,
  type AccountParts,
  readyForChange,
  readyForForm,
  setStatus,
  showAccountPage,
} from './account-request.ts';

export function dataHandlers(parts: AccountParts) {
  return {
    show: (ctx: Context) => openDownload({ parts, ctx }),
    download: (ctx: Context) => download({ parts, ctx }),
  };
}

async function openDownload(request: AccountHttpRequest): Promise<void> {
  const ready = await readyForChange(request, 'data');
  if (ready) showDownload(ready, request.ctx.query.done === 'stale' ? [staleForm] : []);
}

async function download(request: AccountHttpRequest): Promise<void> {
  const form = await readyForForm(request, 'data');
  if (!form) return;
  const { ctx, open, fields } = form;
  requireAllowed(form);
  const isCurrent = isAccountHandle(open, 'download', fields.stateHandle);
  const refusal = isCurrent ? await reserveChange(open) : staleForm;
  if (refusal) return showDownload(form, [refusal]);
  const data = await exportAccount(open);
  recordChange(open, 'data_downloaded');
  ctx.type = 'application/json; charset=utf-8';
  ctx.set({ 'Cache-Control': 'no-store', 'Content-Disposition': 'attachment; filename="account-data.json"' });
  ctx.body = `${JSON.stringify(data, null, 2)}\n`;
}

function showDownload(request: AccountPageRequest, notices: readonly Notice[]): void {
  requireAllowed(request);
  setStatus(request.ctx, notices);
  showAccountPage(request, { kind: 'data', handle: accountHandle(request.open, 'download'), notices });
}

/** Throws `StepgateError('not_found')`. */
function requireAllowed({ open }: AccountPageRequest): void {
  if (!open.snapshot.settings.account.download) throw new StepgateError('not_found');
}
