/** Notifies users of changes to their account, in the commit of the change, at all their addresses. */

import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { addressPlaceText } from '../../policy/schema/settings/zones.ts';
import { browserText } from '../../user-agent.ts';
import type { Account } from '../../users/record/user.ts';
import type { OpenTransaction } from '../transaction/open-transaction.ts';
import { type AccountNotification, type NotificationLink, notificationDeliveries } from './account-notification.ts';
import { enqueueMessages, type MessageContext } from './enqueue-messages.ts';

/** The notified account, and the app and place from which the change was made. */
export interface NotificationContext extends MessageContext {
  /** As it was before the change. */
  readonly account: Account;
  /** Name of the app. */
  readonly app: string;
  /** The browser's system and place, in words. */
  readonly place: string;
}

export function notificationContext(
  { request, services, transaction, app, snapshot }: OpenTransaction,
  account: Account,
): NotificationContext {
  const { unit, visitor } = request;
  const place = addressPlaceText(snapshot, visitor.ip);
  return { services, unit, visitor, account, app: app.name, place, client: app.clientId, transaction };
}

/** Further recipients, and a link by which the user can undo or reject what happened. */
export interface NotificationExtras {
  /** Addresses that belong to the user from now on. */
  readonly newAddresses?: readonly string[] | undefined;
  readonly link?: NotificationLink | undefined;
}

/**
 * No limit drops a notification, so that no change stays unseen: the causes are limited instead. If mail cannot be
 * sent, nothing is sent, and the account page says so.
 */
export function notify(
  context: NotificationContext,
  notification: AccountNotification,
  { newAddresses = [], link }: NotificationExtras = {},
): void {
  const { account, services, visitor, app, place } = context;
  if (!services.canMail()) return;
  const circumstances = { at: services.now(), app, ip: place, ...browserText(visitor.userAgent), newAddresses };
  const all = { ...circumstances, ...omitUndefined({ link }) };
  enqueueMessages(context, notificationDeliveries(account, notification, all), account.user.id);
}
