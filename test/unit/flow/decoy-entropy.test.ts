/**
 * What users without an account seem to have, drawn by the server secret: as often as each authenticator says, over
 * many names.
 */
import { describe, expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../src/authenticators/index.ts';
import { decoyEntropy } from '../../../src/flow/facts/decoy-entropy.ts';
import { seemingAuthenticators } from '../../support/users/unknown-users.ts';

const count = 4096;

describe.each([
  ['addresses', (turn: number) => `nobody-${turn}@demo.test`, true],
  ['other names', (turn: number) => `nobody-${turn}`, false],
] as const)('of %s', (_kind, nameOf, areAddresses) => {
  const drawn = Array.from({ length: count }, (_, turn) => seemingAuthenticators(nameOf(turn)));

  test.each(authenticatorKinds)('as many have $key as it says', ({ key, decoys }) => {
    const share = (areAddresses ? decoys?.shareOfAddresses : undefined) ?? decoys?.share ?? 0;
    const having = drawn.filter((keys) => keys.includes(key)).length;
    expect(Math.abs(having / count - share)).toBeLessThan(0.05);
  });
});

test('the number of a name stays the same when a newer secret comes, and differs under another one', () => {
  const [old = '', newer = ''] = ['b2xk', 'bmV3'];
  expect(decoyEntropy([newer, old], 'alice')).toBe(decoyEntropy([old], 'alice'));
  expect(decoyEntropy([newer], 'alice')).not.toBe(decoyEntropy([old], 'alice'));
});
