/** Rules of the enrollment policy between which a browser chooses. */
import { expect, test } from '@jest/globals';
import { spoofableEnrollment } from '../../../../src/core/analysis/findings/spoofable-enrollment.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { EnrollmentRule, RequiredEnrollment } from '../../../../src/core/model/enrollment-policy.ts';
import type { Rule } from '../../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { findRule } from '../../../../src/core/policy/rules/rules.ts';
import { entangled } from '../../support/entangled.ts';
import { allow, factors, fixedNow, policiesOf } from '../../support/fixtures.ts';
import { universe } from '../../support/universe.ts';

const offices = universe({
  places: [
    { ip: '203.0.113.7', zones: [] },
    { ip: '203.0.113.8', zones: ['office'] },
  ],
});
const mobile: Conditions = { device: { platform: ['mobile'] } };
const rule = (name: string, when: Conditions, required: readonly RequiredEnrollment[]): EnrollmentRule => ({
  ...{ name, when },
  then: { required, optional: [], promoted: [], disabled: [] },
});

function policiesWith(rules: readonly EnrollmentRule[], session?: readonly Rule[], app?: readonly Rule[]): PolicySet {
  const others = policiesOf({
    ...(session && { session: { name: 'session', rules: session } }),
    ...(app && { app: { name: 'app', rules: app } }),
  });
  return { ...others, enrollment: compilePolicy({ name: 'enrollment', rules }) };
}

function search(rules: readonly EnrollmentRule[], session?: readonly Rule[], app?: readonly Rule[]) {
  const policies = policiesWith(rules, session, app);
  const whens = [...rules, ...(session ?? []), ...(app ?? [])].map(({ when }) => when);
  const { found, undecided } = spoofableEnrollment(policies, ruleSpace(whens, offices));
  for (const { weak, facts } of found)
    expect(policies.enrollment && findRule(policies.enrollment, facts).rule).toBe(weak);
  return {
    found: found.map((enrollment) => [enrollment.strict.name, enrollment.weak.name, ...enrollment.enrolled]),
    undecided,
  };
}

const key: RequiredEnrollment = { anyOf: ['webauthn'] };
const either: RequiredEnrollment = { anyOf: ['totp', 'webauthn'] };

test.each<[string, readonly RequiredEnrollment[], readonly RequiredEnrollment[], readonly string[] | undefined]>([
  ['nothing instead of a passkey', [], [key], []],
  ['an app for codes or a passkey instead of a passkey', [either], [key], ['totp']],
  ['one passkey instead of two', [key], [{ ...key, count: 2 }], ['webauthn']],
  ['a passkey that may be skipped', [{ ...key, grace: { skips: 2 } }], [key], []],
  ['a passkey that may be skipped until a day', [{ ...key, grace: { until: fixedNow + 1 } }], [key], []],
  ['a passkey that might have been skipped until now', [{ ...key, grace: { until: fixedNow } }], [key], undefined],
  ['an app for codes instead of that and a passkey', [{ anyOf: ['totp'] }], [{ anyOf: ['totp'] }, key], ['totp']],
  [
    'two of three',
    [{ anyOf: ['totp'] }, { anyOf: ['phone'] }],
    [{ anyOf: ['totp'] }, { anyOf: ['phone'] }, key],
    ['totp', 'phone'],
  ],
  ['nothing instead of a passkey that may be skipped', [], [{ ...key, grace: { skips: 2 } }], undefined],
  ['as much', [key], [key], undefined],
  ['nothing in both', [], [], undefined],
  ['something else', [{ anyOf: ['totp'] }], [key], undefined],
])('phones must set up %s', (_, weak, strict, enrolled) => {
  const rules = [rule('phones', mobile, weak), rule('others', {}, strict)];
  expect(search(rules)).toEqual({
    found: enrolled ? [['others', 'phones', ...enrolled]] : [],
    undecided: [],
  });
});

