/** Formats users for terminals and scripts. Secrets of credentials are never included. */

import { printable } from '../../policy/model/printable.ts';
import { type NotificationAddress, notificationAddresses } from '../../users/identifiers/notification-addresses.ts';
import type { Account } from '../../users/record/user.ts';

/** One line: id, status, identifiers, groups. */
export function accountLine({ user }: Account): string {
  return printable([user.id, user.status, user.identifiers.join(', '), user.groups.join(', ') || '-'].join('  '));
}

export function accountJson(account: Account): string {
  const { askedAddress: _asked, notificationAddresses: _added, ...user } = account.user;
  const authenticators = account.credentials.map(({ secret: _secret, ...shown }) => shown);
  return JSON.stringify({ ...user, authenticators, notificationAddresses: notificationAddresses(account) });
}

export function accountDetails(account: Account): string {
  const { user, credentials } = account;
  const profile = Object.entries(user.profile).map(([name, value]) => [name, String(value)] as const);
  const authenticators = credentials.map(({ authenticator, label, createdAt, lastUsedAt }) => {
    // A use is recorded only where it changes what is stored, as that of a passkey. So of most it is not known.
    const used = lastUsedAt === undefined ? [] : [`last recorded use ${iso(lastUsedAt)}`];
    return [
      authenticator,
      [...(label === undefined ? [] : [label]), `since ${iso(createdAt)}`, ...used].join(', '),
    ] as const;
  });
  const rows = [
    ['id', user.id],
    ['status', user.status],
    ['identifiers', user.identifiers.join(', ')],
    ['groups', user.groups.join(', ') || '-'],
    ...(user.userType === undefined ? [] : [['type', user.userType]]),
    ['created', iso(user.createdAt)],
    ['changed', iso(user.updatedAt)],
    ['valid after', iso(user.validAfter)],
    ...(user.deletion ? [['deletion', `asked for, due ${iso(user.deletion.dueAt)}`]] : []),
    ...profile,
    ...(authenticators.length === 0 ? [['authenticators', 'none']] : authenticators),
    ['notifications', notificationAddresses(account).map(addressWithSource).join(', ') || '-'],
  ];
  return rows.map(([name = '', value = '']) => printable(`${name.padEnd(16)}${value}`)).join('\n');
}

const sources = { profile: 'profile', authenticator: 'authenticator', added: 'added by the user' } as const;

function addressWithSource({ address, source }: NotificationAddress): string {
  return `${address} (${sources[source]})`;
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
