/** `/account/profile`: the user's data, and how the user changes it. */

import type { Context } from 'koa';
import type { Notice } from '../../core/step/step.ts';
import { accountHandle, isAccountHandle } from '../../flow/account/account-form.ts';
import { ownProfile, saveProfile } from '../../flow/account/profile.ts';
import { staleForm } from '../../flow/transaction/form-handle.ts';
import { seeOther } from '../answers.ts';
import { configuredForm, readForm } from '../middleware/form-body.ts';
import { requireSameOrigin } from '../middleware/same-origin.ts';
import {
  type AccountHttpRequest,
  type AccountPageRequest,
  type AccountParts,
  doneNotices,
  forgetLanguage,
  openedAccount,
  sendToSignIn,
  setStatus,
  showAccountPage,
} from './account-request.ts';

/** Completed actions that the page can report, as named in its query. */
const done = ['profile_saved', 'email_changed', 'phone_changed', 'username_changed'] as const;

export function profileHandlers(parts: AccountParts) {
  return {
    show: (ctx: Context) => show({ parts, ctx }),
    save: (ctx: Context) => save({ parts, ctx }),
  };
}

async function show(request: AccountHttpRequest): Promise<void> {
  const open = await openedAccount(request);
  if (!open) return sendToSignIn(request, { returnTo: 'profile' });
  showProfile({ ...request, open }, doneNotices(done, request.ctx.query.done));
}

/** Nothing here affects proofs, so it requires no more than viewing. */
async function save(request: AccountHttpRequest): Promise<void> {
  requireSameOrigin(request.ctx, request.parts.services.issuer);
  const fields = await readForm(request.ctx, configuredForm);
  const open = await openedAccount(request);
  if (!open) return sendToSignIn(request, { returnTo: 'profile' });
  const isCurrent = isAccountHandle(open, 'profile', fields.stateHandle);
  const notices = isCurrent ? await saveProfile(open, fields) : [staleForm];
  if (notices.length > 0) return showProfile({ ...request, open }, notices, fields);
  // The latest choice counts: the new profile language replaces one chosen earlier in this browser.
  const chosen = fields['userProfile.locale'];
  if (chosen && chosen !== open.account.user.profile.locale) forgetLanguage(request);
  seeOther(request.ctx, '/account/profile?done=profile_saved');
}

/** `typed`: the fields of a refused form, all of which are shown again. */
function showProfile(
  request: AccountPageRequest,
  notices: readonly Notice[],
  typed?: Readonly<Record<string, string>>,
): void {
  const { ctx, open } = request;
  setStatus(ctx, notices);
  showAccountPage(request, {
    kind: 'profile',
    profile: ownProfile(open),
    handle: accountHandle(open, 'profile'),
    ...(typed && { typed }),
    notices,
  });
}
