/** Tells people, in the commit of what happened, at all addresses that are known to be theirs. */

import { placeInWords } from '../../policy/schema/zones.ts';
import { browserInWords } from '../../user-agent.ts';
import type { Account } from '../../users/user.ts';
import type { OpenTransaction } from '../transaction/open-transaction.ts';
import { type AccountNotification, notificationDeliveries } from './account-notification.ts';
import { enqueueMessages, type MessageContext } from './enqueue-message.ts';

/** Who is told, and what they were about. */
export interface NotificationContext extends MessageContext {
  /** As it was before. */
  readonly account: Account;
  /** Name of the app. */
  readonly app: string;
  /** From where they were, in words. */
  readonly place: string;
}

export function notificationContext(
  { request, services, transaction, app, snapshot }: OpenTransaction,
  account: Account,
): NotificationContext {
  const { unit, visitor } = request;
  const place = placeInWords(snapshot, visitor.ip);
  return { services, unit, visitor, account, app: app.name, place, client: app.clientId, transaction };
}

/**
 * `also`: addresses that are theirs from now on. No limit drops news: what causes it is limited, so that nothing happens unseen. Where no
 * mail goes out nobody is told, and the account page says so.
 */
export function notify(
  context: NotificationContext,
  notification: AccountNotification,
  also: readonly string[] = [],
): void {
  const { account, services, visitor, app, place } = context;
  if (!services.canMail()) return;
  const circumstances = { at: services.now(), app, ip: place, ...browserInWords(visitor.userAgent) };
  enqueueMessages(context, notificationDeliveries(account, notification, circumstances, also));
}
