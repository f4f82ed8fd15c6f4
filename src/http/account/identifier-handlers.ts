/**
 * `/account/profile/<kind>`: changing the address, number or username. A new address or number counts once it is
 * proved.
 */

import type { Context } from 'koa';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type { Notice } from '../../core/step/step.ts';
import { StepgateError } from '../../errors.ts';
import { accountHandle, isAccountHandle } from '../../flow/account/account-form.ts';
import {
  askedIdentifier,
  askForIdentifier,
  askIdentifierAgain,
  canChangeIdentifier,
  changeUsername,
  confirmIdentifier,
  identifierInputs,
  presentIdentifier,
} from '../../flow/account/identifiers.ts';
import type { ProfileIdentifier } from '../../flow/account/profile.ts';
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

export function identifierHandlers(parts: AccountParts) {
  return {
    showChange: (ctx: Context) => openChange({ parts, ctx }),
    change: (ctx: Context) => change({ parts, ctx }),
    ...codeConfirmationHandlers(parts, confirmationAt),
  };
}

type ChangeableKind = ProfileIdentifier['kind'];

const kinds: readonly ChangeableKind[] = ['email', 'phone', 'username'];

/** Throws `StepgateError('not_found')`. */
function kindOf(ctx: Context): ChangeableKind {
  const kind = kinds.find((identifierKind) => identifierKind === pathParameter(ctx, 'kind'));
  if (kind === undefined) throw new StepgateError('not_found');
  return kind;
}

/** The kinds to which a code is sent. Throws `StepgateError('not_found')`. */
function provedKindOf(ctx: Context): ChangeableKind {
  const kind = kindOf(ctx);
  if (kind === 'username') throw new StepgateError('not_found');
  return kind;
}

async function openChange(request: AccountHttpRequest): Promise<void> {
  const kind = kindOf(request.ctx);
  const ready = await readyForChange(request, `profile/${kind}`, { action: 'change', of: kind });
  if (!ready) return;
  if (!canChangeIdentifier(ready.open, kind)) return seeOther(request.ctx, '/account/profile');
  showChange(ready, { kind, typed: '', notices: [] });
}

async function change(request: AccountHttpRequest): Promise<void> {
  const kind = kindOf(request.ctx);
  const form = await readyForForm(request, `profile/${kind}`, { action: 'change', of: kind });
  if (!form) return;
  const { [identifierInputs[kind]]: typed = '', stateHandle } = form.fields;
  const isCurrent = isAccountHandle(form.open, `change ${kind}`, stateHandle);
  const refusal = isCurrent ? await take(form, kind, typed) : staleForm;
  if (refusal) return showChange(form, { kind, typed, notices: [refusal] });
  seeOther(request.ctx, kind === 'username' ? doneAt(kind) : `/account/profile/${kind}/confirm`);
}

function take({ open }: AccountPageRequest, kind: ChangeableKind, typed: string): Promise<Notice | undefined> {
  return kind === 'username' ? changeUsername(open, typed) : askForIdentifier(open, kind, typed);
}

/** The new value of the path, to which a code was sent. Throws `StepgateError('not_found')`. */
function confirmationAt(ctx: Context): CodeConfirmation {
  const kind = provedKindOf(ctx);
  return {
    name: kind,
    page: `profile/${kind}/confirm`,
    done: doneAt(kind),
    change: { action: 'change', of: kind },
    confirm: (open, passcode) => confirmIdentifier(open, kind, passcode),
    askAgain: (open) => askIdentifierAgain(open, kind),
    show: (request, notices) => showConfirm(request, kind, notices),
  };
}

function doneAt(kind: ChangeableKind): string {
  return `/account/profile?done=${kind}_changed`;
}

interface ShownChange {
  readonly kind: ChangeableKind;
  /** As the user typed it. */
  readonly typed: string;
  readonly notices: readonly Notice[];
}

function showChange(request: AccountPageRequest, { kind, typed, notices }: ShownChange): void {
  const { ctx, open } = request;
  const present = presentIdentifier(open, kind)?.value;
  setStatus(ctx, notices);
  showAccountPage(request, {
    kind: 'change-identifier',
    identifier: kind,
    ...omitUndefined({ present }),
    typed,
    handle: accountHandle(open, `change ${kind}`),
    notices,
  });
}

/** If no value waits for its code, there is nothing to confirm. */
function showConfirm(request: AccountPageRequest, kind: ChangeableKind, notices: readonly Notice[]): void {
  const { ctx, open } = request;
  const asked = askedIdentifier(open, kind);
  if (!asked) {
    if (notices.length > 0) showChange(request, { kind, typed: '', notices });
    else seeOther(ctx, '/account/profile');
    return;
  }
  const form = codeForm(request, kind, notices);
  showAccountPage(request, { kind: 'confirm-identifier', identifier: kind, value: asked.value, ...form });
}
