/** Whether an enrollment may be removed, and which apps the user would lose. */

import { describe, expect, test } from '@jest/globals';
import type { Conditions } from '../../../src/core/model/conditions.ts';
import type { EnrollmentRule, EnrollmentTerms } from '../../../src/core/model/enrollment-policy.ts';
import type { Enrollment, Facts } from '../../../src/core/model/facts.ts';
import type { Requirement } from '../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../src/core/policy/rules/compile.ts';
import { demandsOn, isLastSignInOption, isLostWithout } from '../../../src/core/queries/removal.ts';
import {
  allow,
  enrolled,
  enrollmentTerms,
  factors,
  factsOf,
  fixedNow,
  type Key,
  type PolicyParts,
  policiesOf,
  proof,
  userWith,
} from '../support/fixtures.ts';

const knowledge: Requirement = factors(1, { demands: [{ factor: 'knowledge', authenticators: ['password'] }] });
const phishingResistant: Requirement = factors(1, { demands: [{ characteristics: ['phishingResistant'] }] });

const elsewhere: PolicyParts['app'] = {
  name: 'office',
  rules: [
    { name: 'Office', when: { network: { any: ['office'] } }, then: allow(factors(1)) },
    { name: 'Else', when: {}, then: allow(knowledge) },
  ],
};

function at(keys: readonly (Key | 'key')[], more: Partial<Facts> = {}): Facts {
  return factsOf({ subject: userWith(keys), network: { ip: '192.0.2.1', zones: [] }, ...more });
}

describe('the user can no longer sign in to an app', () => {
  test.each<[string, readonly (Key | 'key')[], Key, PolicyParts, boolean]>([
    ['without the only enrollment that it accepts', ['password', 'totp'], 'password', { app: knowledge }, true],
    ['but can after another one is removed', ['password', 'totp'], 'totp', { app: knowledge }, false],
    ['but can where any authenticator is enough', ['password', 'totp'], 'password', { app: factors(1) }, false],
    [
      'but can with another enrollment of the authenticator',
      ['password', 'webauthn', 'key'],
      'webauthn',
      { app: phishingResistant },
      false,
    ],
    [
      'but can where it can be enrolled on the way',
      ['password', 'webauthn'],
      'webauthn',
      { app: phishingResistant },
      false,
    ],
    [
      'where nothing is left to prove before the enrollment',
      ['webauthn'],
      'webauthn',
      { app: phishingResistant },
      true,
    ],
    ['but could not before either', ['totp'], 'totp', { app: knowledge }, false],
    ['but is denied in any case', ['totp'], 'totp', { app: { name: 'none', rules: [] } }, false],
    ['by a minimum acr', ['password', 'totp'], 'password', { app: factors(1), minimumAcr: 'pwd' }, true],
    [
      'by the session policy',
      ['password', 'totp'],
      'password',
      { session: { name: 's', rules: [{ name: 'All', when: {}, then: allow(knowledge) }] } },
      true,
    ],
  ])('%s', (_what, keys, removed, parts, expected) => {
    expect(isLostWithout(policiesOf(parts), at(keys), removed)).toBe(expected);
  });

  test('evidence of this transaction or of the session changes nothing', () => {
    const facts = at(['password', 'totp'], { evidence: [proof('password', 'now'), proof('totp', 5)] });
    expect(isLostWithout(policiesOf({ app: knowledge }), facts, 'password')).toBe(true);
    expect(isLostWithout(policiesOf({ app: knowledge }), facts, 'totp')).toBe(false);
  });

  const unknownBrowser: PolicyParts['app'] = {
    name: 'browser',
    rules: [
      { name: 'Known', when: { device: { known: true } }, then: allow(factors(1)) },
      { name: 'Else', when: {}, then: allow(knowledge) },
    ],
  };
  const unknownPhone: PolicyParts['app'] = {
    name: 'phone',
    rules: [
      { name: 'Strict', when: { device: { known: false, platform: ['mobile'] } }, then: allow(knowledge) },
      { name: 'Else', when: {}, then: allow(factors(1)) },
    ],
  };
  test.each<[string, NonNullable<PolicyParts['app']>, Partial<Facts>]>([
    ['from elsewhere, for a user in the office', elsewhere, { network: { ip: '192.0.2.1', zones: ['office'] } }],
    ['with another browser', unknownBrowser, { device: { known: true, platform: 'desktop', os: 'linux' } }],
    ['with another phone', unknownPhone, { device: { known: true, platform: 'mobile', os: 'ios' } }],
  ])('%s', (_what, app, more) => {
    const policies = policiesOf({ app });
    expect(isLostWithout(policies, at(['password', 'totp'], more), 'password')).toBe(true);
    expect(isLostWithout(policies, at(['password', 'totp'], more), 'totp')).toBe(false);
  });
});

