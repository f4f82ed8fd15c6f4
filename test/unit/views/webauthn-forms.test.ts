/** The forms that a passkey answers: what they post, and that they show no message before there is one. */
import { expect, test } from '@jest/globals';
import { pageStates } from '../../support/pages/page-states.ts';
import { formsOf } from '../../support/pages/user-agent.ts';
import { sharedViews } from '../../support/shared/views.ts';

const renderer = sharedViews().pages;
const html = (state: string): string => pageStates.get(state)?.(renderer) ?? '';
const script = /<script src="\/assets\/(?:[a-z]+\+)*webauthn\.[0-9a-f]{12}\.js" defer><\/script>/;
const answer = ['clientData', 'authenticatorData', 'signatureData', 'userHandle', 'credentialId'];

test.each([
  ['passkey', 'challenge', ['stateHandle', ...answer.map((name) => `credentials.${name}`)]],
  [
    'enroll-passkey',
    'enroll',
    ['stateHandle', ...['label', 'clientData', 'attestation', 'transports'].map((name) => `credentials.${name}`)],
  ],
])('%s: the main form', (state, step, names) => {
  const [form] = formsOf(html(state));
  expect(form).toMatchObject({ step, authenticator: 'webauthn', action: '/signin/f1x2t3u4r5e6' });
  expect(Object.keys(form?.fields ?? {})).toEqual(names);
  expect(html(state)).toMatch(script);
});

test('the page that asks who it is: first its own form, then the passkey’s', () => {
  const [main, passkey] = formsOf(html('identify-passkey'));
  expect(main).toMatchObject({ step: 'identify', authenticator: '' });
  expect(passkey).toMatchObject({ step: 'identify', authenticator: 'webauthn', action: '/signin/f1x2t3u4r5e6' });
  expect(passkey?.fields['authenticator.id']).toBe('webauthn');
  expect(html('identify-passkey')).toContain('autocomplete="username webauthn"');
  expect(html('identify-passkey')).toMatch(script);
});

test.each(['identify-passkey', 'passkey', 'enroll-passkey'])(
  '%s: no message before there is one, and no button that does nothing without the script',
  (state) => {
    expect(html(state)).not.toContain('data-message');
    expect(html(state)).toMatch(/<button type="submit" class="\w+" hidden>/);
  },
);

test.each(['identify', 'identify-with-password', 'totp', 'enroll-totp', 'select'])(
  '%s: no script of passkeys',
  (state) => {
    expect(html(state)).not.toMatch(script);
    expect(html(state)).not.toContain('username webauthn');
  },
);

test('a refusal is worded for passkeys, and does not offer the same one again by itself', () => {
  const refused = html('identify-passkey-wrong');
  expect(refused).toContain('data-message="credentials.invalid"');
  expect(refused).toContain('We couldn’t accept this passkey or key.');
  expect(refused).not.toContain('data-webauthn-autofill');
  expect(html('identify-passkey')).toContain('data-webauthn-autofill');
  expect(html('enroll-passkey-taken')).toContain('data-message="credentials.taken"');
});

test('the options of a ceremony are data and stay in their attribute', () => {
  const text = /data-webauthn="([^"]*)"/.exec(html('passkey'))?.[1] ?? '';
  expect(text).not.toMatch(/[<>]/);
  expect(JSON.parse(text.replaceAll('&#34;', '"'))).toMatchObject({ rpId: 'id.example.org' });
});
