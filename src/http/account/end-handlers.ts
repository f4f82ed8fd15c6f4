/**
 * One of the things that a page of the account lists, and that a user may end: a session, a remembered browser, the
 * access of an app. A page asks first; its form ends it. What is gone already counts as ended.
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
/** What a page shows beside its form. */
type Shown<Page> = Page extends QuestionPage
  ? Pick<Page, Extract<keyof Page, 'kind' | 'device' | 'session' | 'app'>>
  : never;

export interface Listed<One> {
  /** Below `/account`: the pages of each one. */
  readonly path: 'sessions' | 'devices' | 'apps';
  /** Below `/account`: the page that lists them. */
  readonly list: 'devices' | 'apps';
  /** The last part of the address of the form. */
  readonly verb: 'end' | 'forget';
  /** What the handle of the form is for, with the id behind it. */
  readonly purpose: string;
  /** Of those of this user. Undefined: it is gone, or never was. */
  readonly find: (open: OpenAccount, id: string) => Promise<One | undefined>;
  readonly shown: (one: One, open: OpenAccount) => Promise<Shown<QuestionPage>> | Shown<QuestionPage>;
  readonly end: (open: OpenAccount, one: One) => Promise<void> | void;
  /** What the list says then. */
  readonly done: (one: One | undefined) => string;
}

/** `ask` shows the question, `end` takes its form. */
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
  const one = await listed.find(ready.open, id);
  if (one === undefined) return seeOther(request.ctx, `/account/${listed.list}`);
  await showQuestion(ready, { listed, id, one }, []);
}

async function end<One>(request: AccountHttpRequest, listed: Listed<One>): Promise<void> {
  const id = pathParameter(request.ctx, 'id');
  const form = await readyForForm(request, `${listed.path}/${id}`);
  if (!form) return;
  const { ctx, open, fields } = form;
  const one = await listed.find(open, id);
  const over = `/account/${listed.list}?done=${listed.done(one)}`;
  if (one === undefined) return seeOther(ctx, over);
  const isCurrent = isAccountHandle(open, `${listed.purpose} ${id}`, fields.stateHandle);
  const refusal = isCurrent ? await reserveChange(open) : staleForm;
  if (refusal) return showQuestion(form, { listed, id, one }, [refusal]);
  await listed.end(open, one);
  seeOther(ctx, over);
}

interface Question<One> {
  readonly listed: Listed<One>;
  readonly id: string;
  readonly one: One;
}

async function showQuestion<One>(
  request: AccountPageRequest,
  { listed: { path, verb, purpose, shown }, id, one }: Question<One>,
  notices: readonly Notice[],
): Promise<void> {
  const { ctx, open } = request;
  setStatus(ctx, notices);
  showAccountPage(request, {
    ...(await shown(one, open)),
    action: `/account/${path}/${id}/${verb}`,
    handle: accountHandle(open, `${purpose} ${id}`),
    notices,
  });
}
