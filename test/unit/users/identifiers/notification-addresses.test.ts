import { expect, test } from '@jest/globals';
import { emailCredential } from '../../../../src/authenticators/email/email.ts';
import { notificationAddresses } from '../../../../src/users/identifiers/notification-addresses.ts';
import { issueCredential } from '../../../../src/users/record/credentials.ts';
import type { User } from '../../../../src/users/record/user.ts';

function user(more: Partial<User>): User {
  const times = { createdAt: 1, updatedAt: 1, validAfter: 1 };
  return { id: 'ann', status: 'active', identifiers: ['ann'], profile: {}, groups: [], ...times, ...more };
}

const mailbox = issueCredential(emailCredential('box@x.test'), 1);

test.each<[string, Partial<User>, readonly string[]]>([
  ['nothing', {}, []],
  ['a verified address', { profile: { email: 'a@x.test', emailVerified: true } }, ['profile a@x.test']],
  ['one that is not', { profile: { email: 'a@x.test', emailVerified: false } }, []],
  ['one of which nothing is said', { profile: { email: 'a@x.test' } }, []],
  ['one that mail cannot be sent to', { profile: { email: 'a@x.test\nBcc: b@y.test', emailVerified: true } }, []],
  ['an added one', { notificationAddresses: [{ address: 'b@x.test', addedAt: 1 }] }, ['added b@x.test']],
  [
    'one that waits for its code',
    { askedAddress: { address: 'c@x.test', code: 'x', askedAt: 0, expires: 9_999_999_999 } },
    [],
  ],
])('%s', (_what, more, expected) => {
  const found = notificationAddresses({ user: user(more), credentials: [] });
  expect(found.map(({ source, address }) => `${source} ${address}`)).toEqual(expected);
});

test('each once, whatever its capitals, under its most important use; a number or a secret of another authenticator is no address', () => {
  const { address: _, ...rest } = mailbox;
  const other = { ...rest, id: 'p', authenticator: 'phone', secret: { address: 'other@x.test' } };
  const account = {
    user: user({
      profile: { email: 'BOX@x.test', emailVerified: true },
      notificationAddresses: [
        { address: 'box@X.test', addedAt: 1 },
        { address: 'b@x.test', addedAt: 2 },
      ],
    }),
    credentials: [mailbox, other],
  };
  expect(notificationAddresses(account)).toEqual([
    { address: 'BOX@x.test', source: 'profile' },
    { address: 'b@x.test', source: 'added' },
  ]);
});
