/** `/account/sessions`: other sessions of one's own, which can be ended, one or all of them. */

import type { Context } from 'koa';
import type { Notice } from '../../core/step/step.ts';
import { accountHandle, isAccountHandle } from '../../flow/account/account-form.ts';
import { endAllOtherSessions, endOneSession } from '../../flow/account/change.ts';
import type { OpenAccount } from '../../flow/account/open-account.ts';
import { describe, sessionName, sessionsOf } from '../../flow/account/sessions.ts';
import type { SsoSession } from '../../flow/browser/sso-session.ts';
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

/** In the place of a session's name: all of them but this one. */
const others = 'others';

export function sessionHandlers(parts: AccountParts) {
  return {
    show: (ctx: Context) => show({ parts, ctx }),
    end: (ctx: Context) => end({ parts, ctx }),
  };
}

async function show(request: AccountHttpRequest): Promise<void> {
  const id = pathParameter(request.ctx, 'id');
  const ready = await readyForChange(request, `sessions/${id}`);
  if (ready) await showSession(ready, id, []);
}

async function end(request: AccountHttpRequest): Promise<void> {
  const id = pathParameter(request.ctx, 'id');
  const form = await readyForForm(request, `sessions/${id}`);
  if (!form) return;
  const { ctx, open, fields } = form;
  if (!isAccountHandle(open, `end ${id}`, fields.stateHandle)) return showSession(form, id, [staleForm]);
  const one = id === others ? undefined : await otherSession(open, id);
  if (id !== others && !one) return seeOther(ctx, '/account/devices?done=ended');
  const tooMany = await reserveChange(open);
  if (tooMany) return showSession(form, id, [tooMany]);
  if (one) await endOneSession(open, one);
  else await endAllOtherSessions(open);
  seeOther(ctx, `/account/devices?done=${one ? 'ended' : 'ended_others'}`);
}

async function showSession(request: AccountPageRequest, id: string, notices: readonly Notice[]): Promise<void> {
  const { ctx, open } = request;
  const one = id === others ? undefined : await otherSession(open, id);
  if (id !== others && !one) return seeOther(ctx, '/account/devices');
  setStatus(ctx, notices);
  showAccountPage(request, {
    kind: 'end-session',
    ...(one ? { session: await describe(one, open) } : {}),
    action: `/account/sessions/${id}/end`,
    handle: accountHandle(open, `end ${id}`),
    notices,
  });
}

/** A session of the same user. Never the session of this request, which ends by signing out. */
async function otherSession(open: OpenAccount, id: string): Promise<SsoSession | undefined> {
  const all = await sessionsOf(open);
  return all.find(({ uid }) => uid !== open.session.uid && sessionName(open, uid) === id);
}
