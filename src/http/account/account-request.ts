/** What all account pages share: who is there, what a change takes, and how a page is shown. */
import { createHash, randomBytes } from 'node:crypto';
import type { Context } from 'koa';
import { changeScope } from '../../core/enrollment/account-request.ts';
import type { Notice } from '../../core/step/step.ts';
import { mayChange, type OpenAccount, openAccount } from '../../flow/account/open-account.ts';
import type { SsoSession } from '../../flow/browser/sso-session.ts';
import type { Services } from '../../flow/services.ts';
import { currentRequest } from '../../oidc/request-scope.ts';
import { seeOther, showPage } from '../answers.ts';
import type { Renderer } from '../html/render.ts';
import type { AccountPage } from '../html/views/account-pages.ts';
import { pageContext } from '../page-context.ts';

export interface AccountParts {
  readonly services: Services;
  readonly renderer: Renderer;
  readonly clientId: string;
  readonly sessions: {
    /** The SSO session of the browser; `undefined`: none that is alive. */
    readonly current: (ctx: Context) => Promise<SsoSession | undefined>;
  };
}

/** Where a sign-in may come back to, under `/account`. */
const returns = /^(?:view|added|(?:add|authenticators|sessions|devices|addresses)\/[\w-]{1,64})$/;

/** `undefined`: nobody whom the policies let in at this moment. */
export async function opened({ services, sessions }: AccountParts, ctx: Context): Promise<OpenAccount | undefined> {
  const { unit, visitor } = currentRequest();
  return openAccount(services, { unit, visitor }, await sessions.current(ctx));
}

/** `undefined`: the person was sent to prove what a change takes (Law 7), and comes back to `to`. */
export async function readyForChange(parts: AccountParts, ctx: Context, to: string): Promise<OpenAccount | undefined> {
  const open = await opened(parts, ctx);
  if (open && mayChange(open)) return open;
  prove(parts, ctx, changeScope, returns.test(to) ? to : 'view');
  return undefined;
}

/** Sends the browser through the step loop, to come back to `state`. */
export function prove(
  { services, clientId }: AccountParts,
  ctx: Context,
  purpose: string | undefined,
  state: string,
): void {
  const challenge = createHash('sha256').update(randomBytes(32).toString('base64url')).digest('base64url');
  const query = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: `${services.issuer}/account/callback`,
    scope: 'openid',
    ...(purpose === undefined ? {} : { account_purpose: purpose }),
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state,
  });
  seeOther(ctx, `/oauth2/v1/authorize?${query}`);
}

/** Only ever a page that asks again what it needs to know. */
export function pathTo(state: unknown): string {
  if (typeof state !== 'string' || !returns.test(state) || state === 'view') return '/account';
  return state === 'added' ? '/account?done=added' : `/account/${state}`;
}

type Shown<Page> = Page extends AccountPage ? Omit<Page, 'brand' | 'locale'> : never;

export function show(
  { renderer }: AccountParts,
  ctx: Context,
  { snapshot }: OpenAccount,
  page: Shown<AccountPage>,
): void {
  showPage(ctx, renderer.renderAccount({ ...pageContext(renderer, snapshot), ...page } as AccountPage));
}

/** The status of a page with these messages: a form that was not taken says so. */
export function answerWith(ctx: Context, messages: readonly Notice[]): void {
  const wait = messages.find(({ code }) => code.endsWith('.exceeded'))?.params?.seconds;
  if (wait !== undefined) ctx.set('Retry-After', String(wait));
  if (messages.some(({ code }) => code === 'form.stale')) ctx.status = 409;
  else if (wait !== undefined) ctx.status = 429;
  else if (messages.some(({ level }) => level === 'error')) ctx.status = 422;
}
