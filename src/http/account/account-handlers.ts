/**
 * `/account`: one's own authenticators, sessions and sign-ins. The browser's SSO session says who it is. Whoever has none, or must prove more
 * for a change, is sent through the step loop as for any app, and comes back to the same page; the code that comes back with them is left
 * unused, and nobody has the verifier to redeem it.
 */
import type { Context } from 'koa';
import { changeScope, enrollScope } from '../../core/enrollment/account-request.ts';
import { maxEnrollmentsPerAuthenticator } from '../../core/enrollment/enrollment-limit.ts';
import type { Notice } from '../../core/step/step.ts';
import { StepgateError } from '../../errors.ts';
import { accountHandle, isAccountHandle } from '../../flow/account/account-form.ts';
import {
  endAllOtherSessions,
  endOneSession,
  labelOf,
  removeAuthenticator,
  renameAuthenticator,
} from '../../flow/account/change.ts';
import { appsLostWithout } from '../../flow/account/lost-apps.ts';
import { mayChange, type OpenAccount } from '../../flow/account/open-account.ts';
import { isFullOf, overviewOf, ownAuthenticator } from '../../flow/account/overview.ts';
import { type RemovalRefusal, refusalOf } from '../../flow/account/removal-refusal.ts';
import { describe, sessionName, sessionsOf } from '../../flow/account/sessions.ts';
import type { SsoSession } from '../../flow/browser/sso-session.ts';
import { reserveChange } from '../../flow/change-limit.ts';
import { seeOther } from '../answers.ts';
import { readForm } from '../middleware/form-body.ts';
import { requireSameOrigin } from '../middleware/same-origin.ts';
import { type AccountParts, answerWith, opened, pathTo, prove, readyForChange, show } from './account-request.ts';

const done: ReadonlySet<string> = new Set([
  'added',
  'renamed',
  'removed',
  'ended',
  'ended_others',
  'device_forgotten',
  'address_added',
  'address_removed',
]);
const others = 'others';

export function accountHandlers(parts: AccountParts) {
  return {
    async overview(ctx: Context): Promise<void> {
      const open = await opened(parts, ctx);
      if (!open) return prove(parts, ctx, undefined, 'view');
      show(parts, ctx, open, { kind: 'overview', overview: await overviewOf(open), messages: newsOf(ctx.query.done) });
    },

    /** The sign-in came back. */
    async callback(ctx: Context): Promise<void> {
      const { state, error } = ctx.query;
      if (error === undefined) return seeOther(ctx, pathTo(state));
      if (!(await opened(parts, ctx))) throw new StepgateError('sign_in_expired', `the sign-in ended in ${error}`);
      seeOther(ctx, '/account');
    },

    /**
     * First what a change takes, as a sign-in of its own that completes: so it is kept with the session, whose cookie is another one
     * afterwards, and whoever leaves the offer need not prove the same again for the next one. Then the offer, behind the same bar.
     */
    async add(ctx: Context): Promise<void> {
      const { key } = ctx.params as { key: string };
      if (!parts.services.authenticators.get(key)?.descriptor.enrollable) throw new StepgateError('not_found');
      const open = await opened(parts, ctx);
      if (!open || !isFullOf(open, key)) {
        const isReady = open !== undefined && mayChange(open);
        return isReady ? prove(parts, ctx, enrollScope(key), 'added') : prove(parts, ctx, changeScope, `add/${key}`);
      }
      const full: Notice = {
        code: 'account.add.full',
        level: 'error',
        params: { count: maxEnrollmentsPerAuthenticator },
      };
      answerWith(ctx, [full]);
      show(parts, ctx, open, { kind: 'overview', overview: await overviewOf(open), messages: [full] });
    },

    async authenticator(ctx: Context): Promise<void> {
      const { id } = ctx.params as { id: string };
      const open = await readyForChange(parts, ctx, `authenticators/${id}`);
      if (open) await showAuthenticator(parts, ctx, open, id, []);
    },

    async changeAuthenticator(ctx: Context): Promise<void> {
      const { id, act } = ctx.params as { id: string; act: string };
      if (act !== 'rename' && act !== 'remove') throw new StepgateError('not_found');
      requireSameOrigin(ctx, parts.services.issuer);
      const { stateHandle, label, confirm } = await readForm(ctx);
      const open = await readyForChange(parts, ctx, `authenticators/${id}`);
      if (!open) return;
      const isCurrent = isAccountHandle(open, `${act} ${id}`, stateHandle);
      const refusal = isCurrent
        ? await (act === 'remove' ? remove(open, id, confirm) : rename(open, id, label))
        : ({ code: 'form.stale', level: 'info' } as const);
      const typed = act === 'rename' ? label : undefined;
      if (refusal) return showAuthenticator(parts, ctx, open, id, [refusal], typed);
      seeOther(ctx, `/account?done=${act}d`);
    },

    async session(ctx: Context): Promise<void> {
      const { id } = ctx.params as { id: string };
      const open = await readyForChange(parts, ctx, `sessions/${id}`);
      if (open) await showSession(parts, ctx, open, id, []);
    },

    async endSession(ctx: Context): Promise<void> {
      const { id } = ctx.params as { id: string };
      requireSameOrigin(ctx, parts.services.issuer);
      const { stateHandle } = await readForm(ctx);
      const open = await readyForChange(parts, ctx, `sessions/${id}`);
      if (!open) return;
      if (!isAccountHandle(open, `end ${id}`, stateHandle))
        return showSession(parts, ctx, open, id, [{ code: 'form.stale', level: 'info' }]);
      const one = id === others ? undefined : await otherSession(open, id);
      if (id !== others && !one) return seeOther(ctx, '/account?done=ended');
      const tooMany = await reserveChange(open);
      if (tooMany) return showSession(parts, ctx, open, id, [tooMany]);
      if (one) await endOneSession(open, one);
      else await endAllOtherSessions(open);
      seeOther(ctx, `/account?done=${one ? 'ended' : 'ended_others'}`);
    },
  };
}

