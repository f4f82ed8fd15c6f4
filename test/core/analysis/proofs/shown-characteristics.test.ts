/** What verifications by one authenticator show, at least. */
import { expect, test } from '@jest/globals';
import { leastShown, possiblyShown } from '../../../../src/core/analysis/proofs/shown-characteristics.ts';
import type { AuthenticatorDescriptor, Characteristic } from '../../../../src/core/model/facts.ts';
import type { Demand } from '../../../../src/core/model/policy.ts';
import { descriptor } from '../../support/fixtures.ts';

type Shown = Pick<AuthenticatorDescriptor, 'factors' | 'characteristics'>;

const key: Shown = {
  factors: ['possession', 'inherence'],
  characteristics: ['userPresence', 'userVerification', 'deviceBound', 'hardwareProtected', 'phishingResistant'],
};
const always: readonly Characteristic[] = ['userPresence', 'phishingResistant'];

test.each<[string, Shown, readonly (readonly Characteristic[])[]]>([
  ['a password', descriptor.password, [['userPresence']]],
  ['a code, which every app binds to its device', descriptor.totp, [['userPresence', 'deviceBound']]],
  [
    'a key that may verify its user, or be bound, or both',
    descriptor.webauthn,
    [
      ['userPresence', 'userVerification', 'deviceBound', 'phishingResistant'],
      ['userPresence', 'deviceBound', 'phishingResistant'],
      ['userPresence', 'userVerification', 'phishingResistant'],
      ['userPresence', 'phishingResistant'],
    ],
  ],
  [
    'a key in hardware, which is bound',
    key,
    [
      ['userPresence', 'userVerification', 'deviceBound', 'hardwareProtected', 'phishingResistant'],
      ['userPresence', 'deviceBound', 'hardwareProtected', 'phishingResistant'],
      ['userPresence', 'userVerification', 'deviceBound', 'phishingResistant'],
      ['userPresence', 'deviceBound', 'phishingResistant'],
      ['userPresence', 'userVerification', 'phishingResistant'],
      ['userPresence', 'phishingResistant'],
    ],
  ],
])('%s shows one of these', (_, shown, expected) => {
  expect(possiblyShown(shown)).toEqual(expected);
});

test.each<[string, Demand, Shown | undefined]>([
  ['nothing', {}, { factors: ['possession'], characteristics: always }],
  ['possession', { factor: 'possession' }, { factors: ['possession'], characteristics: always }],
  [
    'inherence',
    { factor: 'inherence' },
    { factors: key.factors, characteristics: ['userPresence', 'userVerification', 'phishingResistant'] },
  ],
  [
    'verification',
    { characteristics: ['userVerification'] },
    { factors: key.factors, characteristics: ['userPresence', 'userVerification', 'phishingResistant'] },
  ],
  [
    'a bound key',
    { characteristics: ['deviceBound'] },
    { factors: ['possession'], characteristics: ['userPresence', 'deviceBound', 'phishingResistant'] },
  ],
  [
    'hardware, which is bound',
    { characteristics: ['hardwareProtected'] },
    {
      factors: ['possession'],
      characteristics: ['userPresence', 'deviceBound', 'hardwareProtected', 'phishingResistant'],
    },
  ],
])('a key that is asked for %s shows no more', (_, demand, expected) => {
  expect(leastShown(key, demand)).toEqual(expected);
});

test('nothing is shown that the authenticator never shows', () => {
  expect(leastShown(descriptor.totp, { characteristics: ['userPresence', 'phishingResistant'] })).toBeUndefined();
  expect(leastShown(descriptor.webauthn, { characteristics: ['hardwareProtected'] })).toBeUndefined();
});

test('what does not verify its user shows all that it has', () => {
  expect(leastShown(descriptor.password, {})).toEqual({ factors: ['knowledge'], characteristics: ['userPresence'] });
  const both: Shown = { factors: ['possession', 'knowledge'], characteristics: ['deviceBound'] };
  expect(leastShown(both, {})).toEqual(both);
  expect(leastShown(both, { factor: 'knowledge' })).toEqual(both);
});

test('a verification without anything in the possession of the user verifies', () => {
  const face: Shown = { factors: ['inherence'], characteristics: ['userVerification'] };
  expect(leastShown(face, {})).toEqual(face);
});
