/** The table of store keys: the keys that it builds, and the store that holds the suites to it. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { openEmbedded } from '../../../src/stores/embedded/embedded.ts';
import { keyOf } from '../../../src/stores/key-table.ts';
import {
  attemptCounter,
  auditKey,
  credentialsKey,
  grantKey,
  identifierKey,
  interactionKey,
  outboxMessageKey,
  recipientCounter,
  transactionKey,
  usedBrowserKey,
  userKey,
  usersKey,
} from '../../../src/stores/keys.ts';
import type { Op } from '../../../src/stores/store.ts';
import { recordingStore, takeViolations } from '../../support/stores/recording-store.ts';

const store = openEmbedded({ file: ':memory:' });
afterAll(() => store.close());

const line = JSON.stringify({ event: 'user.added' });

test('a key is built by the rule of its tag', () => {
  expect(userKey('u1')).toBe('user:{u1}');
  expect(usersKey).toBe('users:{all}');
  expect(outboxMessageKey('m1')).toBe('outbox-message:{pending}:m1');
  expect(identifierKey('alice@demo.test')).toMatch(/^identifier:\{[\w-]{43}\}$/);
  expect(recipientCounter('email\na@demo.test')).toMatch(/^recipient:\{[\w-]{43}\}:send$/);
});

test('what changes together shares a slot', () => {
  const slotOf = (key: string) => /\{.*\}/.exec(key)?.[0];
  expect(slotOf(credentialsKey('u1'))).toBe(slotOf(userKey('u1')));
  expect(slotOf(interactionKey('i1'))).toBe(slotOf(transactionKey('i1')));
});

test.each(['', 'a:b', 'a}b', '../x', 'ä'])('an id that could form another key is refused: %j', (id) => {
  expect(() => userKey(id)).toThrow(TypeError);
  expect(identifierKey(id)).toMatch(/^identifier:\{[\w-]{43}\}$/);
});

describe('the recording store', () => {
  const recorded = recordingStore(store);

  test.each<[string, Op, string | undefined]>([
    ['a user', { op: 'put', key: userKey('u'), value: '', refs: [credentialsKey('u')] }, undefined],
    ['a used browser', { op: 'put', key: usedBrowserKey('s'), value: '', ttl: 180 * 86_400 }, undefined],
    ['a line of the audit log', { op: 'append', key: auditKey, value: line, keep: 100_000 }, undefined],
    ['a reset', { op: 'reset', counter: attemptCounter('u', 'security_question.enroll') }, undefined],
    ['a deletion', { op: 'delete', key: grantKey('g') }, undefined],
    ['an unknown kind', { op: 'put', key: 'thing:{a}', value: '' }, 'key of an unknown kind'],
    ['a key by hand', { op: 'put', key: 'identifier:{alice}', value: '' }, 'tag by another rule'],
    ['a rest too many', { op: 'put', key: 'user:{u}:more', value: '' }, 'missing or unexpected rest'],
    ['a set as an entry', { op: 'put', key: usersKey, value: '' }, 'set used as entry'],
    ['a foreign reference', { op: 'put', key: userKey('u'), value: '', refs: [grantKey('g')] }, 'reference from'],
    ['a missing ttl', { op: 'put', key: keyOf('transaction', 't'), value: '' }, 'with a ttl of undefined'],
    ['an unexpected ttl', { op: 'put', key: userKey('u'), value: '', ttl: 5 }, 'with a ttl of 5'],
    ['another ttl', { op: 'put', key: usedBrowserKey('s'), value: '', ttl: 5 }, 'with a ttl of 5'],
    ['another length of a log', { op: 'append', key: auditKey, value: line, keep: 5 }, 'keeps 5 lines'],
    ['the forms of a profile', { op: 'reset', counter: attemptCounter('u', 'profile') }, undefined],
    ['an unknown counter', { op: 'reset', counter: attemptCounter('u', 'account.other') }, 'unknown counter'],
    ['a counter of no authenticator', { op: 'reset', counter: attemptCounter('u', 'pager') }, 'unknown counter'],
  ])('%s', async (_, op, expected) => {
    await recorded.commit([op]);
    const found = takeViolations().join();
    if (expected === undefined) expect(found).toBe('');
    else expect(found).toContain(expected);
  });

  test('counters that are reserved, also on the way of a load', async () => {
    await recorded.reserve('thing:{a}:x', [{ limit: 1, window: 1 }]);
    expect(takeViolations().join()).toContain('counter of an unknown kind');
    const reserve = { of: identifierKey('nobody'), name: 'pass.word', limits: [{ limit: 1, window: 1 }] };
    await recorded.load([], { reserve });
    expect(takeViolations().join()).toContain('unknown counter');
    await recorded.load([], { reserve: { ...reserve, name: 'password' } });
    expect(takeViolations()).toEqual([]);
  });
});
