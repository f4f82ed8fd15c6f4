/** Whether a new enrollment is good enough for what it was asked for. */

import { describe, expect, test } from '@jest/globals';
import { enrollScope } from '../../../src/core/enrollment/account-request.ts';
import type { EnrollmentRule } from '../../../src/core/model/enrollment-policy.ts';
import type { Characteristic, Factor } from '../../../src/core/model/facts.ts';
import type { Requirement } from '../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../src/core/policy/rules/compile.ts';
import { unmetCharacteristic } from '../../../src/core/queries/unmet-characteristic.ts';
import {
  enrollmentTerms,
  type FactParts,
  factors,
  factsOf,
  type Key,
  policiesOf,
  proof,
  userWith,
} from '../support/fixtures.ts';

const synced = ['userPresence', 'userVerification', 'phishingResistant'] as const;
const bound = [...synced, 'deviceBound'] as const;

const demanding = (...characteristics: readonly Characteristic[]): Requirement =>
  factors(1, { demands: [{ authenticators: ['webauthn'], characteristics }] });

/** A user who has proved a password, and a new key with these characteristics. */
function short(
  policies: PolicySet,
  characteristics: readonly Characteristic[],
  {
    covers = ['possession', 'inherence'],
    has = ['password'],
    ...more
  }: FactParts & {
    readonly covers?: readonly Factor[];
    readonly has?: readonly (Key | 'key')[];
  } = {},
) {
  const facts = factsOf({ subject: userWith(has), evidence: [proof('password', 'now')], ...more });
  return unmetCharacteristic(policies, facts, { authenticator: 'webauthn', factors: covers, characteristics });
}

describe('a new key lacks', () => {
  test.each<[string, Requirement, readonly Characteristic[], object | undefined]>([
    ['nothing, where any key will do', factors(2), ['userPresence', 'phishingResistant'], undefined],
    ['nothing, where it has what is required', demanding('deviceBound'), bound, undefined],
    ['being bound to one device', demanding('deviceBound'), synced, { lacks: 'deviceBound' }],
    ['phishing resistance', demanding('phishingResistant'), ['userPresence'], { lacks: 'phishingResistant' }],
    ['user verification', demanding('userVerification'), ['userPresence'], { lacks: 'userVerification' }],
    [
      'one of two, so that no single one can be named',
      {
        anyOf: [
          ...(demanding('deviceBound') as { anyOf: [] }).anyOf,
          ...(demanding('userVerification') as { anyOf: [] }).anyOf,
        ],
      },
      ['userPresence', 'phishingResistant'],
      {},
    ],
    [
      'the one of two that is missing',
      demanding('phishingResistant', 'userVerification'),
      ['userPresence', 'phishingResistant'],
      { lacks: 'userVerification' },
    ],
    ['a factor type', factors(1, { demands: [{ factor: 'inherence' }] }), synced, undefined],
  ])('%s', (_, app, characteristics, expected) => {
    expect(short(policiesOf({ app }), characteristics)).toStrictEqual(expected);
  });

  test('a factor type that it does not cover', () => {
    const policies = policiesOf({ app: factors(1, { demands: [{ factor: 'inherence' }] }) });
    expect(short(policies, synced, { covers: ['possession'] })).toEqual({});
  });

  test('also where the user has one that is not enough', () => {
    expect(
      short(policiesOf({ app: demanding('deviceBound') }), synced, {
        has: ['password', 'key'],
        evidence: [proof('password', 'now'), proof('key', 'now')],
      }),
    ).toEqual({ lacks: 'deviceBound' });
  });
});

test('no missing characteristic is named for a disabled authenticator', () => {
  const enabled = policiesOf({ app: demanding('deviceBound'), enabled: ['password', 'totp'] });
  expect(short(enabled, synced)).toBeUndefined();
});

describe('nothing is lacking where no app requires it', () => {
  const plain = ['userPresence', 'phishingResistant'] as const;

  test.each<[string, EnrollmentRule['then']]>([
    ['required', enrollmentTerms({ required: [{ anyOf: ['webauthn'] }] })],
    ['optional', { required: [], optional: ['webauthn'], promoted: [], disabled: [] }],
    ['promoted', { required: [], optional: [], promoted: [{ authenticator: 'webauthn', cooldown: 1 }], disabled: [] }],
  ])('%s by the enrollment policy', (_, then) => {
    const enrollment = compilePolicy<EnrollmentRule>({ name: 'e', rules: [{ name: 'all', when: {}, then }] });
    expect(short({ ...policiesOf(), enrollment }, plain, { covers: ['possession'] })).toBeUndefined();
  });

  test('in the account app', () => {
    const request = { clientId: 'account', scopes: [enrollScope('webauthn')] };
    expect(short({ ...policiesOf(), isAccountApp: true }, plain, { covers: ['possession'], request })).toBeUndefined();
  });
});
