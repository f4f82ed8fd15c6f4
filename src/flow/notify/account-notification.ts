/** Notifications about an account, sent to all addresses of the user, so that an attacker cannot act unseen. */

import type { Delivery } from '../../authenticators/authenticator.ts';
import { oneDay } from '../../core/model/durations.ts';
import type { Seconds } from '../../core/model/facts.ts';
import { isSameAddress, notificationAddresses } from '../../users/identifiers/notification-addresses.ts';
import type { Account } from '../../users/record/user.ts';

export interface AccountNotification {
  readonly template: string;
  readonly params: Delivery['params'];
}

/**
 * Names of texts: `mail.account-changed.<event>`, with `.subject` appended for the subject. The last ones are for what
 * administrators do.
 */
export const accountChanges = [
  'renamed',
  'removed',
  'session_ended',
  'device_forgotten',
  'sessions_ended',
  'address_added',
  'address_removed',
  'app_access_ended',
  'added',
  'device_remembered',
  'replaced',
  'recovered',
  'email_replaced',
  'phone_replaced',
  'username_changed',
  'email_restored',
  'phone_restored',
  'sign_in_rejected',
  'data_downloaded',
  'deletion_requested',
  'deletion_cancelled',
  'deleted',
  'email_changed',
  'reset',
  'reset_all',
  'password_reset',
  'access_code',
] as const;

export type AccountChange = (typeof accountChanges)[number];

/** What users change at `/account`. */
export type SelfServiceChange = Extract<
  AccountChange,
  | 'renamed'
  | 'removed'
  | 'session_ended'
  | 'device_forgotten'
  | 'sessions_ended'
  | 'address_added'
  | 'address_removed'
  | 'data_downloaded'
  | 'deletion_requested'
  | 'deletion_cancelled'
  | 'app_access_ended'
>;

/** What was changed, as far as it applies. */
export interface ChangeDetails {
  /** Key of an authenticator. */
  readonly authenticator?: string;
  /** The label; after a change, the new one. */
  readonly label?: string;
  readonly formerLabel?: string;
  /** The part of an address that other addresses may see. */
  readonly address?: string;
  /** When it will happen (epoch seconds). */
  readonly due?: Seconds;
  /** The change ended all other sessions. */
  readonly otherSessionsEnded?: true;
}

/**
 * What a notification tells beside the change: when and from where it was made, and who else is notified. A member is
 * absent if it is not known or does not apply.
 */
export interface NotifiedChange {
  /** Epoch seconds. */
  readonly at: Seconds;
  /** Name of the app that the user signed in to. */
  readonly app?: string;
  readonly ip?: string;
  readonly browser?: string;
  readonly system?: string;
  /** Addresses that belong to the user from now on. They are notified as well. */
  readonly newAddresses?: readonly string[];
  readonly link?: NotificationLink;
}

/** A link that acts on the reported change. */
export interface NotificationLink {
  readonly url: string;
  /** Selects its texts: `mail.account-changed.link.<does>`. */
  readonly does: 'undo';
  /** Epoch seconds. */
  readonly until: Seconds;
  /** The only address that gets the link. */
  readonly to: string;
}

/** After this long the notification is too old to be sent (seconds). */
const lifetime = oneDay;

export function accountChanged(event: AccountChange, what: ChangeDetails = {}): AccountNotification {
  const { authenticator = '', label = '', formerLabel = '', address = '', due } = what;
  // The texts of some events already say that sessions ended.
  const ended = what.otherSessionsEnded && event !== 'sessions_ended' ? 'yes' : '';
  const params = { event, authenticator, label, formerLabel, address, ended };
  return { template: 'account-changed', params: due === undefined ? params : { ...params, due } };
}

/**
 * One delivery for each distinct address. Empty if no address is verified. `account`: as it was before the change, so
 * that a removed address is notified as well.
 */
export function notificationDeliveries(
  account: Account,
  { template, params }: AccountNotification,
  { at, app = '', ip = '', browser = '', system = '', newAddresses = [], link }: NotifiedChange,
): readonly Delivery[] {
  const known = notificationAddresses(account).map(({ address }) => address);
  const more = newAddresses.filter((newAddress) => !known.some((other) => isSameAddress(newAddress, other)));
  const identifier = account.user.identifiers[0] ?? account.user.id;
  const all = { identifier, at, app, ip, browser, system, ...params };
  return [...known, ...more].map((to) => ({
    channel: 'email',
    to,
    template,
    params: link && isSameAddress(to, link.to) ? { ...all, ...linkParams(link) } : all,
    expires: at + lifetime,
  }));
}

function linkParams({ url, does, until }: NotificationLink): Delivery['params'] {
  return { link: url, does, until };
}
