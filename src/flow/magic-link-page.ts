/** What the page behind a link in a message shows, and what a waiting page is told. Both only read: nothing starts, counts or is proved. */
import type { Linked } from '../authenticators/authenticator.ts';
import { isExpired, type Transaction } from '../core/step/transaction.ts';
import type { App } from '../policy/model/app.ts';
import { challengeOfLink } from './actions/magic-link-challenge.ts';
import { interactionOf } from './engine.ts';
import type { Runtime } from './services.ts';
import { formHandle } from './transaction/form-handle.ts';
import type { LoopRequest } from './transaction/open-transaction.ts';
import { parseTransaction, transactionKey } from './transaction/transaction-record.ts';

export type LinkRead =
  | {
      readonly kind: 'open';
      readonly linked: Linked;
      readonly app: App;
      /** The form that the browser that asked may send: it answers the challenge. */
      readonly form: { readonly handle: string; readonly authenticator: string; readonly token: string };
      /** As it was typed. */
      readonly identifier?: string;
      readonly uiLocales?: string;
    }
  /** `over`: there is no such sign-in any more. `replaced`: the link was used, or there is a newer one. `expired`: it came too late. */
  | { readonly kind: 'over' | 'replaced' | 'expired' };

export async function readLink(runtime: Runtime, request: LoopRequest, token: string): Promise<LinkRead> {
  const open = await openTransaction(runtime, request);
  if (!open) return { kind: 'over' };
  const { transaction, version } = open;
  const { subject } = transaction;
  const snapshot = await runtime.snapshot(request.unit);
  const app = await snapshot.app(transaction.request.clientId);
  if (!app) return { kind: 'replaced' };
  const found = challengeOfLink({ runtime, request, transaction, version, snapshot, app }, token);
  if (!found) return { kind: 'replaced' };
  const { challenge, linked } = found;
  const { authenticator } = challenge;
  if (challenge.expires <= runtime.now()) return { kind: 'expired' };
  const binding = { transaction: transaction.id, step: 'challenge', authenticator, version };
  return {
    kind: 'open',
    linked,
    app,
    form: { handle: formHandle(runtime.secrets()[0] as string, binding), authenticator, token },
    ...(subject ? { identifier: subject.identifier } : {}),
    ...(transaction.uiLocales === undefined ? {} : { uiLocales: transaction.uiLocales }),
  };
}

/** Where a sign-in is, for a page that waits: another version means that it went on. */
export interface SignInStatus {
  readonly version: number;
  /** `over`: it was finished or cancelled, or it is too late. */
  readonly state: 'open' | 'over';
}

export async function signInStatus(runtime: Runtime, request: LoopRequest): Promise<SignInStatus> {
  const found = await openTransaction(runtime, request);
  return found ? { version: found.version, state: 'open' } : { version: 0, state: 'over' };
}

async function openTransaction(
  runtime: Runtime,
  { unit, uid }: LoopRequest,
): Promise<{ readonly transaction: Transaction; readonly version: number } | undefined> {
  const { entries } = await unit.load([transactionKey(uid), interactionOf(uid)]);
  const entry = entries.get(transactionKey(uid));
  const interaction = entries.get(interactionOf(uid));
  const transaction = entry && parseTransaction(entry.value);
  const isOver =
    !transaction || !interaction || interaction.consumed !== undefined || isExpired(transaction, runtime.now());
  return isOver ? undefined : { transaction, version: entry.version };
}
