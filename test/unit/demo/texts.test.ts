import { expect, test } from '@jest/globals';
import { AuthorizationResponseError } from 'openid-client';
import { acrText, agoText, amrText, dateText } from '../../../src/demo/claims-text.ts';
import { addPending, createDemoSessions } from '../../../src/demo/demo-sessions.ts';
import { demoUsers } from '../../../src/demo/demo-users.ts';
import { html } from '../../../src/demo/html.ts';
import { describeSignInError } from '../../../src/demo/sign-in-errors.ts';

test.each([
  [0, 'just now'],
  [-5, 'just now'],
  [1, '1 second ago'],
  [59.9, '59 seconds ago'],
  [60, '1 minute ago'],
  [185, '3 minutes ago'],
  [7_200, '2 hours ago'],
  [200_000, '2 days ago'],
])('an age of %d seconds is "%s"', (age, text) => {
  expect(agoText(1_000_000, 1_000_000 + age)).toBe(text);
});

test('a date names its time zone', () => {
  expect(dateText(1_795_534_262)).toBe('24 November 2026 at 15:31:02 UTC');
});

test('unknown and missing claims are reported as such', () => {
  expect(acrText(undefined)).toBe('The provider did not say.');
  expect(acrText('gold')).toBe('This demo does not know that level.');
  expect(amrText('toString')).toBe('This demo does not know that method.');
});

test('a template escapes text and keeps markup, also in lists', () => {
  const item = html`<i title="${'"'}">${"<&>'"}</i>`;
  expect(html`${[item, item]}${undefined}${0}`.markup).toBe(
    '<i title="&quot;">&lt;&amp;&gt;&#39;</i><i title="&quot;">&lt;&amp;&gt;&#39;</i>0',
  );
});

test('a session ends an hour after its last use', () => {
  let now = 0;
  const sessions = createDemoSessions(() => now);
  const { id } = sessions.open();
  now = 3_599;
  expect(sessions.find(id)?.id).toBe(id);
  now += 3_599;
  expect(sessions.find(id)?.id).toBe(id);
  now += 3_600;
  expect(sessions.find(id)).toBeUndefined();
});

test('sessions and unanswered requests are bounded; the ones used last stay', () => {
  const sessions = createDemoSessions(() => 0);
  const first = sessions.open();
  const second = sessions.open();
  for (let index = 0; index < 998; index += 1) sessions.open();
  sessions.find(first.id);
  sessions.open();
  expect(sessions.find(first.id)).toBe(first);
  expect(sessions.find(second.id)).toBeUndefined();

  for (let index = 0; index < 21; index += 1) {
    addPending(first, String(index), { app: 'notes', kind: 'plain', verifier: '', nonce: '' });
  }
  expect([first.pending.size, first.pending.has('0'), first.pending.has('20')]).toEqual([20, false, true]);
});

test('a renewed session keeps its content and loses its old name', () => {
  const sessions = createDemoSessions(() => 0);
  const old = sessions.open();
  addPending(old, 'state', { app: 'notes', kind: 'plain', verifier: '', nonce: '' });
  const renewed = sessions.renew(old);
  expect(sessions.find(old.id)).toBeUndefined();
  expect(sessions.find(renewed.id)?.pending.has('state')).toBe(true);
});

test('an unknown error code is shown as it is', () => {
  const cause = new URLSearchParams({ error: 'constructor' });
  const problem = describeSignInError(new AuthorizationResponseError('refused', { cause }));
  expect(problem).toEqual({
    title: 'It did not work',
    words: 'The provider gave a reason that this demo does not know.',
    code: 'constructor',
  });
});

test('a fault of the demo itself is not blamed on the provider', () => {
  const fault = new TypeError('a bug');
  expect(() => describeSignInError(fault)).toThrow(fault);
});

test('the demo has three users with distinct addresses', () => {
  expect(new Set(demoUsers.map((user) => user.identifier)).size).toBe(3);
});