test('phones must set up more', () => {
  expect(search([rule('phones', mobile, [key]), rule('others', {}, [])]).found).toEqual([['phones', 'others']]);
});

test.each<[string, Conditions]>([
  ['a network', { network: { any: ['office'] } }],
  ['a known device', { device: { known: true } }],
])('%s is not for the browser to say', (_, when) => {
  expect(search([rule('some', when, []), rule('others', {}, [key])]).found).toEqual([]);
});

test('an alternative counts, too', () => {
  const when: Conditions = { any: [{ device: { os: ['ios'] } }, { groups: { any: ['a'] } }] };
  expect(search([rule('some', when, []), rule('others', {}, [key])]).found).toEqual([['others', 'some']]);
});

test('a browser that another policy denies is no choice', () => {
  const rules = [rule('phones', mobile, []), rule('others', {}, [key])];
  const one = allow(factors(1));
  const denying = (when: Conditions): readonly Rule[] => [
    { name: 'deny', when, then: { kind: 'deny' } },
    { name: 'rest', when: {}, then: one },
  ];
  expect(search(rules, denying(mobile)).found).toEqual([]);
  expect(search(rules, denying({ groups: { any: ['a'] } })).found).toHaveLength(1);
  expect(search(rules, undefined, denying(mobile)).found).toEqual([]);
  expect(search(rules, undefined, denying({ groups: { any: ['a'] } })).found).toHaveLength(1);
});

/** Nothing is known that makes an example of it. */
const unshown: Conditions = { attributes: { nick: { equals: 'a*' } } };
const inOffice: Conditions = { network: { any: ['office'] } };

test.each<[string, readonly EnrollmentRule[], readonly (readonly string[])[]]>([
  [
    'other phones than those of which a rule before says something',
    [rule('strangers', { groups: { none: ['a'] } }, [key]), rule('phones', mobile, []), rule('others', {}, [key])],
    [['others', 'phones']],
  ],
  [
    'phones in the office',
    [rule('phones', { ...mobile, ...inOffice }, []), rule('others', {}, [key])],
    [['others', 'phones']],
  ],
  [
    'computers in the office, by a rule of its own',
    [rule('phones', mobile, []), rule('office', inOffice, [key]), rule('others', {}, [])],
    [['office', 'phones']],
  ],
  [
    'no phone that a rule before decides about',
    [rule('phones', mobile, [key]), rule('ios', { device: { os: ['ios'] } }, []), rule('others', {}, [key])],
    [],
  ],
  [
    'no phone as it is only before anything is proved',
    [
      rule('phones', { device: { known: false, platform: ['mobile'] }, risk: { none: ['newDevice'] } }, []),
      rule('others', {}, [key]),
    ],
    [],
  ],
  [
    'no phone that cannot be shown under the weaker rule',
    [rule('phones', { ...mobile, ...unshown }, []), rule('others', {}, [key])],
    [],
  ],
  [
    'no phone that cannot be shown under the stricter rule',
    [rule('computers', { device: { platform: ['desktop'] }, ...unshown }, [key]), rule('others', {}, [])],
    [],
  ],
])('the browser chooses for %s', (_, rules, expected) => {
  expect(search(rules)).toEqual({ found: expected, undecided: [] });
});

test('without an enrollment policy, or without a sign-on policy, there is no such rule', () => {
  const space = ruleSpace([mobile, {}], universe());
  const { app: _, ...rest } = policiesWith([rule('phones', mobile, []), rule('others', {}, [key])]);
  expect(spoofableEnrollment(policiesOf(), space)).toEqual({ found: [], undecided: [], opaque: [] });
  expect(spoofableEnrollment(rest, space)).toEqual({ found: [], undecided: [], opaque: [] });
});

test('rules that are entangled on purpose leave it undecided', () => {
  const asking = rule('phones', mobile, []);
  const maze = entangled.map((when, at) => rule(`${at}`, when, [key]));
  expect(search([...maze, asking, rule('others', {}, [key])])).toEqual({ found: [], undecided: [asking] });
});
