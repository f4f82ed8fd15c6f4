/** What all account pages share: finding the account, asking for the proofs of a change, and showing a page. */

import { createHash, randomBytes } from 'node:crypto';
import type { Context } from 'koa';
import { changeScope, scopeOfChange } from '../../core/enrollment/account-request.ts';
import type { GovernedChange } from '../../core/model/account-policy.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { timeZoneOf } from '../../core/profile/time-zone.ts';
import type { NoticeCode } from '../../core/step/notice-codes.ts';
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
  /** Client id of the built-in app for signing in to the account pages. */
  readonly clientId: string;
  /** Name of the cookie with the language that the user chose. */
  readonly languageCookie: string;
  /** The browser's SSO session. Undefined if it has no live one. */
  readonly currentSession: (ctx: Context) => Promise<SsoSession | undefined>;
}

export interface AccountHttpRequest {
  readonly parts: AccountParts;
  readonly ctx: Context;
}

/** A request by a user whom the policies admit. */
export interface AccountPageRequest extends AccountHttpRequest {
  readonly open: OpenAccount;
}

/** A form that may be processed, unless its handle is outdated. */
export interface AccountFormRequest extends AccountPageRequest {
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * Pages to which a sign-in for the account pages may return: a page below `/account`, or `view` (the first page) and
 * `added` (the methods).
 */
const returnTargets =
  /^(?:view|added|changed|data|deletion|apps|methods|devices|activity|notifications|profile(?:\/(?:email|phone|username)(?:\/confirm)?)?|(?:add|authenticators|sessions|devices|addresses|apps)\/[\w-]{1,64})$/;

/** Undefined if the policies do not admit a user of this browser at this moment (Law 5). */
export async function openedAccount({ parts, ctx }: AccountHttpRequest): Promise<OpenAccount | undefined> {
  const { unit, visitor } = currentRequest();
  return openAccount(parts.services, { unit, visitor }, await parts.currentSession(ctx));
}

/**
 * Undefined if the browser was sent to give the proofs that a change requires (Law 7); it then returns to `returnTo`.
 * `change`: the change for the account policy.
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

/**
 * Like `readyForChange`, for a form. Rejects with `StepgateError` if the form comes from another site or cannot be
 * read.
 */
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
 * Sends the browser through the step loop like any app. The returned code is never redeemed, since only the session
 * matters, so the PKCE verifier is not kept. `purpose`: the scope for the intended change; absent if the user only
 * wants to look. `loginHint`: the prefilled identifier.
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
 * The path to which a sign-in returns. A `state` can be forged, so each of these pages checks its own preconditions.
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

/** Sets the status of a page with these notices, so that a refused form can be recognised by it. */
export function setStatus(ctx: Context, notices: readonly Notice[]): void {
  const wait = notices.find(({ code }) => code.endsWith('.exceeded'))?.params?.seconds;
  if (wait !== undefined) ctx.set('Retry-After', String(wait));
  if (notices.some(({ code }) => code === staleForm.code)) ctx.status = 409;
  else if (wait !== undefined) ctx.status = 429;
  else if (notices.some(({ level }) => level === 'error')) ctx.status = 422;
}

/** Pages use the language of the profile again, or that of the browser. */
export function forgetLanguage({ parts, ctx }: AccountHttpRequest): void {
  setLanguageCookie(ctx, { cookie: parts.languageCookie, issuer: parts.services.issuer }, null);
}

type DoneCode<Code = NoticeCode> = Code extends `account.done.${infer What}` ? What : never;

/** `code`: which of these was done on the previous page. `stale`: another tab was faster. */
export function doneNotices(done: readonly DoneCode[], code: unknown): readonly Notice[] {
  if (code === 'stale') return [staleForm];
  const what = done.find((known) => known === code);
  return what === undefined ? [] : [{ code: `account.done.${what}`, level: 'info' }];
}

/** For pages that a link of a notification opens, without a session. */
export async function linkContext({ parts }: AccountHttpRequest) {
  return pageContext(parts.renderer, await parts.services.snapshot(currentRequest().unit));
}

/** What the flow needs to follow such a link. */
export function linkRequest({ parts: { services } }: AccountHttpRequest) {
  const { unit, visitor } = currentRequest();
  return { services, unit, visitor };
}
