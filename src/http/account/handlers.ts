/**
 * `/account`: one's own authenticators, sessions and sign-ins. The browser's SSO session says who it is. Whoever has none, or must prove more
 * for a change, is sent through the step loop as for any app, and comes back to the same page; the code that comes back with them is left
 * unused, and nobody has the verifier to redeem it.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Context } from 'koa';
import { changeScope, enrollScope } from '../../core/account-request.ts';
import type { Message } from '../../core/steps.ts';
import { StepgateError } from '../../errors.ts';
import { accountHandle, isAccountHandle } from '../../flow/account/account-form.ts';
import {
  endOneSession,
  endOtherSessions,
  labelOf,
  removeAuthenticator,
  renameAuthenticator,
  type SessionControl,
} from '../../flow/account/change.ts';
import { mayChange, type OpenAccount, openAccount } from '../../flow/account/open-account.ts';
import { describe, overviewOf, ownAuthenticator, sessionName, sessionsOf } from '../../flow/account/overview.ts';
import type { Runtime } from '../../flow/runtime.ts';
import type { SsoSession } from '../../flow/sso-session.ts';
import type { Visitor } from '../../flow/visitor.ts';
import { currentUnit } from '../../stores/unit-of-work.ts';
import { readForm } from '../form-body.ts';
import type { Renderer } from '../html/render.ts';
import { pageContext, showPage } from '../page-context.ts';
import { requireSameOrigin } from '../same-origin.ts';
import type { AccountPage } from './pages.ts';

export interface AccountParts {
  readonly runtime: Runtime;
  readonly renderer: Renderer;
  readonly clientId: string;
  readonly sessions: SessionControl & {
    /** The SSO session of the browser; `undefined`: none that is alive. */
    readonly current: (ctx: Context) => Promise<SsoSession | undefined>;
  };
}

/** Where a sign-in may come back to, under `/account`. */
const returns = /^(?:view|added|authenticators\/[\w-]{1,64}|sessions\/[\w-]{1,64})$/;
const done: ReadonlySet<string> = new Set(['added', 'renamed', 'removed', 'ended', 'ended_others']);
const others = 'others';

export function accountHandlers(parts: AccountParts) {
  return {
    async overview(ctx: Context): Promise<void> {
      const open = await opened(parts, ctx);
      if (!open) return prove(parts, ctx, undefined, 'view');
      const code = String(ctx.query.done ?? '');
      const messages: readonly Message[] = done.has(code) ? [{ code: `account.done.${code}`, level: 'info' }] : [];
      show(parts, ctx, open, { kind: 'overview', overview: await overviewOf(open), messages });
    },

    /** The sign-in came back. Where to is only ever a page that asks again what it needs to know. */
    async callback(ctx: Context): Promise<void> {
      const { state, error } = ctx.query;
      const to = typeof state === 'string' && returns.test(state) ? state : 'view';
      if (error === undefined) return seeOther(ctx, pathTo(to));
      if (!(await opened(parts, ctx))) throw new StepgateError('sign_in_expired', `the sign-in ended in ${error}`);
      seeOther(ctx, '/account');
    },

    async add(ctx: Context): Promise<void> {
      const { key } = ctx.params as { key: string };
      if (!parts.runtime.authenticators.get(key)?.traits.enrollable) throw new StepgateError('not_found');
      prove(parts, ctx, enrollScope(key), 'added');
    },

    async authenticator(ctx: Context): Promise<void> {
      const { id } = ctx.params as { id: string };
      const open = await readyForChange(parts, ctx, `authenticators/${id}`);
      if (open) showAuthenticator(parts, ctx, open, id, []);
    },

    async changeAuthenticator(ctx: Context): Promise<void> {
      const { id, act } = ctx.params as { id: string; act: string };
      if (act !== 'rename' && act !== 'remove') throw new StepgateError('not_found');
      requireSameOrigin(ctx, parts.runtime.issuer);
      const { stateHandle, label: text } = await readForm(ctx);
      const open = await readyForChange(parts, ctx, `authenticators/${id}`);
      if (!open) return;
      const refuse = (status: number, message: Message) => {
        ctx.status = status;
        showAuthenticator(parts, ctx, open, id, [message]);
      };
      if (!isAccountHandle(open, `${act} ${id}`, stateHandle))
        return refuse(409, { code: 'form.stale', level: 'info' });
      if (act === 'remove') {
        const refusal = removeAuthenticator(open, id);
        if (refusal) return refuse(422, { code: `account.remove.${refusal}`, level: 'error' });
        return seeOther(ctx, '/account?done=removed');
      }
      const label = labelOf(text);
      if (label === undefined) return refuse(422, { code: 'account.name.invalid', level: 'error', field: 'label' });
      renameAuthenticator(open, id, label);
      seeOther(ctx, '/account?done=renamed');
    },

    async session(ctx: Context): Promise<void> {
      const { id } = ctx.params as { id: string };
      const open = await readyForChange(parts, ctx, `sessions/${id}`);
      if (open) await showSession(parts, ctx, open, id, []);
    },

    async endSession(ctx: Context): Promise<void> {
      const { id } = ctx.params as { id: string };
      requireSameOrigin(ctx, parts.runtime.issuer);
      const { stateHandle } = await readForm(ctx);
      const open = await readyForChange(parts, ctx, `sessions/${id}`);
      if (!open) return;
      if (!isAccountHandle(open, `end ${id}`, stateHandle)) {
        ctx.status = 409;
        return showSession(parts, ctx, open, id, [{ code: 'form.stale', level: 'info' }]);
      }
      if (id === others) {
        await endOtherSessions(open, parts.sessions);
        return seeOther(ctx, '/account?done=ended_others');
      }
      const one = await otherSession(open, id);
      if (one) await endOneSession(open, parts.sessions, one);
      seeOther(ctx, '/account?done=ended');
    },
  };
}