/** What the person comes from: `stale`: another tab was faster. */
function newsOf(code: unknown): readonly Notice[] {
  if (code === 'stale') return [{ code: 'form.stale', level: 'info' }];
  return typeof code === 'string' && done.has(code) ? [{ code: `account.done.${code}`, level: 'info' }] : [];
}

/** Why it was not renamed. */
async function rename(open: OpenAccount, id: string, text: string | undefined): Promise<Notice | undefined> {
  const label = labelOf(text);
  if (label === undefined) return { code: 'account.name.invalid', level: 'error', field: 'label' };
  const tooMany = await reserveChange(open);
  if (!tooMany) renameAuthenticator(open, id, label);
  return tooMany;
}

/** Why it was not removed. `confirm`: what the person says yes to, where they would lose apps. */
async function remove(open: OpenAccount, id: string, confirm: string | undefined): Promise<Notice | undefined> {
  const refusal = await refusalOf(open, id);
  if (refusal) return refusalMessage(refusal);
  const lost = await appsLostWithout(open, id);
  if (lost && lost.confirmation !== confirm)
    return { code: 'account.remove.confirm', level: 'error', field: 'confirm' };
  const tooMany = await reserveChange(open);
  if (!tooMany) await removeAuthenticator(open, id);
  return tooMany;
}

/** Apps that a message names; the page has more of them. */
const namesInMessage = 3;

function refusalMessage(refusal: RemovalRefusal): Notice {
  if (refusal.reason === 'last') return { code: 'account.remove.last', level: 'error' };
  const { names } = refusal.apps;
  const apps = names.slice(0, namesInMessage).join(', ');
  return {
    code: 'account.remove.required',
    level: 'error',
    params: { apps: names.length > namesInMessage ? `${apps} …` : apps },
  };
}

async function showAuthenticator(
  parts: AccountParts,
  ctx: Context,
  open: OpenAccount,
  id: string,
  messages: readonly Notice[],
  label?: string,
): Promise<void> {
  const credential = open.account.credentials.find((one) => one.id === id);
  if (!credential) return seeOther(ctx, '/account');
  const refusal = await refusalOf(open, id);
  const lost = refusal ? undefined : await appsLostWithout(open, id);
  answerWith(ctx, messages);
  show(parts, ctx, open, {
    kind: 'authenticator',
    authenticator: ownAuthenticator(open, credential),
    ...(label === undefined ? {} : { label }),
    renameHandle: accountHandle(open, `rename ${id}`),
    removeHandle: accountHandle(open, `remove ${id}`),
    ...(lost ? { lost } : {}),
    ...(refusal?.reason === 'required' ? { needed: { ...refusal.apps, instead: refusal.instead } } : {}),
    messages,
  });
}

async function showSession(
  parts: AccountParts,
  ctx: Context,
  open: OpenAccount,
  id: string,
  messages: readonly Notice[],
): Promise<void> {
  const one = id === others ? undefined : await otherSession(open, id);
  if (id !== others && !one) return seeOther(ctx, '/account');
  answerWith(ctx, messages);
  show(parts, ctx, open, {
    kind: 'end-session',
    ...(one ? { session: await describe(one, open) } : {}),
    action: `/account/sessions/${id}/end`,
    handle: accountHandle(open, `end ${id}`),
    messages,
  });
}

/** One of the person's own sessions, and not this one: that is what signing out is for. */
async function otherSession(open: OpenAccount, id: string): Promise<SsoSession | undefined> {
  const all = await sessionsOf(open);
  return all.find(({ uid }) => uid !== open.session.uid && sessionName(open, uid) === id);
}
