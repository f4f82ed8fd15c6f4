/** `/account/authenticators`: renaming or removing one of the user's authenticators. */

import type { Context } from 'koa';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type { Notice } from '../../core/step/step.ts';
import { StepgateError } from '../../errors.ts';
import { accountHandle, isAccountHandle } from '../../flow/account/account-form.ts';
import { appsLostWithout } from '../../flow/account/lost-apps.ts';
import { ownAuthenticator } from '../../flow/account/overview.ts';
import { labelOf, removeAuthenticator, renameAuthenticator } from '../../flow/account/recorded-changes.ts';
import { type RemovalRefusal, refusalOf } from '../../flow/account/removal-refusal.ts';
import { reserveChange } from '../../flow/change-limit.ts';
import { staleForm } from '../../flow/transaction/form-handle.ts';
import { seeOther } from '../answers.ts';
import { pathParameter } from '../middleware/route-table.ts';
import {
  type AccountFormRequest,
  type AccountHttpRequest,
  type AccountPageRequest,
  type AccountParts,
  readyForChange,
  readyForForm,
  setStatus,
  showAccountPage,
} from './account-request.ts';

/** How many apps a notice names. The page lists more. */
const namesInNotice = 3;

export function authenticatorHandlers(parts: AccountParts) {
  return {
    show: (ctx: Context) => show({ parts, ctx }),
    change: (ctx: Context) => change({ parts, ctx }),
  };
}

async function show(request: AccountHttpRequest): Promise<void> {
  const id = pathParameter(request.ctx, 'id');
  const ready = await readyForChange(request, `authenticators/${id}`);
  if (ready) await showAuthenticator(ready, { id, notices: [] });
}

async function change(request: AccountHttpRequest): Promise<void> {
  const id = pathParameter(request.ctx, 'id');
  const act = pathParameter(request.ctx, 'act');
  if (act !== 'rename' && act !== 'remove') throw new StepgateError('not_found');
  const form = await readyForForm(request, `authenticators/${id}`);
  if (!form) return;
  const isCurrent = isAccountHandle(form.open, `${act} ${id}`, form.fields.stateHandle);
  const of = form.open.account.credentials.find((credential) => credential.id === id)?.authenticator;
  if (act === 'remove' && of !== undefined) {
    const isReady = await readyForChange(request, `authenticators/${id}`, { action: 'remove', of });
    if (!isReady) return;
  }
  const refusal = isCurrent ? await (act === 'remove' ? remove(form, id) : rename(form, id)) : staleForm;
  if (!refusal) return seeOther(request.ctx, `/account/methods?done=${act}d`);
  const { label } = form.fields;
  const typed = act === 'rename' && label !== undefined ? { label } : {};
  await showAuthenticator(form, { id, notices: [refusal], ...typed });
}

/** Returns the reason if it was not renamed. */
async function rename({ open, fields }: AccountFormRequest, id: string): Promise<Notice | undefined> {
  const label = labelOf(fields.label);
  if (label === undefined) return { code: 'account.name.invalid', level: 'error', field: 'label' };
  const tooMany = await reserveChange(open);
  if (!tooMany) renameAuthenticator(open, id, label);
  return tooMany;
}

/**
 * Returns the reason if it was not removed. If the user would lose apps, the field `confirm` identifies the apps that
 * the user agreed to lose.
 */
async function remove({ open, fields }: AccountFormRequest, id: string): Promise<Notice | undefined> {
  const refusal = await refusalOf(open, id);
  if (refusal) return refusalNotice(refusal);
  const lost = await appsLostWithout(open, id);
  if (lost && lost.confirmation !== fields.confirm)
    return { code: 'account.remove.confirm', level: 'error', field: 'confirm' };
  const tooMany = await reserveChange(open);
  if (!tooMany) await removeAuthenticator(open, id);
  return tooMany;
}

function refusalNotice(refusal: RemovalRefusal): Notice {
  if (refusal.reason === 'last') return { code: 'account.remove.last', level: 'error' };
  const { names } = refusal.apps;
  const apps = names.slice(0, namesInNotice).join(', ');
  return {
    code: 'account.remove.required',
    level: 'error',
    params: { apps: names.length > namesInNotice ? `${apps} …` : apps },
  };
}

/** `label`: a refused new name, as the user typed it. */
async function showAuthenticator(
  request: AccountPageRequest,
  { id, notices, label }: { readonly id: string; readonly notices: readonly Notice[]; readonly label?: string },
): Promise<void> {
  const { ctx, open } = request;
  const credential = open.account.credentials.find((candidate) => candidate.id === id);
  if (!credential) return seeOther(ctx, '/account/methods');
  const refusal = await refusalOf(open, id);
  const lost = refusal ? undefined : await appsLostWithout(open, id);
  setStatus(ctx, notices);
  showAccountPage(request, {
    kind: 'authenticator',
    authenticator: ownAuthenticator(open, credential),
    ...omitUndefined({ label }),
    renameHandle: accountHandle(open, `rename ${id}`),
    removeHandle: accountHandle(open, `remove ${id}`),
    ...(lost ? { lost } : {}),
    ...(refusal?.reason === 'last' ? { isLast: true } : {}),
    ...(refusal?.reason === 'required' ? { needed: { ...refusal.apps, instead: refusal.instead } } : {}),
    notices,
  });
}
