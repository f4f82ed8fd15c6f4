/** What all account pages share: whose account it is, what a change takes, and how a page is shown. */

import { createHash, randomBytes } from 'node:crypto';
import type { Context } from 'koa';
import { changeScope, scopeOfChange } from '../../core/enrollment/account-request.ts';
import type { GovernedChange } from '../../core/model/account-policy.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { timeZoneOf } from '../../core/profile/time-zone.ts';
import type { Notice } from '../../core/step/step.ts';
import { mayChange, type OpenAccount, openAccount } from '../../flow/account/open-account.ts';
import type { SsoSession } from '../../flow/browser/sso-session.ts';
import { credentialSignals } from '../../flow/facts/credential-signals.ts';
import type { Services } from '../../flow/services.ts';
import { staleForm } from '../../flow/transaction/form-handle.ts';
import { currentRequest } from '../../oidc/request-scope.ts';
import { seeOther, showPage } from '../answers.ts';
import type { Renderer } from '../html/render.ts';
import type { AccountPage } from '../html/views/account-pages.ts';
import { setLanguageCookie } from '../language-handler.ts';
import { readForm } from '../middleware/form-body.ts';
import { requireSameOrigin } from '../middleware/same-origin.ts';
import { pageContext } from '../page-context.ts';

export interface AccountParts {
  readonly services: Services;
  readonly renderer: Renderer;
  /** Of the built-in app that the account pages sign in with. */
  readonly clientId: string;
  /** Name of the cookie that holds the language that the user chose. */
  readonly languageCookie: string;
  /** The SSO session of the browser; `undefined`: it has none that is alive. */
  readonly currentSession: (ctx: Context) => Promise<SsoSession | undefined>;
}

export interface AccountHttpRequest {
  readonly parts: AccountParts;
  readonly ctx: Context;
}

/** A request of a user whom the policies let in. */
export interface AccountPageRequest extends AccountHttpRequest {
  readonly open: OpenAccount;
}

/** A form that may be acted on, unless its handle is outdated. */
export interface AccountFormRequest extends AccountPageRequest {
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * What a sign-in for the account pages may come back to: one page below `/account`, or `view` and `added`, which lead
 * to the first page and to the methods.
 */
const returnTargets =
  /^(?:view|added|changed|data|deletion|apps|methods|devices|activity|notifications|profile(?:\/(?:email|phone|username)(?:\/confirm)?)?|(?:add|authenticators|sessions|devices|addresses|apps)\/[\w-]{1,64})$/;

/** `undefined`: the policies let no user of this browser in at this moment (Law 5). */
export async function openedAccount({ parts, ctx }: AccountHttpRequest): Promise<OpenAccount | undefined> {
  const { unit, visitor } = currentRequest();
  return openAccount(parts.services, { unit, visitor }, await parts.currentSession(ctx));
}

/**
 * `undefined`: the browser was sent to prove what a change takes (Law 7), and comes back to `returnTo` afterwards.
 * `change`: what the account policy is asked about.
 */
export async function readyForChange(
  request: AccountHttpRequest,
  returnTo: string,
  change?: GovernedChange,
): Promise<AccountPageRequest | undefined> {
  const open = await openedAccount(request);
  if (open && mayChange(open, change)) return { ...request, open };
  const purpose = change ? scopeOfChange(change) : changeScope;
  sendToSignIn(request, { purpose, returnTo: returnTargets.test(returnTo) ? returnTo : 'view' });
  return undefined;
}

/** As `readyForChange`, for a form. Rejects with `StepgateError` when it comes from another site or cannot be read. */
export async function readyForForm(
  request: AccountHttpRequest,
  returnTo: string,
  change?: GovernedChange,
): Promise<AccountFormRequest | undefined> {
  requireSameOrigin(request.ctx, request.parts.services.issuer);
  const fields = await readForm(request.ctx);
  const ready = await readyForChange(request, returnTo, change);
  return ready && { ...ready, fields };
}

/**
 * Sends the browser through the step loop, as any app does. The code that comes back is never redeemed: only the
 * session counts, so the verifier of the challenge is thrown away. `purpose`: the scope that says what the user wants
 * to change; absent: only to look. `loginHint`: the identifier that the page is filled with.
 */
export function sendToSignIn(
  { parts, ctx }: AccountHttpRequest,
  asked: { readonly purpose?: string; readonly returnTo: string; readonly loginHint?: string },
): void {
  const { purpose, returnTo, loginHint } = asked;
  const challenge = createHash('sha256').update(randomBytes(32).toString('base64url')).digest('base64url');
  const query = new URLSearchParams({
    client_id: parts.clientId,
    response_type: 'code',
    redirect_uri: `${parts.services.issuer}/account/callback`,
    scope: 'openid',
    ...omitUndefined({ account_purpose: purpose, login_hint: loginHint }),
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state: returnTo,
  });
  seeOther(ctx, `/oauth2/v1/authorize?${query}`);
}

/**
 * The path that a sign-in comes back to. Since a `state` can be made up, each of these pages checks for itself what it
 * needs.
 */
export function returnPath(state: unknown): string {
  if (typeof state !== 'string' || !returnTargets.test(state) || state === 'view') return '/account';
  return state === 'added' || state === 'changed' ? `/account/methods?done=${state}` : `/account/${state}`;
}

type WithoutContext<Page> = Page extends AccountPage
  ? Omit<Page, 'brand' | 'locale' | 'pageAddress' | 'timeZone'>
  : never;

export function showAccountPage({ parts, ctx, open }: AccountPageRequest, page: WithoutContext<AccountPage>): void {
  const { renderer } = parts;
  const { profile } = open.account.user;
  const signals = credentialSignals(parts.services, open.snapshot, open.account);
  showPage(
    ctx,
    renderer.renderAccount({
      ...pageContext(renderer, open.snapshot, { profile: profile.locale, timeZone: timeZoneOf(profile) }),
      signals,
      ...page,
    } as AccountPage),
  );
}

/** The status of a page with these notices: a form that was not taken says so. */
export function setStatus(ctx: Context, notices: readonly Notice[]): void {
  const wait = notices.find(({ code }) => code.endsWith('.exceeded'))?.params?.seconds;
  if (wait !== undefined) ctx.set('Retry-After', String(wait));
  if (notices.some(({ code }) => code === staleForm.code)) ctx.status = 409;
  else if (wait !== undefined) ctx.status = 429;
  else if (notices.some(({ level }) => level === 'error')) ctx.status = 422;
}

/** Pages are in the language of the profile again, or in that of the browser. */
export function forgetLanguage({ parts, ctx }: AccountHttpRequest): void {
  setLanguageCookie(ctx, { cookie: parts.languageCookie, issuer: parts.services.issuer }, null);
}
