/** What must be set up under only one of the configurations, where several ways lead in. */
import { expect, test } from '@jest/globals';
import { setUpChange, setUpHeadline } from '../../../../../src/cli/config/diff/sign-ins/set-up.ts';

/** Each way as the choices in it: `email|totp webauthn`. */
function waysOf(...ways: readonly string[]) {
  const choicesOf = (way: string) => (way === '' ? [] : way.split(' ').map((choice) => choice.split('|')));
  return [{ steps: [], setUps: ways.map(choicesOf) }];
}

test.each<[string, readonly string[], readonly string[], string | undefined]>([
  ['nothing before', [''], ['totp', 'webauthn'], 'must set up totp or webauthn'],
  ['nothing now', ['totp'], ['', 'webauthn'], 'need not set up totp'],
  ['more of the same', ['totp|webauthn'], ['totp|webauthn totp|webauthn'], 'must set up another of totp or webauthn'],
  ['narrower', ['totp|webauthn'], ['totp'], 'must set up totp (totp or webauthn before)'],
  ['wider', ['totp'], ['totp', 'webauthn'], 'may set up totp or webauthn (totp before)'],
  ['one of several by one way', ['email', 'phone'], ['phone', 'email totp'], 'must set up phone or totp'],
  ['no more of several', ['totp', 'email webauthn'], ['totp', 'webauthn'], 'need not set up email or totp'],
  [
    'one of two pairs',
    ['password email', 'webauthn email'],
    ['password email', 'password phone', 'webauthn email', 'webauthn phone'],
    'may set up email or phone (email before)',
  ],
  ['the same otherwise', ['totp', 'webauthn'], ['totp|webauthn'], undefined],
])('%s', (_, before, after, headline) => {
  expect(setUpHeadline(setUpChange(waysOf(...before), waysOf(...after)))).toBe(headline);
});

test('there is none for users who do not get in', () => {
  expect(setUpChange([], waysOf('totp'))).toEqual({ added: [], gone: [], wider: [], kept: [] });
  expect(setUpChange(waysOf('totp'), [])).toEqual({ added: [], gone: [], wider: [], kept: [] });
});