async function opened({ runtime, sessions }: AccountParts, ctx: Context): Promise<OpenAccount | undefined> {
  const unit = currentUnit();
  if (!unit) throw new StepgateError('internal', 'a request outside of a unit of work');
  const { visitor } = ctx.state as { visitor: Visitor };
  return openAccount(runtime, { unit, visitor }, await sessions.current(ctx));
}

/** `undefined`: the person was sent to prove what a change takes (Law 7), and comes back to `to`. */
async function readyForChange(parts: AccountParts, ctx: Context, to: string): Promise<OpenAccount | undefined> {
  const open = await opened(parts, ctx);
  if (open && mayChange(open)) return open;
  prove(parts, ctx, changeScope, returns.test(to) ? to : 'view');
  return undefined;
}

function prove({ runtime, clientId }: AccountParts, ctx: Context, purpose: string | undefined, state: string): void {
  const challenge = createHash('sha256').update(randomBytes(32).toString('base64url')).digest('base64url');
  const query = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: `${runtime.issuer}/account/callback`,
    scope: 'openid',
    ...(purpose === undefined ? {} : { account_purpose: purpose }),
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state,
  });
  seeOther(ctx, `/oauth2/v1/authorize?${query}`);
}

function pathTo(state: string): string {
  if (state === 'view') return '/account';
  return state === 'added' ? '/account?done=added' : `/account/${state}`;
}

function seeOther(ctx: Context, location: string): void {
  ctx.set('Cache-Control', 'no-store');
  ctx.redirect(location);
  ctx.status = 303;
}

type Shown<Page> = Page extends AccountPage ? Omit<Page, 'brand' | 'locale'> : never;

function show({ renderer }: AccountParts, ctx: Context, { snapshot }: OpenAccount, page: Shown<AccountPage>): void {
  showPage(ctx, renderer.renderAccount({ ...pageContext(ctx, renderer, snapshot), ...page } as AccountPage));
}

function showAuthenticator(
  parts: AccountParts,
  ctx: Context,
  open: OpenAccount,
  id: string,
  messages: readonly Message[],
): void {
  const credential = open.account.credentials.find((one) => one.id === id);
  if (!credential) {
    seeOther(ctx, '/account');
    return;
  }
  show(parts, ctx, open, {
    kind: 'authenticator',
    authenticator: ownAuthenticator(credential),
    renameHandle: accountHandle(open, `rename ${id}`),
    removeHandle: accountHandle(open, `remove ${id}`),
    messages,
  });
}

async function showSession(
  parts: AccountParts,
  ctx: Context,
  open: OpenAccount,
  id: string,
  messages: readonly Message[],
): Promise<void> {
  const one = id === others ? undefined : await otherSession(open, id);
  if (id !== others && !one) return seeOther(ctx, '/account');
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
