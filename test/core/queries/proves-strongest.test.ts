/** Sign-ins that show all that the account can prove. */
import { expect, test } from '@jest/globals';
import { provesStrongest } from '../../../src/core/queries/proves-strongest.ts';
import { factsOf, type Key, policiesOf, proof, userWith } from '../support/fixtures.ts';

const day = 86_400;

test.each<[string, boolean, readonly Key[], readonly Key[]]>([
  ['the only factor', true, ['password'], ['password']],
  ['one of two', false, ['password', 'totp'], ['password']],
  ['both', true, ['password', 'totp'], ['password', 'totp']],
  ['two of one factor', false, ['password', 'email', 'totp'], ['email', 'totp']],
  ['two, and not the one that resists phishing', false, ['password', 'totp', 'webauthn'], ['password', 'totp']],
  ['the one that resists phishing', true, ['totp', 'webauthn'], ['webauthn']],
  ['nothing', false, ['password'], []],
])('a session in which was proved, a day ago, %s', (_, expected, owned, proved) => {
  const facts = factsOf({ subject: userWith(owned), evidence: proved.map((key) => proof(key, day)) });
  expect(provesStrongest(policiesOf(), facts)).toBe(expected);
});

test('without a user nothing is proved', () => {
  expect(provesStrongest(policiesOf(), factsOf())).toBe(false);
});
