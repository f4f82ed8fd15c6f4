/**
 * Data for the page behind a magic link, and for a waiting page that asks for news. Both only read: nothing is started,
 * counted or proved. See decision 11.
 */

import type { MagicLinkDetails } from '../authenticators/authenticator.ts';
import { omitUndefined } from '../core/model/omit-undefined.ts';
import { isExpired, type Transaction } from '../core/step/transaction.ts';
import type { App } from '../policy/model/app.ts';
import { interactionKey, transactionKey } from '../stores/keys.ts';
import { magicLinkChallenge } from './actions/verification/magic-link-challenge.ts';
import { isProvingBrowser } from './browser/proof-secret.ts';
import type { Services } from './services.ts';
import { formHandle } from './transaction/form-handle.ts';
import type { TransactionRequest } from './transaction/open-transaction.ts';
import { parseTransaction } from './transaction/store.ts';

export type MagicLinkPage =
  | {
      readonly kind: 'open';
      readonly linked: MagicLinkDetails;
      readonly app: App;
      /** A form that only the browser that requested the link may send. It answers the challenge. */
      readonly form: { readonly handle: string; readonly authenticator: string; readonly token: string };
      /** As the user typed it. */
      readonly identifier?: string;
      /** The user is recovering the password. */
      readonly recovering?: true;
      readonly uiLocales?: string;
    }
  /**
   * `over`: the sign-in no longer exists. `replaced`: the link was used, or there is a newer one. `expired`: the link
   * is too old.
   */
  | { readonly kind: 'over' | 'replaced' | 'expired' };

export async function readMagicLink(
  services: Services,
  request: TransactionRequest,
  token: string,
): Promise<MagicLinkPage> {
  const context = await findTransaction(services, request);
  if (!context) return { kind: 'over' };
  const { transaction, version } = context;
  const { subject } = transaction;
  const snapshot = await services.snapshot(request.unit);
  const app = await snapshot.app(transaction.request.clientId);
  if (!app) return { kind: 'replaced' };
  const found = magicLinkChallenge({ services, request, transaction, version, snapshot, app }, token);
  if (!found) return { kind: 'replaced' };
  const { challenge, linked } = found;
  const { authenticator } = challenge;
  if (challenge.expires <= services.now()) return { kind: 'expired' };
  const binding = { transaction: transaction.id, step: 'challenge', authenticator, version };
  return {
    kind: 'open',
    linked,
    app,
    form: { handle: formHandle(services.secrets()[0], binding), authenticator, token },
    ...(subject ? { identifier: subject.identifier } : {}),
    ...(transaction.recovering ? { recovering: true } : {}),
    ...omitUndefined({ uiLocales: transaction.uiLocales }),
  };
}

/** The state of a sign-in for a waiting page. Another version means that the sign-in has moved on. */
export interface SignInStatus {
  readonly version: number;
  /** `over`: it was finished or cancelled, or has expired. */
  readonly state: 'open' | 'over';
}

export async function signInStatus(services: Services, request: TransactionRequest): Promise<SignInStatus> {
  const found = await findTransaction(services, request);
  const isOwn = found && isProvingBrowser(found.transaction.proofSecretHash, request.proofSecret.presented);
  return isOwn ? { version: found.version, state: 'open' } : { version: 0, state: 'over' };
}

async function findTransaction(
  services: Services,
  { unit, uid }: TransactionRequest,
): Promise<{ readonly transaction: Transaction; readonly version: number } | undefined> {
  const { entries } = await unit.load([transactionKey(uid), interactionKey(uid)]);
  const entry = entries.get(transactionKey(uid));
  const interaction = entries.get(interactionKey(uid));
  const transaction = entry && parseTransaction(entry.value);
  const isOver =
    !transaction || !interaction || interaction.consumed !== undefined || isExpired(transaction, services.now());
  return isOver ? undefined : { transaction, version: entry.version };
}
