/**
 * The user reports a sign-in as not their own. This file promises: every session and token of the account ends, since
 * the stranger may have started others; a requested deletion is cancelled; the account forgets the browser;
 * every address is notified.
 */
import { accountClientId } from '../../policy/model/account-client-id.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import type { VersionedAccount } from '../../users/record/account.ts';
import { withoutDeletion } from '../../users/record/deletion.ts';
import { audit } from '../audit.ts';
import { endOtherSessions } from '../browser/other-sessions.ts';
import { forgetUsedBrowser } from '../browser/used-browser.ts';
import type { Visitor } from '../browser/visitor.ts';
import { loadAccount } from '../facts/account.ts';
import { consumeLink, type RejectSignIn, readLink } from '../notify/account-links.ts';
import { accountChanged } from '../notify/account-notification.ts';
import { notify } from '../notify/notify.ts';
import type { Services } from '../services.ts';
import { notifierOf, recordChange } from './recorded-changes.ts';

/** The sign-in that a link refers to. */
export interface ReportedSignIn {
  readonly link: RejectSignIn;
  readonly account: VersionedAccount;
}

interface ReportRequest {
  readonly services: Services;
  readonly unit: UnitOfWork;
  readonly visitor: Visitor;
}

/** Undefined if the link was used or has expired. */
export async function reportedSignIn({ unit }: ReportRequest, token: unknown): Promise<ReportedSignIn | undefined> {
  const link = await readLink(unit, 'not_me', token);
  const account = link && (await loadAccount(unit, link.user));
  return account && { link, account };
}

/**
 * The caller has checked that the form comes from the page of the link. Undefined if the link was used or has expired;
 * then nothing was done. Rejects with `StoreUnavailable`.
 */
export async function rejectSignIn(request: ReportRequest, token: string): Promise<ReportedSignIn | undefined> {
  const found = await reportedSignIn(request, token);
  if (!found) return undefined;
  const { services, unit, visitor } = request;
  const { link, account } = found;
  consumeLink(unit, token);
  const kept = { ...account, user: withoutDeletion(account.user) };
  await endOtherSessions(
    { services, unit, visitor, account: kept, session: undefined, withTokens: false },
    account.credentials,
  );
  if (link.usedBrowser !== '') {
    await unit.load([link.usedBrowser]);
    forgetUsedBrowser(unit, link.usedBrowser, account.user.id);
  }
  const snapshot = await services.snapshot(unit);
  notify(notifierOf({ services, unit, visitor, account, snapshot }), accountChanged('sign_in_rejected'));
  if (account.user.deletion) recordChange({ services, unit, visitor, account, snapshot }, 'deletion_cancelled');
  audit(unit, services.audit, {
    event: 'account.sign_in_rejected',
    outcome: 'success',
    subject: account.user.id,
    client: accountClientId,
    ip: visitor.ip,
    policyRevision: snapshot.revision,
    otherSessionsEnded: true,
  });
  return found;
}
