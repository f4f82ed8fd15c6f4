/** Which sign-on rules no user can meet, because an enrollment rule disables what they take. */

import { expect, test } from '@jest/globals';
import { enrollmentConflicts } from '../../../../src/core/analysis/findings/enrollment-conflicts.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { EnrollmentRule } from '../../../../src/core/model/enrollment-policy.ts';
import type { Requirement, Rule } from '../../../../src/core/model/policy.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import type { Universe } from '../../../../src/core/policy/theories/theory.ts';
import { allow, descriptor, enrollmentTerms, factors, type Key } from '../../support/fixtures.ts';

const inOffice: Conditions = { network: { any: ['office'] } };
const from = (hour: number): Conditions => ({ time: { from: hour * 60, to: 24 * 60 - 1, zone: 'UTC' } });
const until = (hour: number): Conditions => ({ time: { from: 0, to: hour * 60, zone: 'UTC' } });

const signOn = (name: string, then: Rule['then'], when: Conditions = {}): Rule => ({ name, when, then });
const disabling = (name: string, disabled: readonly Key[], when: Conditions = {}): EnrollmentRule => ({
  name,
  when,
  then: enrollmentTerms({ disabled }),
});

const enabled = ['password', 'totp'] as const;
const one = allow(factors(1));
const code = allow(factors(1, { demands: [{ authenticators: ['totp'] }] }));
const key = allow(factors(1, { demands: [{ authenticators: ['webauthn'] }] }));

interface Setup {
  readonly enrollment: readonly EnrollmentRule[];
  readonly policy: readonly Rule[];
  readonly besides?: readonly Requirement[];
  readonly devices?: Universe['devices'];
}

/** `enrollment rule / sign-on rule` of each conflict. */
function conflicts({ enrollment, policy, besides = [], devices = () => undefined }: Setup): readonly string[] {
  return enrollmentConflicts({
    policy: compilePolicy({ name: 'sign-on', rules: policy }),
    enrollment: compilePolicy({ name: 'enrollment', rules: enrollment }),
    authenticators: enabled.map((name) => descriptor[name]),
    clientId: 'notes',
    besides,
    devices,
  }).map((conflict) => `${conflict.enrollment.name} / ${conflict.rule.name}`);
}

const noCodes = disabling('no codes', ['totp']);
const rest = disabling('rest', []);

test.each<[string, Setup, readonly string[]]>([
  [
    'a rule that takes what is disabled',
    { enrollment: [noCodes], policy: [signOn('code', code)] },
    ['no codes / code'],
  ],
  ['a rule that another authenticator meets, too', { enrollment: [noCodes], policy: [signOn('one', one)] }, []],
  ['a rule that takes what is enabled', { enrollment: [rest], policy: [signOn('code', code)] }, []],
  ['a rule that no user can meet anyway', { enrollment: [noCodes], policy: [signOn('key', key)] }, []],
  ['a rule that denies', { enrollment: [noCodes], policy: [signOn('no', { kind: 'deny' })] }, []],
  [
    'a rule that the minimum of the app makes stricter',
    { enrollment: [noCodes], policy: [signOn('one', one)], besides: [factors(2)] },
    ['no codes / one'],
  ],
  [
    'a rule whose own part could be met, with a minimum that never can',
    { enrollment: [noCodes], policy: [signOn('code', code)], besides: [factors(3)] },
    [],
  ],
  [
    'each pair of rules that meet',
    {
      enrollment: [disabling('office', ['totp'], inOffice), disabling('rest', ['password', 'totp'])],
      policy: [signOn('here', code, inOffice), signOn('else', one)],
    },
    ['office / here', 'rest / else'],
  ],
  [
    'rules after an enrollment rule that decides until the afternoon',
    { enrollment: [disabling('morning', [], until(14)), noCodes], policy: [signOn('code', code)] },
    ['no codes / code'],
  ],
  [
    'rules after a sign-on rule that decides until the afternoon',
    { enrollment: [noCodes], policy: [signOn('morning', one, until(14)), signOn('code', code)] },
    ['no codes / code'],
  ],
  [
    'rules after others that decide all day',
    {
      enrollment: [disabling('morning', [], until(14)), disabling('evening', [], from(14)), noCodes],
      policy: [signOn('code', code, until(23))],
    },
    [],
  ],
])('%s', (_, setup, expected) => {
  expect(conflicts(setup)).toEqual(expected);
});

const onManaged: Conditions = { device: { managed: true } };
const onSafe: Conditions = { device: { assurance: { any: ['safe'] } } };
const onLocked: Conditions = { device: { assurance: { all: ['locked'] } } };
const registered = { registered: true } as const;
const locked = { assurances: ['locked'] };
const safe = { assurances: ['locked', 'safe'] };

test.each<[string, Conditions, Conditions, ReturnType<Universe['devices']>, boolean]>([
  ['a managed device, of which it is not known who says so', onManaged, {}, undefined, true],
  [
    'a managed device that some source speaks of',
    onManaged,
    {},
    [{}, registered, { ...registered, managed: true }],
    true,
  ],
  ['a managed device that no source speaks of', onManaged, {}, [{}, registered], false],
  ['a registered device that no source speaks of', { device: { registered: true } }, {}, [{}], false],
  [
    'a device that no source speaks of, beside devices of which nothing is believed',
    onManaged,
    { device: { platform: ['desktop'] } },
    [{}, registered],
    false,
  ],
  ['a managed device in a zone', { ...onManaged, ...inOffice }, inOffice, [{}, { ...registered, managed: true }], true],
  ['a device that no source speaks of, in the enrollment policy', {}, onManaged, [{}, registered], false],
  ['a device that meets more than both ask for', onSafe, { device: { registered: false } }, [{}, locked, safe], true],
  ['two assurances that a device meets together', onSafe, onLocked, [{}, locked, safe], true],
  ['two assurances that no device meets together', onSafe, onLocked, [{}, locked, { assurances: ['safe'] }], false],
  ['devices that no rule asks about', {}, {}, [{}], true],
])('rules about %s', (_, when, other, believed, expected) => {
  const setup = {
    enrollment: [disabling('no codes', ['totp'], when), rest],
    policy: [signOn('code', code, other), signOn('one', one)],
  };
  expect(conflicts({ ...setup, devices: () => believed })).toEqual(expected ? ['no codes / code'] : []);
});

test('sources are asked about the assurances that the rules of both policies name', () => {
  const asked: (readonly string[])[] = [];
  const devices = (names: readonly string[]) => {
    asked.push(names);
    return [{}];
  };
  const setup = {
    enrollment: [disabling('no codes', ['totp'], onSafe), rest],
    policy: [signOn('code', code, { any: [onLocked, onSafe] }), signOn('one', one)],
  };
  expect(conflicts({ ...setup, devices })).toEqual([]);
  expect(asked).toEqual([['safe', 'locked']]);
});
