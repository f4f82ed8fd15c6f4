/** What must be set up whichever way the user takes. */
import { expect, test } from '@jest/globals';
import { requiredInEach } from '../../../../src/core/analysis/simulation/required-choices.ts';

test('of one way, it is all', () => {
  const way = ['totp|webauthn', 'email', 'email'];
  expect(written(requiredInEach([way.map(choice)]))).toEqual(way);
});

test.each<[string, readonly (readonly string[])[], readonly string[]]>([
  ['nothing, where a way needs nothing', [['totp'], []], []],
  ['what both take', [['webauthn'], ['email|totp', 'webauthn']], ['webauthn']],
  ['one of what each takes', [['totp'], ['webauthn']], ['totp|webauthn']],
  ['the narrower of two', [['webauthn'], ['webauthn|totp|email', 'webauthn|totp']], ['webauthn|totp']],
  [
    'two, where each takes two',
    [
      ['webauthn', 'webauthn'],
      ['totp', 'webauthn', 'webauthn'],
    ],
    ['webauthn', 'webauthn'],
  ],
  [
    'each once',
    [
      ['webauthn', 'totp'],
      ['webauthn', 'email'],
    ],
    ['webauthn', 'totp|email'],
  ],
  [
    'the fewest keys together',
    [
      ['password', 'email'],
      ['email', 'webauthn'],
      ['password', 'phone'],
      ['phone', 'webauthn'],
    ],
    ['password|webauthn', 'email|phone'],
  ],
])('of several ways, %s', (_, ways, required) => {
  expect(written(requiredInEach(ways.map((way) => way.map(choice))))).toEqual(required);
});

test('there is nothing without a way', () => {
  expect(requiredInEach([])).toEqual([]);
});

function choice(text: string): readonly string[] {
  return text.split('|');
}

function written(choices: readonly (readonly string[])[]): readonly string[] {
  return choices.map((keys) => keys.join('|'));
}
