/** What a completed sign-in leaves with the browser: it is known, what was proved is offered first, and maybe it is remembered. */
import type { Rememberable } from '../../core/model/decision.ts';
import type { Evidence } from '../../core/model/facts.ts';
import type { Transaction } from '../../core/step/transaction.ts';
import type { App } from '../../policy/model/app.ts';
import { placeInWords } from '../../policy/schema/zones.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import { audit } from '../audit.ts';
import { noteSignIn } from '../browser/known-device.ts';
import { isRememberedWith, rememberProofs } from '../browser/remembered-device.ts';
import type { Visitor } from '../browser/visitor.ts';
import { heldAccount } from '../facts/gather.ts';
import { accountChanged } from '../notify/account-notification.ts';
import { tell } from '../notify/notify.ts';
import type { Runtime } from '../services.ts';

/** Of a User-Agent so much is kept (characters). */
export const longestUserAgent = 256;

export interface Completed {
  readonly runtime: Runtime;
  readonly unit: UnitOfWork;
  readonly visitor: Visitor;
  readonly app: App;
  readonly transaction: Transaction;
  /** Who signed in: id of the account. */
  readonly subject: string;
  /** What the sign-in rests on. */
  readonly witness: readonly Evidence[];
  /** What of it may be remembered; absent: nothing. */
  readonly remember?: Rememberable;
}

/** The second factor is remembered if the person asked for it and the rule lets it. Does nothing for a browser without our cookie. */
export async function noteBrowser(completed: Completed): Promise<void> {
  const { unit, runtime, visitor, transaction, subject, witness } = completed;
  const { device: secret } = visitor;
  if (secret === undefined) return;
  // In the order in which it was proved: what the session held before this transaction came first.
  const before = witness
    .filter((one) => one.transaction !== transaction.event)
    .toSorted((one, other) => one.at - other.at);
  const used = [...new Set([...before, ...transaction.evidence].map(({ enrollment }) => enrollment))];
  noteSignIn(unit, secret, subject, { at: runtime.now(), used });
  if (transaction.rememberDevice) await remember(completed, secret);
}

async function remember(completed: Completed, secret: string): Promise<void> {
  const { unit, runtime, visitor, app, transaction, subject, remember: remembering } = completed;
  const account = await heldAccount(unit, subject);
  if (!account || remembering === undefined) return;
  const { seconds, enrollments } = remembering;
  const now = runtime.now();
  const isNew = !isRememberedWith(account, secret, now);
  const userAgent = visitor.userAgent.slice(0, longestUserAgent);
  const evidence = transaction.evidence.filter(({ enrollment }) => enrollments.includes(enrollment));
  rememberProofs(unit, { user: account.user, secret, evidence, seconds, now, ip: visitor.ip, userAgent });
  const where = { client: app.clientId, ip: visitor.ip, transaction: transaction.id };
  audit(unit, runtime.audit, { event: 'account.device_remembered', outcome: 'success', subject, ...where });
  if (!isNew) return;
  const place = placeInWords(await runtime.snapshot(unit), visitor.ip);
  const telling = { runtime, unit, visitor, account, app: app.name, place, client: app.clientId, transaction };
  tell(telling, accountChanged('device_remembered'));
}
