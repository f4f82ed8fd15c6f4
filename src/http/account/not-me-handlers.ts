/**
 * `/account/not-me`: the target of the link "This wasn't me" in a notification. Programs open links as well, so opening
 * it changes nothing. Its form needs no sign-in, since it only ends sessions. `/account/recover`: sets a new password.
 */
import type { Context } from 'koa';
import { recoverableAuthenticator } from '../../core/decision/recovery.ts';
import { recoverScope } from '../../core/enrollment/account-request.ts';
import { type ReportedSignIn, rejectSignIn, reportedSignIn } from '../../flow/account/reject-sign-in.ts';
import { currentRequest } from '../../oidc/request-scope.ts';
import { showPage } from '../answers.ts';
import { readForm } from '../middleware/form-body.ts';
import { requireSameOrigin } from '../middleware/same-origin.ts';
import {
  type AccountHttpRequest,
  type AccountParts,
  linkContext,
  linkRequest,
  sendToSignIn,
} from './account-request.ts';

/** The longest identifier (RFC 5321), rounded up. */
const longestHint = 320;

export function notMeHandlers(parts: AccountParts) {
  return {
    show: (ctx: Context) => show({ parts, ctx }),
    reject: (ctx: Context) => reject({ parts, ctx }),
    recover: (ctx: Context) => recover({ parts, ctx }),
  };
}

async function show(request: AccountHttpRequest): Promise<void> {
  const token = request.ctx.query.t;
  const found = await reportedSignIn(linkRequest(request), token);
  if (!found || typeof token !== 'string') return showResult(request, undefined);
  const { parts, ctx } = request;
  const { link: signIn } = found;
  showPage(ctx, parts.renderer.renderLinkQuestion({ ...(await linkContext(request)), does: 'not_me', signIn, token }));
}

async function reject(request: AccountHttpRequest): Promise<void> {
  requireSameOrigin(request.ctx, request.parts.services.issuer);
  const fields = await readForm(request.ctx);
  await showResult(request, await rejectSignIn(linkRequest(request), fields['link.token'] ?? ''));
}

/** The starting point for a user who forgot a password. It proves and reveals nothing. */
function recover(request: AccountHttpRequest): void {
  const { identifier } = request.ctx.query;
  const isHint = typeof identifier === 'string' && identifier.length <= longestHint;
  sendToSignIn(request, { purpose: recoverScope, returnTo: 'view', ...(isHint ? { loginHint: identifier } : {}) });
}

async function showResult(request: AccountHttpRequest, found: ReportedSignIn | undefined): Promise<void> {
  const { parts, ctx } = request;
  if (!found) ctx.status = 410;
  const page = { ...(await linkContext(request)), does: 'not_me', result: found ? 'done' : 'over' } as const;
  const identifier = found && (await canRecover(request, found)) ? found.account.user.identifiers[0] : undefined;
  showPage(ctx, parts.renderer.renderLinkResult(identifier === undefined ? page : { ...page, recover: identifier }));
}

/** The account has the authenticator that a recovery sets again, and a rule of the recovery policy applies. */
async function canRecover({ parts }: AccountHttpRequest, { account }: ReportedSignIn): Promise<boolean> {
  const snapshot = await parts.services.snapshot(currentRequest().unit);
  const app = await snapshot.app(parts.clientId);
  const key = app && recoverableAuthenticator(await snapshot.policies(app));
  return account.credentials.some(({ authenticator }) => authenticator === key);
}
