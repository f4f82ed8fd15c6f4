/**
 * Pages for ending something that an account page lists: a session, a remembered browser, an app's access. A page asks
 * for confirmation, and its form ends it. If it no longer exists, it counts as ended.
 */
import type { Context } from 'koa';
import type { Notice } from '../../core/step/step.ts';
import { accountHandle, isAccountHandle } from '../../flow/account/account-form.ts';
import type { OpenAccount } from '../../flow/account/open-account.ts';
import { reserveChange } from '../../flow/change-limit.ts';
import { staleForm } from '../../flow/transaction/form-handle.ts';
import { seeOther } from '../answers.ts';
import type { AccountPage } from '../html/views/account-pages.ts';
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

type QuestionPage = Extract<AccountPage, { kind: 'forget-device' | 'end-session' | 'end-app-access' }>;
/** What the page shows in addition to its form. */
type Shown<Page> = Page extends QuestionPage
  ? Pick<Page, Extract<keyof Page, 'kind' | 'device' | 'session' | 'app'>>
  : never;

export interface Listed<One> {
  /** The path below `/account` for these pages. */
  readonly path: 'sessions' | 'devices' | 'apps';
  /** The path below `/account` of the page that lists them. */
  readonly list: 'devices' | 'apps';
  /** The last segment of the form's path. */
  readonly verb: 'end' | 'forget';
  /** The purpose in the form's handle, followed by the id. */
  readonly purpose: string;
  /** Finds one of this user's. Undefined if it no longer exists or never did. */
  readonly find: (open: OpenAccount, id: string) => Promise<One | undefined>;
  readonly shown: (item: One, open: OpenAccount) => Promise<Shown<QuestionPage>> | Shown<QuestionPage>;
  readonly end: (open: OpenAccount, item: One) => Promise<void> | void;
  /** The code that the list then reports. */
  readonly done: (item: One | undefined) => string;
}

/** `ask` shows the question, `end` handles its form. */
export function endHandlers<One>(listed: Listed<One>, parts: AccountParts) {
  return {
    ask: (ctx: Context) => ask({ parts, ctx }, listed),
    end: (ctx: Context) => end({ parts, ctx }, listed),
  };
}

async function ask<One>(request: AccountHttpRequest, listed: Listed<One>): Promise<void> {
  const id = pathParameter(request.ctx, 'id');
  const ready = await readyForChange(request, `${listed.path}/${id}`);
  if (!ready) return;
  const item = await listed.find(ready.open, id);
  if (item === undefined) return seeOther(request.ctx, `/account/${listed.list}`);
  await showQuestion(ready, { listed, id, item }, []);
}

async function end<One>(request: AccountHttpRequest, listed: Listed<One>): Promise<void> {
  const id = pathParameter(request.ctx, 'id');
  const form = await readyForForm(request, `${listed.path}/${id}`);
  if (!form) return;
  const { ctx, open, fields } = form;
  const item = await listed.find(open, id);
  const over = `/account/${listed.list}?done=${listed.done(item)}`;
  if (item === undefined) return seeOther(ctx, over);
  const isCurrent = isAccountHandle(open, `${listed.purpose} ${id}`, fields.stateHandle);
  const refusal = isCurrent ? await reserveChange(open) : staleForm;
  if (refusal) return showQuestion(form, { listed, id, item }, [refusal]);
  await listed.end(open, item);
  seeOther(ctx, over);
}

interface Question<One> {
  readonly listed: Listed<One>;
  readonly id: string;
  readonly item: One;
}

async function showQuestion<One>(
  request: AccountPageRequest,
  { listed: { path, verb, purpose, shown }, id, item }: Question<One>,
  notices: readonly Notice[],
): Promise<void> {
  const { ctx, open } = request;
  setStatus(ctx, notices);
  showAccountPage(request, {
    ...(await shown(item, open)),
    action: `/account/${path}/${id}/${verb}`,
    handle: accountHandle(open, `${purpose} ${id}`),
    notices,
  });
}