test('an authenticator is lost without another one also where the zone of the address is not known', () => {
  const rules = [
    { name: 'Blocked', when: { network: { any: ['blocked'] } }, then: { kind: 'deny' as const } },
    { name: 'Else', when: {}, then: allow(knowledge) },
  ];
  const policies = policiesOf({ app: { name: 'a', rules } });
  const isLost = (network: Facts['network']) =>
    isLostWithout(policies, at(['password', 'totp'], { network }), 'password');
  expect(isLost({ ip: '192.0.2.1', zones: ['blocked'] })).toBe(true);
  expect(isLost({ ip: '', isUnknown: true, zones: [], unknownZones: ['blocked'] })).toBe(true);
});

const terms = enrollmentTerms();

function under(rules: readonly Pick<EnrollmentRule, 'when' | 'then'>[], parts: PolicyParts = {}): PolicySet {
  const named = rules.map((rule, index) => ({ name: `Rule ${index + 1}`, ...rule }));
  return { ...policiesOf(parts), enrollment: compilePolicy({ name: 'enrollment', rules: named }) };
}

const required = (...anyOf: readonly Key[]): EnrollmentTerms => ({ ...terms, required: [{ anyOf }] });
const otherwise = { when: {}, then: terms } as const;

describe('an enrollment must stay', () => {
  test.each<[string, readonly (Key | 'key')[], Key | 'key', EnrollmentTerms, readonly Key[] | undefined]>([
    ['because it is required', ['password', 'totp'], 'totp', required('totp'), ['totp']],
    [
      'because one of several is required',
      ['password', 'totp'],
      'totp',
      required('totp', 'webauthn'),
      ['totp', 'webauthn'],
    ],
    [
      'not while another of them exists',
      ['password', 'totp', 'webauthn'],
      'totp',
      required('totp', 'webauthn'),
      undefined,
    ],
    [
      'not while another enrollment of the authenticator exists',
      ['webauthn', 'key'],
      'webauthn',
      required('webauthn'),
      undefined,
    ],
    ['not because another authenticator is required', ['password', 'totp'], 'password', required('totp'), undefined],
    ['not when the required one is missing in any case', ['password', 'totp'], 'totp', required('phone'), undefined],
    [
      'because the other one is disabled there',
      ['password', 'totp', 'email'],
      'totp',
      { ...required('totp', 'email'), disabled: ['email'] },
      ['totp', 'email'],
    ],
    [
      'not when it is disabled there itself',
      ['password', 'totp'],
      'totp',
      { ...required('totp', 'webauthn'), disabled: ['totp'] },
      undefined,
    ],
    [
      'not while grace runs',
      ['password', 'totp'],
      'totp',
      { ...terms, required: [{ anyOf: ['totp'], grace: { until: fixedNow + 1 } }] },
      undefined,
    ],
    [
      'because grace is over',
      ['password', 'totp'],
      'totp',
      { ...terms, required: [{ anyOf: ['totp'], grace: { until: fixedNow } }] },
      ['totp'],
    ],
    [
      'not while it may be skipped',
      ['password', 'totp'],
      'totp',
      { ...terms, required: [{ anyOf: ['totp'], grace: { skips: 1 } }] },
      undefined,
    ],
    [
      'because of the second of two demands',
      ['password', 'totp', 'webauthn'],
      'totp',
      { ...terms, required: [{ anyOf: ['webauthn'] }, { anyOf: ['totp'] }] },
      ['totp'],
    ],
  ])('%s', (_what, keys, removed, then, expected) => {
    const [demanded] = demandsOn(under([{ when: {}, then }]), at(keys), removed);
    expect(demanded?.anyOf).toEqual(expected);
  });

  test('not when it is consumed, as it meets nothing', () => {
    const [totp] = enrolled('totp');
    const subject = userWith([], { enrollments: [{ ...(totp as Enrollment), consumed: true }] });
    expect(demandsOn(under([{ when: {}, then: required('totp') }]), at([], { subject }), 'totp')).toEqual([]);
  });

  test('because no skips are left', () => {
    const then: EnrollmentTerms = { ...terms, required: [{ anyOf: ['totp'], grace: { skips: 1 } }] };
    const subject = userWith(['password', 'totp'], { skipped: { totp: { grace: { count: 1, at: fixedNow - 60 } } } });
    expect(demandsOn(under([{ when: {}, then }]), at([], { subject }), 'totp')).toHaveLength(1);
  });

  const here: Partial<Facts> = {
    network: { ip: '192.0.2.1', zones: ['office'] },
    device: { known: true, platform: 'desktop', os: 'linux' },
  };
  const asAuditor = { subject: userWith(['password', 'totp'], { groups: ['auditors'] }) };

  test.each<[string, Conditions, Partial<Facts>, boolean]>([
    ['by a rule for elsewhere', { network: { none: ['office'] } }, {}, true],
    ['by a rule for another browser', { device: { known: false } }, {}, true],
    ['by a rule for another device', { device: { platform: ['mobile'], os: ['ios'] } }, {}, true],
    ['by a rule for another time', { time: { days: [], zone: 'UTC' } }, {}, true],
    ['by a rule for other scopes', { scopes: { any: ['payments'] } }, {}, true],
    ['not by a rule for other users', { groups: { any: ['auditors'] } }, {}, false],
    ["by a rule for one of the user's groups", { groups: { any: ['auditors'] } }, asAuditor, true],
    [
      'not by a rule for other users elsewhere',
      { groups: { any: ['auditors'] }, network: { none: ['office'] } },
      {},
      false,
    ],
    ['by a rule for this app', { apps: { any: ['notes'] } }, {}, true],
    ['not by a rule for another app', { apps: { any: ['other'] } }, {}, false],
  ])('%s', (_what, when, more, expected) => {
    const policies = under([{ when, then: required('totp') }, otherwise]);
    expect(demandsOn(policies, at(['password', 'totp'], { ...here, ...more }), 'totp')).toHaveLength(expected ? 1 : 0);
  });

  test('not by a rule that comes after one which holds anyway', () => {
    const policies = under([otherwise, { when: {}, then: required('totp') }]);
    expect(demandsOn(policies, at(['password', 'totp']), 'totp')).toEqual([]);
  });

  const contractors: Conditions = { groups: { any: ['contractors'] } };
  test.each<[string, Conditions, number]>([
    ['not for an app that denies the user', contractors, 0],
    ['for an app that denies the user only here', { ...contractors, network: { any: ['office'] } }, 1],
    ['for an app that denies others', { groups: { any: ['auditors'] } }, 1],
  ])('%s', (_what, when, expected) => {
    const rules = [
      { name: 'No', when, then: { kind: 'deny' } },
      { name: 'Everybody else', when: {}, then: allow(factors(1)) },
    ] as const;
    const subject = userWith(['password', 'totp'], { groups: ['contractors'] });
    for (const parts of [{ app: { name: 'app', rules } }, { session: { name: 'session', rules } }]) {
      const policies = under([{ when: {}, then: required('totp') }], parts);
      expect(demandsOn(policies, at([], { ...here, subject }), 'totp')).toHaveLength(expected);
    }
  });

  test('because the user could not sign in any more', () => {
    expect(isLastSignInOption(policiesOf(), at(['password']), 'password')).toBe(true);
    expect(isLastSignInOption(policiesOf(), at(['password', 'totp']), 'password')).toBe(false);
    expect(isLastSignInOption(policiesOf({ app: factors(2) }), at(['password', 'totp']), 'password')).toBe(true);
  });

  test('because another could only be enrolled on the way', () => {
    const policies = policiesOf({ app: phishingResistant });
    expect(isLastSignInOption(policies, at(['password', 'webauthn']), 'webauthn')).toBe(true);
  });

  test('where the account app denies every user, as nothing is left to sign in with', () => {
    const closed = policiesOf({ app: { name: 'closed', rules: [{ name: 'All', when: {}, then: { kind: 'deny' } }] } });
    expect(isLastSignInOption(closed, at(['password', 'totp']), 'totp')).toBe(true);
  });

  test('not for an app without a policy, which denies every user', () => {
    const { app: _, ...policies } = under([{ when: {}, then: required('totp') }]);
    expect(demandsOn(policies, at(['password', 'totp']), 'totp')).toEqual([]);
  });

  test('not without a subject, and not if it does not exist', () => {
    const { subject: _, ...unidentified } = at(['password']);
    const policies = under([{ when: {}, then: required('password') }]);
    expect([
      demandsOn(policies, unidentified, 'password'),
      isLastSignInOption(policies, unidentified, 'password'),
    ]).toEqual([[], false]);
    expect([demandsOn(policies, at(['password']), 'x'), isLastSignInOption(policies, at(['password']), 'x')]).toEqual([
      [],
      false,
    ]);
    expect(demandsOn(policiesOf(), at(['password']), 'password')).toEqual([]);
    expect(isLostWithout(policiesOf({ app: elsewhere }), unidentified, 'password')).toBe(false);
  });
});
