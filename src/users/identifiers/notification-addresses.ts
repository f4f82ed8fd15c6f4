/**
 * Where users are notified about their account (NIST SP 800-63B-4 section 4.6: all addresses, and more than one per
 * account).
 */

import { mailAddress } from '../../core/model/mail-address.ts';
import type { Account, AddedAddress, User } from '../record/user.ts';

export interface NotificationAddress {
  readonly address: string;
  /**
   * `profile`: the verified address of the profile. `authenticator`: enrolled as an authenticator. `added`: for
   * notifications only.
   */
  readonly source: 'profile' | 'authenticator' | 'added';
}

/** The most addresses that a user may add for notifications. */
export const maxAddedAddresses = 5;

/** Each address once, ignoring case. Unverified addresses are left out. */
export function notificationAddresses({ user, credentials }: Account): readonly NotificationAddress[] {
  const { email, emailVerified } = user.profile;
  const enrolled = credentials.map(addressOf);
  const added = addedAddresses(user).map(({ address }) => address);
  const all = [
    ...(emailVerified === true ? entries('profile', [email]) : []),
    ...entries('authenticator', enrolled),
    ...entries('added', added),
  ];
  return all.filter(({ address }, index) => all.findIndex((other) => isSameAddress(address, other.address)) === index);
}

/** The mailbox that a credential proves. Undefined for other credentials. */
export function addressOf({ address }: Account['credentials'][number]): string | undefined {
  return address === undefined ? undefined : mailAddress(address);
}

function entries(source: NotificationAddress['source'], texts: readonly unknown[]): readonly NotificationAddress[] {
  return texts.flatMap((text) => {
    const address = typeof text === 'string' ? mailAddress(text) : undefined;
    return address === undefined ? [] : [{ address, source }];
  });
}

export function addedAddresses({ notificationAddresses: added = [] }: User): readonly AddedAddress[] {
  return added;
}

/** Removes the added addresses and the one that waits for its code. */
export function withoutAddedAddresses({ notificationAddresses: _, askedAddress: _asked, ...user }: User): User {
  return user;
}

export function isSameAddress(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
