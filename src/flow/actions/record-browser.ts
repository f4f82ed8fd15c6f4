/**
 * What a completed sign-in stores about the browser: it counts as used, next time it offers the authenticator that was
 * proved first, and it may remember the second factor. A sign-in at the strongest level also makes it known.
 */
import type { Rememberable } from '../../core/model/decision.ts';
import type { Evidence } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type { Transaction } from '../../core/step/transaction.ts';
import type { App } from '../../policy/model/app.ts';
import { addressPlaceText } from '../../policy/schema/settings/zones.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import { audit } from '../audit.ts';
import { isRememberedWith, rememberProofs } from '../browser/remembered-browser.ts';
import { type BrowserUse, browserSecretHash, recordBrowserUse } from '../browser/used-browser.ts';
import { keptPlace, type Visitor } from '../browser/visitor.ts';
import { loadAccount } from '../facts/account.ts';
import { accountChanged } from '../notify/account-notification.ts';
import { notify } from '../notify/notify.ts';
import type { Services } from '../services.ts';

export interface CompletedSignIn {
  readonly services: Services;
  readonly unit: UnitOfWork;
  readonly visitor: Visitor;
  readonly app: App;
  readonly transaction: Transaction;
  /** Id of the account. */
  readonly subject: string;
  /** The evidence that met the requirements. */
  readonly supportingEvidence: readonly Evidence[];
  /** Set if the sign-in was at the strongest level that the account can reach. It makes the browser known. */
  readonly usual?: BrowserUse['usual'];
  /** What may be remembered. Absent if nothing may. */
  readonly rememberable?: Rememberable;
}

/**
 * Records the sign-in, and remembers the second factor if the user asked for it and the rule allows it. Does nothing
 * for a browser that does not send the secret which it got when everything was proved. In another tab a sign-in may
 * have completed at the same time and kept the secret from before, which an attacker may have planted.
 */
export async function recordBrowser(completed: CompletedSignIn): Promise<void> {
  const { unit, services, visitor, transaction, subject, supportingEvidence } = completed;
  const { browserSecret: secret } = visitor;
  if (secret === undefined || transaction.givenSecret?.hash !== browserSecretHash(secret)) return;
  // In the order of the proofs: those from before this transaction come first.
  const before = supportingEvidence
    .filter((evidence) => evidence.transaction !== transaction.event)
    .toSorted((one, other) => one.at - other.at);
  const used = [...new Set([...before, ...transaction.evidence].map(({ enrollment }) => enrollment))];
  const { usual } = completed;
  recordBrowserUse(unit, secret, { subject, at: services.now(), used, ...omitUndefined({ usual }) });
  if (transaction.rememberDevice) await rememberSecondFactor(completed, secret);
}

async function rememberSecondFactor(completed: CompletedSignIn, secret: string): Promise<void> {
  const { unit, services, visitor, app, transaction, subject, rememberable } = completed;
  const account = await loadAccount(unit, subject);
  if (!account || rememberable === undefined) return;
  const { seconds, enrollments } = rememberable;
  const now = services.now();
  const isNew = !isRememberedWith(account, secret, now);
  const evidence = transaction.evidence.filter(({ enrollment }) => enrollments.includes(enrollment));
  rememberProofs(unit, { user: account.user, secret, evidence, seconds, now, ...keptPlace(visitor) });
  const where = { client: app.clientId, ip: visitor.ip, transaction: transaction.id };
  audit(unit, services.audit, { event: 'account.device_remembered', outcome: 'success', subject, ...where });
  if (!isNew) return;
  const place = addressPlaceText(await services.snapshot(unit), visitor.ip);
  const context = { services, unit, visitor, account, app: app.name, place, client: app.clientId, transaction };
  notify(context, accountChanged('device_remembered'));
}
