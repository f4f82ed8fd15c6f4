/** Notifications of what happened to an account, to all addresses of the user: an attacker cannot act unseen. */

import type { Delivery } from '../../authenticators/authenticator.ts';
import type { Seconds } from '../../core/model/facts.ts';
import { isSameAddress, notificationAddresses } from '../../users/identifiers/notification-addresses.ts';
import type { Account } from '../../users/record/user.ts';

export interface AccountNotification {
  readonly template: string;
  readonly params: Delivery['params'];
}

/**
 * Names of texts: `mail.account-changed.<event>`, and `.subject` behind it. The last ones are what administrators do.
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
  /** The label; after a change the new one. */
  readonly label?: string;
  readonly formerLabel?: string;
  /** Of an address, the part that may be shown at other addresses. */
  readonly address?: string;
  /** When it happens (epoch seconds). */
  readonly due?: Seconds;
  /** All other sessions ended with it. */
  readonly otherSessionsEnded?: true;
}

/** Empty texts: it does not apply, or it is not known. */
export interface Circumstances {
  /** Epoch seconds. */
  readonly at: Seconds;
  /** Name of the app that was signed in to. */
  readonly app?: string;
  readonly ip?: string;
  readonly browser?: string;
  readonly system?: string;
  /** Addresses that are the user's from now on: they are notified, too. */
  readonly newAddresses?: readonly string[];
  readonly link?: NotificationLink;
}

/** A link that does something about what is told. */
export interface NotificationLink {
  readonly url: string;
  /** Which texts it has: `mail.account-changed.link.<does>`. */
  readonly does: 'undo';
  /** Epoch seconds. */
  readonly until: Seconds;
  /** The one address that gets it. */
  readonly to: string;
}

/** Seconds after which the notification is too old to be sent. */
const lifetime = 86_400;

export function accountChanged(event: AccountChange, what: ChangeDetails = {}): AccountNotification {
  const { authenticator = '', label = '', formerLabel = '', address = '', due } = what;
  // The text of some events says so by itself.
  const ended = what.otherSessionsEnded && event !== 'sessions_ended' ? 'yes' : '';
  const params = { event, authenticator, label, formerLabel, address, ended };
  return { template: 'account-changed', params: due === undefined ? params : { ...params, due } };
}

/**
 * Every address once. None when no address is verified. `account`: as it was before, so that a removed address is
 * notified, too.
 */
export function notificationDeliveries(
  account: Account,
  { template, params }: AccountNotification,
  { at, app = '', ip = '', browser = '', system = '', newAddresses = [], link }: Circumstances,
): readonly Delivery[] {
  const known = notificationAddresses(account).map(({ address }) => address);
  const more = newAddresses.filter((one) => !known.some((other) => isSameAddress(one, other)));
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
