/**
 * `/account`: the overview, and how users get to it. The browser's SSO session determines the account. A user without a
 * session, or who must prove more for a change, goes through the step loop as for any app and then returns to the same
 * page.
 */

import type { Context } from 'koa';
import { changeScope, enrollScope } from '../../core/enrollment/account-request.ts';
import { maxEnrollmentsPerAuthenticator } from '../../core/enrollment/enrollment-limit.ts';
import type { Notice } from '../../core/step/step.ts';
import { StepgateError } from '../../errors.ts';
import { mayChange, type OpenAccount } from '../../flow/account/open-account.ts';
import { isFullOf, overviewOf } from '../../flow/account/overview.ts';
import { seeOther } from '../answers.ts';
import type { OverviewPage } from '../html/views/account-pages.ts';
import { pathParameter } from '../middleware/route-table.ts';
import {
  type AccountHttpRequest,
  type AccountPageRequest,
  type AccountParts,
  doneNotices,
  openedAccount,
  returnPath,
  sendToSignIn,
  setStatus,
  showAccountPage,
} from './account-request.ts';
import { keepForm } from './deletion-handlers.ts';
import { appToReturnTo, rememberApp } from './return-to-app.ts';

/** Completed actions that the overview can report, as named in its query. */
const done = [
  'renamed',
  'removed',
  'ended',
  'ended_others',
  'device_forgotten',
  'address_added',
  'address_removed',
  'deletion_cancelled',
] as const;

export function accountHandlers(parts: AccountParts) {
  return {
    home: (ctx: Context) => seeOther(ctx, '/account'),
    overview: (ctx: Context) => section({ parts, ctx }, 'overview'),
    methods: (ctx: Context) => section({ parts, ctx }, 'methods'),
    devices: (ctx: Context) => section({ parts, ctx }, 'devices'),
    activity: (ctx: Context) => section({ parts, ctx }, 'activity'),
    notifications: (ctx: Context) => section({ parts, ctx }, 'notifications'),
    callback: (ctx: Context) => callback({ parts, ctx }),
    add: (ctx: Context) => addAuthenticator({ parts, ctx }),
    changePassword: (ctx: Context) => changePassword({ parts, ctx }),
  };
}

/** Shows the overview or the page of one part of the account. */
async function section(request: AccountHttpRequest, kind: OverviewPage['kind']): Promise<void> {
  rememberApp(request);
  const open = await openedAccount(request);
  if (!open) return sendToSignIn(request, { returnTo: kind === 'overview' ? 'view' : kind });
  const { done: code } = request.ctx.query;
  await showSection({ ...request, open }, kind, [...addedNotice(open, code), ...doneNotices(done, code)]);
}

/** The browser returns from a sign-in. */
async function callback(request: AccountHttpRequest): Promise<void> {
  const { state, error } = request.ctx.query;
  if (error === undefined) return seeOther(request.ctx, returnPath(state));
  if (!(await openedAccount(request))) throw new StepgateError('sign_in_expired', `the sign-in ended in ${error}`);
  seeOther(request.ctx, '/account');
}

/**
 * The proofs that a change requires come first, in a completed sign-in of their own: the evidence then stays in the
 * session, and a user who leaves the offer need not prove the same again for the next one. The offer follows, behind
 * the same account-management requirement.
 */
async function addAuthenticator(request: AccountHttpRequest): Promise<void> {
  const key = pathParameter(request.ctx, 'key');
  if (!request.parts.services.authenticators.get(key)?.descriptor.enrollable) throw new StepgateError('not_found');
  const open = await openedAccount(request);
  if (open && isFullOf(open, key)) {
    const params = { count: maxEnrollmentsPerAuthenticator };
    const full: Notice = { code: 'account.add.full', level: 'error', params };
    setStatus(request.ctx, [full]);
    return showSection({ ...request, open }, 'methods', [full]);
  }
  const isReady = open !== undefined && mayChange(open);
  const purpose = isReady ? enrollScope(key) : changeScope;
  sendToSignIn(request, { purpose, returnTo: isReady ? whatHappens(open, key) : `add/${key}` });
}

/** Whether a new enrollment is added or replaces the existing one. */
function whatHappens({ services, account: { credentials } }: OpenAccount, key: string): 'added' | 'changed' {
  const isSingle = services.authenticators.get(key)?.descriptor.maxEnrollments === 1;
  return isSingle && credentials.some(({ authenticator }) => authenticator === key) ? 'changed' : 'added';
}

/** The Well-Known URL for Changing Passwords (W3C), to which password managers send users. */
function changePassword({ parts, ctx }: AccountHttpRequest): void {
  const descriptors = Array.from(parts.services.authenticators.values(), ({ descriptor }) => descriptor);
  const key = descriptors.find(({ underPasswordPolicy }) => underPasswordPolicy)?.key;
  if (key === undefined) throw new StepgateError('not_found');
  seeOther(ctx, `/account/add/${key}`);
}

async function showSection(
  request: AccountPageRequest,
  kind: OverviewPage['kind'],
  notices: readonly Notice[],
): Promise<void> {
  const { open } = request;
  const keep = keepForm(open);
  const overview = await overviewOf(open);
  showAccountPage(request, {
    kind,
    overview,
    now: open.services.now(),
    ...(await appToReturnTo(request)),
    ...(keep && kind === 'overview' ? { keep } : {}),
    notices,
  });
}

/**
 * For how many seconds the page reports what was added: longer than the last step takes, but short enough that an old
 * link does not report something wrong.
 */
const newFor = 600;

/** What the user has just added or replaced, and whether the same commit ended the other sessions. */
function addedNotice({ account: { user, credentials }, services }: OpenAccount, code: unknown): readonly Notice[] {
  // If two have the same time, the last in the list is the newest.
  const newest = credentials.toSorted((one, other) => one.createdAt - other.createdAt).at(-1);
  if ((code !== 'added' && code !== 'changed') || newest === undefined || newest.createdAt < services.now() - newFor)
    return [];
  const others = user.validAfter >= newest.createdAt ? 'ended' : 'kept';
  return [{ code: `account.done.${code}`, level: 'info', authenticator: newest.authenticator, params: { others } }];
}
