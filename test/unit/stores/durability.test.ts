/** Which batches must have reached every replica before they are acknowledged. */
import { expect, test } from '@jest/globals';
import { mustReachReplicas } from '../../../src/stores/durability.ts';
import { keyOf } from '../../../src/stores/key-table.ts';
import {
  attemptCounter,
  auditKey,
  credentialsKey,
  outboxKey,
  recipientCounter,
  ssoSessionKey,
  transactionKey,
  userKey,
  usersKey,
  writeProbeKey,
} from '../../../src/stores/keys.ts';
import type { Op } from '../../../src/stores/store.ts';

const code = keyOf('authorization-code', 'c');

test.each<[string, Op]>([
  ['a new password', { op: 'replace', key: credentialsKey('u'), version: 1, value: '' }],
  ['a suspended user', { op: 'update', key: userKey('u'), value: '' }],
  ['a new user', { op: 'join', key: usersKey, member: 'u' }],
  ['a redeemed code', { op: 'consume', key: code }],
  ['a seen client assertion', { op: 'create', key: keyOf('replay-detection', 'j'), value: '', ttl: 60 }],
  ['an ended session', { op: 'delete', key: ssoSessionKey('s') }],
  ['a revoked grant', { op: 'delete', key: keyOf('grant', 'g') }],
  ['a finished interaction', { op: 'take', key: keyOf('interaction', 'i') }],
  ['the reset of a counter, for a success', { op: 'reset', counter: attemptCounter('u', 'password') }],
  ['the probe of the node', { op: 'put', key: writeProbeKey, value: '', ttl: 60 }],
  ['the announcement of a logout', { op: 'join', key: outboxKey, member: 'm', ttl: 60, ahead: true }],
  ['what no row describes', { op: 'put', key: 'thing:{a}', value: '' }],
])('%s waits for the replicas, also beside what does not', (_, op) => {
  const free: Op = { op: 'put', key: transactionKey('t'), value: '', ttl: 60 };
  expect(mustReachReplicas([free, op])).toBe(true);
});

test.each<[string, Op]>([
  ['a step of a sign-in', { op: 'replace', key: transactionKey('t'), version: 1, value: '', ttl: 60 }],
  ['an abandoned sign-in', { op: 'delete', key: transactionKey('t') }],
  ['a session that goes on', { op: 'replace', key: ssoSessionKey('s'), version: 1, value: '', ttl: 60 }],
  ['a new code', { op: 'create', key: code, value: '', ttl: 60 }],
  ['a check', { op: 'check', key: userKey('u') }],
  ['a message', { op: 'join', key: outboxKey, member: 'm', ttl: 60 }],
  ['an audit line', { op: 'append', key: auditKey, value: '', keep: 100_000 }],
])('%s does not wait', (_, op) => {
  expect(mustReachReplicas([op])).toBe(false);
});

test('counters are kept apart from what they count: a reset by whatever key waits', () => {
  expect(mustReachReplicas([{ op: 'reset', counter: recipientCounter('email\na@demo.test') }])).toBe(true);
  expect(mustReachReplicas([])).toBe(false);
});
