/** The `acr` values that discovery may announce. */

import { expect, test } from '@jest/globals';
import { attainableAcrValues } from '../../../src/core/evidence/attainable-acr.ts';
import type { AuthenticatorDescriptor } from '../../../src/core/model/facts.ts';
import type { AcrLevel } from '../../../src/core/model/policy.ts';
import { defaultAcrLevels } from '../../../src/policy/model/acr-defaults.ts';

const password: AuthenticatorDescriptor = {
  key: 'password',
  factors: ['knowledge'],
  characteristics: ['userPresence'],
  enrollable: false,
};
const totp: AuthenticatorDescriptor = {
  key: 'totp',
  factors: ['possession'],
  characteristics: ['userPresence'],
  enrollable: true,
};
const passkey: AuthenticatorDescriptor = {
  key: 'webauthn',
  factors: ['possession', 'inherence'],
  characteristics: ['userPresence', 'userVerification', 'phishingResistant'],
  enrollable: true,
};
const securityKey: AuthenticatorDescriptor = {
  ...passkey,
  characteristics: [...passkey.characteristics, 'hardwareProtected', 'deviceBound'],
};
const okta = (name: string) => `urn:okta:loa:${name}`;

test.each<[string, readonly AuthenticatorDescriptor[], readonly string[]]>([
  ['nothing enabled', [], []],
  ['a password', [password], [okta('1fa:pwd'), okta('1fa:any')]],
  ['one-time codes', [totp], [okta('1fa:any')]],
  ['a password and one-time codes', [password, totp], [okta('2fa:any'), okta('1fa:pwd'), okta('1fa:any')]],
  ['passkeys', [passkey], ['phr', okta('2fa:any'), okta('1fa:any')]],
  ['security keys', [securityKey], ['phrh', 'phr', okta('2fa:any'), okta('1fa:any')]],
])('with %s', (_, authenticators, attainable) => {
  expect(attainableAcrValues(defaultAcrLevels, authenticators)).toEqual(attainable);
});

test('a chain may use two enrollments of one authenticator, and each of its steps needs an enabled one', () => {
  const chain = (value: string, ...steps: string[]): AcrLevel => ({
    value,
    requirement: { chains: [steps.map((key) => ({ authenticators: [key] }))] },
  });
  const values = [
    chain('twice', 'totp', 'totp'),
    chain('both', 'password', 'totp'),
    chain('other', 'totp', 'webauthn'),
  ];
  expect(attainableAcrValues(values, [password, totp])).toEqual(['twice', 'both']);
});

test('an enabled authenticator must meet every demand', () => {
  const values: AcrLevel[] = [
    {
      value: 'strong',
      requirement: {
        anyOf: [
          {
            factors: 2,
            demands: [{ factor: 'knowledge' }, { factor: 'possession', characteristics: ['phishingResistant'] }],
          },
        ],
      },
    },
  ];
  expect(attainableAcrValues(values, [password, totp])).toEqual([]);
  expect(attainableAcrValues(values, [password, totp, passkey])).toEqual(['strong']);
});
