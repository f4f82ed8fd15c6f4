/** Conditions of rules, one by one and as properties. */

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type {
  AttributeTest,
  ConditionOf,
  ConditionResult,
  Conditions,
  DateBound,
} from '../../../src/core/model/conditions.ts';
import type { Facts, RuleFacts } from '../../../src/core/model/facts.ts';
import { allOf } from '../../../src/core/policy/condition-result.ts';
import { compilePolicy } from '../../../src/core/policy/rules/compile.ts';
import {
  compileConditions,
  conditionDescriptors,
  leavesOf,
  resultAnywhere,
} from '../../../src/core/policy/rules/condition-table.ts';
import { findRule } from '../../../src/core/policy/rules/rules.ts';
import { dateSpan } from '../../../src/core/policy/values/date-bound.ts';
import { riskOf } from '../../../src/core/policy/values/risk.ts';
import { attributeTest, conditions, factArbitraries, facts, factsAfterSignIn } from '../support/fact-arbitraries.ts';
import { factsOf, proof, riskScoring, userWith } from '../support/fixtures.ts';
import { seeded } from '../support/seeded.ts';

const day = (written: string): DateBound => ({ written, from: 0, to: 0, ...dateSpan(written) });
const fromNow = (seconds: number): DateBound => ({ written: 'now', fromNow: seconds });

function resultOf(when: Conditions, given: RuleFacts): readonly ConditionResult[] {
  return compileConditions(when).map((condition) => condition.test(given));
}

const ann = userWith(['password'], {
  groups: ['staff', 'editors'],
  userType: 'employee',
  profile: {
    department: 'sales',
    level: 3,
    manager: false,
    nickname: null,
    sites: ['berlin', 'oslo'],
    title: 'Head of sales',
  },
});
const known = factsOf({ subject: ann });
const unidentified = factsOf();

describe('conditions about the user', () => {
  test.each<[string, Conditions, ConditionResult]>([
    ['user id in any', { users: { any: ['ann'] } }, 'hit'],
    ['identifier in any', { users: { any: ['bob', 'ann@example.org'] } }, 'hit'],
    ['another user in any', { users: { any: ['bob'] } }, 'miss'],
    ['an empty list', { users: { any: [] } }, 'miss'],
    ['identifier in none', { users: { none: ['ann@example.org'] } }, 'miss'],
    ['another user in none', { users: { none: ['bob'] } }, 'hit'],
    ['in any but also in none', { users: { any: ['ann'], none: ['ann@example.org'] } }, 'miss'],
    ['one group of any', { groups: { any: ['admins', 'staff'] } }, 'hit'],
    ['no group of any', { groups: { any: ['admins'] } }, 'miss'],
    ['all groups', { groups: { all: ['staff', 'editors'] } }, 'hit'],
    ['one of all groups missing', { groups: { all: ['staff', 'admins'] } }, 'miss'],
    ['none of the groups', { groups: { none: ['contractors'] } }, 'hit'],
    ['one of the excluded groups', { groups: { none: ['contractors', 'staff'] } }, 'miss'],
    ['group names are exact', { groups: { any: ['Staff', 'staf', 'staff '] } }, 'miss'],
    ['any and none of groups together', { groups: { any: ['staff'], none: ['editors'] } }, 'miss'],
    ['user type', { userType: { any: ['employee'] } }, 'hit'],
    ['another user type', { userType: { any: ['customer'] } }, 'miss'],
    ['excluded user type', { userType: { none: ['employee'] } }, 'miss'],
    ['attribute equals', { attributes: { department: { equals: 'sales' } } }, 'hit'],
    ['attribute differs in case', { attributes: { department: { equals: 'Sales' } } }, 'miss'],
    ['attribute of another type', { attributes: { level: { equals: '3' } } }, 'miss'],
    ['number', { attributes: { level: { equals: 3 } } }, 'hit'],
    ['false is a value', { attributes: { manager: { equals: false } } }, 'hit'],
    ['attribute in', { attributes: { department: { in: ['hr', 'sales'] } } }, 'hit'],
    ['attribute not in', { attributes: { department: { in: ['hr'] } } }, 'miss'],
    ['attribute matches', { attributes: { title: { matches: 'Head of *' } } }, 'hit'],
    ['number never matches a pattern', { attributes: { level: { matches: '*' } } }, 'miss'],
    ['one of several values', { attributes: { sites: { equals: 'oslo' } } }, 'hit'],
    ['none of several values', { attributes: { sites: { equals: 'rome' } } }, 'miss'],
    ['two tests must hold for one value', { attributes: { sites: { matches: 'b*', in: ['oslo'] } } }, 'miss'],
    ['absent attribute', { attributes: { phone: {} } }, 'miss'],
    ['an attribute that is null', { attributes: { nickname: {} } }, 'miss'],
    ['inherited names are no attributes', { attributes: { constructor: {} } }, 'miss'],
    ['attribute differs', { attributes: { department: { not: { equals: 'hr' } } } }, 'hit'],
    ['attribute does not differ', { attributes: { department: { not: { equals: 'sales' } } } }, 'miss'],
    ['an absent attribute differs', { attributes: { phone: { not: { equals: 'x' } } } }, 'hit'],
    ['an attribute that is null differs', { attributes: { nickname: { not: { equals: 'x' } } } }, 'hit'],
    ['none of several values differs', { attributes: { sites: { not: { equals: 'oslo' } } } }, 'miss'],
    ['all of several values differ', { attributes: { sites: { not: { equals: 'rome' } } } }, 'hit'],
    [
      'the excluded test must hold for one value',
      { attributes: { sites: { not: { matches: 'b*', in: ['oslo'] } } } },
      'hit',
    ],
    [
      'one value fits, another is excluded',
      { attributes: { sites: { matches: 'b*', not: { equals: 'oslo' } } } },
      'miss',
    ],
    [
      'a value fits, and none is excluded',
      { attributes: { sites: { matches: 'b*', not: { equals: 'rome' } } } },
      'hit',
    ],
    ['absent, beside an exclusion', { attributes: { phone: { matches: '*', not: { equals: 'x' } } } }, 'miss'],
    ['present', { attributes: { department: { present: true } } }, 'hit'],
    ['present, but absent', { attributes: { phone: { present: true } } }, 'miss'],
    ['absent', { attributes: { phone: { present: false } } }, 'hit'],
    ['absent, but null', { attributes: { nickname: { present: false } } }, 'hit'],
    ['absent, but present', { attributes: { department: { present: false } } }, 'miss'],
    ['present, and another value', { attributes: { phone: { present: true, not: { equals: 'x' } } } }, 'miss'],
    ['at least', { attributes: { level: { atLeast: 3 } } }, 'hit'],
    ['above', { attributes: { level: { above: 3 } } }, 'miss'],
    ['at most', { attributes: { level: { atMost: 3 } } }, 'hit'],
    ['below', { attributes: { level: { below: 3 } } }, 'miss'],
    ['between', { attributes: { level: { above: 2, below: 4 } } }, 'hit'],
    ['a text is no number', { attributes: { title: { atLeast: 0 } } }, 'miss'],
    ['a number out of range', { attributes: { level: { not: { atLeast: 4 } } } }, 'hit'],
  ])('%s', (_, when, expected) => {
    expect(resultOf(when, known)).toEqual([expected]);
    expect(resultOf(when, unidentified)).toEqual(['unknown']);
  });

  test('a user is in a list by any of several identifiers, and without one by none', () => {
    const both = factsOf({ subject: userWith([], { identifiers: ['ann@example.org', 'ann'], id: 'u1' }) });
    const neither = factsOf({ subject: userWith([], { identifiers: [], id: 'u1' }) });
    expect(resultOf({ users: { any: ['ann'] } }, both)).toEqual(['hit']);
    expect(resultOf({ users: { none: ['ann'] } }, both)).toEqual(['miss']);
    expect(resultOf({ users: { any: ['ann'] } }, neither)).toEqual(['miss']);
    expect(resultOf({ users: { none: ['ann'] } }, neither)).toEqual(['hit']);
  });

  test('a user without a user type is in no list', () => {
    const given = factsOf({ subject: userWith(['password']) });
    expect(resultOf({ userType: { any: ['employee'] } }, given)).toEqual(['miss']);
    expect(resultOf({ userType: { none: ['employee'] } }, given)).toEqual(['hit']);
  });

  test.each<[string, AttributeTest, string, ConditionResult]>([
    ['the day before', { before: day('2027-01-31') }, '2027-01-30', 'hit'],
    ['the very day', { before: day('2027-01-31') }, '2027-01-31', 'miss'],
    ['the very day', { after: day('2027-01-31') }, '2027-01-31', 'miss'],
    ['the day after', { after: day('2027-01-31') }, '2027-02-01', 'hit'],
    ['a day of a leap year', { after: day('2028-02-28'), before: day('2028-03-01') }, '2028-02-29', 'hit'],
    ['a moment of the day before', { before: day('2027-01-31') }, '2027-01-30T23:59:59Z', 'hit'],
    ['a moment with an offset', { before: day('2027-01-31') }, '2027-01-30T23:59:59-01:00', 'miss'],
    ['yesterday', { before: fromNow(0) }, '2027-01-14', 'hit'],
    ['today is not over', { before: fromNow(0) }, '2027-01-15', 'miss'],
    ['today has begun', { after: fromNow(0) }, '2027-01-15', 'miss'],
    ['tomorrow', { after: fromNow(0) }, '2027-01-16', 'hit'],
    ['thirty days ago', { before: fromNow(-30 * 86_400) }, '2026-12-15', 'hit'],
    ['twenty-nine days ago', { before: fromNow(-30 * 86_400) }, '2026-12-16', 'miss'],
    ['no date', { before: day('2027-01-31') }, 'soon', 'miss'],
    ['a day that does not exist', { before: day('2027-03-31') }, '2027-02-29', 'miss'],
    ['no date is not before', { not: { before: day('2027-01-31') } }, 'soon', 'hit'],
  ])('date: %s', (_, due, value, expected) => {
    const given = factsOf({
      now: Date.parse('2027-01-15T08:00:00Z') / 1000,
      subject: userWith([], { profile: { due: value } }),
    });
    expect(resultOf({ attributes: { due } }, given)).toEqual([expected]);
  });

  test.each<[string, ConditionOf<'accountAge'>, number | undefined, ConditionResult]>([
    ['old enough to the second', { atLeast: 60 }, 60, 'hit'],
    ['a second too young', { atLeast: 60 }, 59, 'miss'],
    ['young', { below: 60 }, 59, 'hit'],
    ['too old', { below: 60 }, 60, 'miss'],
    ['between', { atLeast: 60, below: 120 }, 90, 'hit'],
    ['made in the future, by a clock that is ahead', { below: 60 }, -5, 'hit'],
    ['of a decoy, which looks like an old one', { atLeast: 60 }, undefined, 'hit'],
    ['of a decoy', { below: 60 }, undefined, 'miss'],
  ])('account age: %s', (_, accountAge, age, expected) => {
    const now = 1_800_000_000;
    const subject = userWith([], age === undefined ? {} : { createdAt: now - age });
    expect(resultOf({ accountAge }, factsOf({ now, subject }))).toEqual([expected]);
    expect(resultOf({ accountAge }, unidentified)).toEqual(['unknown']);
  });

  test.each<[string, ConditionOf<'lastSignIn'>, number | undefined, ConditionResult]>([
    ['a second too long ago', { within: 60 }, 60, 'miss'],
    ['just within', { within: 60 }, 59, 'hit'],
    ['just not within', { notWithin: 60 }, 60, 'hit'],
    ['within, which is excluded', { notWithin: 60 }, 59, 'miss'],
    ['never, so not within', { within: 60 }, undefined, 'miss'],
    ['never is meant', { notWithin: 60 }, undefined, 'hit'],
  ])('last sign-in: %s', (_, lastSignIn, age, expected) => {
    const now = 1_800_000_000;
    const base = factsOf({ now, subject: ann });
    const given = { ...base, ...(age !== undefined && { lastSignIn: now - age }) };
    expect(resultOf({ lastSignIn }, given)).toEqual([expected]);
    expect(resultOf({ lastSignIn }, unidentified)).toEqual(['unknown']);
  });

  test.each<[string, ConditionOf<'device'>, Partial<Facts['device']>, ConditionResult]>([
    ['managed', { managed: true }, { registered: true, managed: true }, 'hit'],
    ['and so registered', { registered: true }, { registered: true, managed: true }, 'hit'],
    ['registered alone', { managed: true }, { registered: true }, 'miss'],
    ['nothing is known of it', { registered: true }, {}, 'miss'],
    ['not managed, which nothing says', { managed: false }, {}, 'hit'],
    ['an assurance', { assurance: { any: ['a', 'b'] } }, { assurances: ['b'] }, 'hit'],
    ['both assurances', { assurance: { all: ['a', 'b'] } }, { assurances: ['b'] }, 'miss'],
    ['no assurance', { assurance: { none: ['a'] } }, {}, 'hit'],
  ])('device: %s', (_, device, more, expected) => {
    const given = factsOf({ device: { known: false, platform: 'desktop', os: 'linux', ...more } });
    // It is about no user.
    expect(resultOf({ device }, given)).toEqual([expected]);
  });

  const risky = riskOf(['newDevice', 'newCountry'], [], riskScoring);
  const unclear = riskOf(['newDevice'], ['newCountry', 'impossibleTravel'], riskScoring);
  test.each<[string, ConditionOf<'risk'>, Facts['risk'], ConditionResult]>([
    ['nothing is unusual', { atLeast: 'medium' }, undefined, 'miss'],
    ['nothing is below', { below: 'medium' }, undefined, 'hit'],
    ['50 points are medium', { atLeast: 'medium' }, risky, 'hit'],
    ['and not high', { atLeast: 'high' }, risky, 'miss'],
    ['so below high', { below: 'high' }, risky, 'hit'],
    ['one of them', { any: ['longAway', 'newCountry'] }, risky, 'hit'],
    ['another one', { any: ['longAway'] }, risky, 'miss'],
    ['none of others', { none: ['longAway'] }, risky, 'hit'],
    ['but of these', { none: ['newDevice', 'longAway'] }, risky, 'miss'],
    ['what is not known may be high', { atLeast: 'high' }, unclear, 'error'],
    ['and so not below', { below: 'high' }, unclear, 'error'],
    ['a signal that is not known', { any: ['newCountry'] }, unclear, 'error'],
    ['and none of it', { none: ['newCountry'] }, unclear, 'error'],
    ['beside one that is there', { any: ['newCountry', 'newDevice'] }, unclear, 'hit'],
    ['one that has nothing to do with it', { any: ['longAway'] }, unclear, 'miss'],
    [
      'what is not known and changes nothing',
      { atLeast: 'medium' },
      riskOf(['newDevice', 'newCountry'], ['newNetwork'], riskScoring),
      'hit',
    ],
  ])('risk: %s', (_, risk, is, expected) => {
    const proved = { ...known, evidence: [proof('password', 60, { subject: ann.id })], ...(is && { risk: is }) };
    expect(resultOf({ risk }, proved)).toEqual([expected]);
    expect(resultOf({ risk }, { ...unidentified, ...(is && { risk: is }) })).toEqual(['unknown']);
    // Before the first proof an account must look like none.
    expect(resultOf({ risk }, { ...proved, evidence: [] })).toEqual(resultOf({ risk }, known));
  });

  test.each<[string, ConditionOf<'distance'>, Facts['distance'], ConditionResult]>([
    ['near', { within: 100 }, 99, 'hit'],
    ['just too far', { within: 100 }, 100, 'miss'],
    ['far away', { notWithin: 100 }, 100, 'hit'],
    ['not far away', { notWithin: 100 }, 99, 'miss'],
    ['no usual place, so not far away', { notWithin: 100 }, undefined, 'miss'],
    ['no usual place, so within', { within: 100 }, undefined, 'hit'],
    ['nowhere, so not within', { notWithin: 20_000 }, 'nowhere', 'hit'],
    ['nowhere is not near', { within: 20_000 }, 'nowhere', 'miss'],
    ['not found out', { within: 100 }, 'unknown', 'error'],
    ['nor the other way round', { notWithin: 100 }, 'unknown', 'error'],
  ])('distance: %s', (_, distance, is, expected) => {
    const proved = {
      ...known,
      evidence: [proof('password', 60, { subject: ann.id })],
      ...(is !== undefined && { distance: is }),
    };
    expect(resultOf({ distance }, proved)).toEqual([expected]);
    expect(resultOf({ distance }, unidentified)).toEqual(['unknown']);
    expect(resultOf({ distance }, { ...proved, evidence: [] })).toEqual(['within' in distance ? 'hit' : 'miss']);
  });

  test('`not` is the exact complement of the condition inside it', () => {
    const valueTests = attributeTest.map(({ present: _p, not: _n, ...value }) => value);
    fc.assert(
      fc.property(
        valueTests.filter((drawn) => Object.keys(drawn).length > 0),
        facts,
        (of, about) => {
          const [is] = resultOf({ attributes: { a: of } }, about);
          const [isNot] = resultOf({ attributes: { a: { not: of } } }, about);
          expect([is, isNot].sort()).toEqual(['hit', 'miss']);
        },
      ),
      seeded(300),
    );
  });

  test.each([
    [true, true, 'hit'],
    [true, false, 'miss'],
    [false, false, 'hit'],
    [false, true, 'miss'],
  ] as const)('device known: wanted %s, is %s: %s', (wanted, is, expected) => {
    const device = { known: is, platform: 'desktop', os: 'linux' } as const;
    expect(resultOf({ device: { known: wanted } }, factsOf({ subject: ann, device }))).toEqual([expected]);
    expect(resultOf({ device: { known: wanted } }, factsOf({ device }))).toEqual(['unknown']);
  });
});

describe('conditions about the request', () => {
  const given = factsOf({
    network: { ip: '192.0.2.1', zones: ['office', 'europe'] },
    device: { known: true, platform: 'mobile', os: 'ios' },
    request: { scopes: ['openid', 'email'] },
  });
  test.each<[string, Conditions, readonly ConditionResult[]]>([
    ['nothing', {}, []],
    ['zone in any', { network: { any: ['office', 'vpn'] } }, ['hit']],
    ['zone not in any', { network: { any: ['vpn'] } }, ['miss']],
    ['all zones', { network: { all: ['office', 'europe'] } }, ['hit']],
    ['excluded zone', { network: { none: ['office'] } }, ['miss']],
    ['zone that is not excluded', { network: { none: ['vpn'] } }, ['hit']],
    ['platform', { device: { platform: ['mobile'] } }, ['hit']],
    ['another platform', { device: { platform: ['desktop', 'other'] } }, ['miss']],
    ['system', { device: { os: ['ios', 'android'] } }, ['hit']],
    ['platform and another system', { device: { platform: ['mobile'], os: ['android'] } }, ['hit', 'miss']],
    ['scope', { scopes: { any: ['email'] } }, ['hit']],
    ['scope not asked for', { scopes: { all: ['email', 'phone'] } }, ['miss']],
    ['excluded scope', { scopes: { none: ['email'] } }, ['miss']],
  ])('%s', (_, when, expected) => {
    expect(resultOf(when, given)).toEqual(expected);
  });

  test('no zone at all is in none of them', () => {
    const outside = factsOf({ network: { ip: '', zones: [] } });
    expect(resultOf({ network: { none: ['office'] } }, outside)).toEqual(['hit']);
    expect(resultOf({ network: { any: ['office'] } }, outside)).toEqual(['miss']);
  });
});

test.each<[string, ConditionOf<'network'>, ConditionResult]>([
  ['any, by a zone that is known', { any: ['cloud', 'office'] }, 'hit'],
  ['any, of the unknown one', { any: ['cloud', 'vpn'] }, 'error'],
  ['all, one of which misses', { all: ['cloud', 'vpn'] }, 'miss'],
  ['all, with the unknown one', { all: ['office', 'cloud'] }, 'error'],
  ['none, of which one is there', { none: ['cloud', 'office'] }, 'miss'],
  ['none, of the unknown one', { none: ['cloud'] }, 'error'],
  ['any misses, whatever the unknown one is', { any: ['vpn'], none: ['cloud'] }, 'miss'],
  ['without the unknown one', { any: ['office'], none: ['vpn'] }, 'hit'],
])('a zone of which nothing is known: %s', (_, network, expected) => {
  const given = factsOf({ network: { ip: '192.0.2.1', zones: ['office'], unknownZones: ['cloud'] } });
  expect(resultOf({ network }, given)).toEqual([expected]);
});

describe('how the user signed in', () => {
  test.each<[string, ConditionOf<'authenticated'>, readonly string[], ConditionResult]>([
    ['one of any', { any: ['webauthn', 'totp'] }, ['password', 'totp'], 'hit'],
    ['none of any', { any: ['webauthn'] }, ['password'], 'miss'],
    ['all', { all: ['password', 'totp'] }, ['totp', 'password'], 'hit'],
    ['one of all is missing', { all: ['password', 'totp'] }, ['password'], 'miss'],
    ['any and all together', { any: ['email'], all: ['password'] }, ['password'], 'miss'],
    ['nothing was proved', { any: ['email'] }, [], 'miss'],
  ])('%s', (_, authenticated, signedInWith, expected) => {
    expect(resultOf({ authenticated }, { ...known, signedInWith })).toEqual([expected]);
    expect(resultOf({ authenticated }, known)).toEqual(['unknown']);
    expect(resultOf({ authenticated }, { ...unidentified, signedInWith })).toEqual(['unknown']);
  });
});

describe('time', () => {
  // 1 January 2026 was a Thursday; 29 March and 25 October 2026 are the changes of summer time in Berlin.
  const at = (iso: string) => factsOf({ now: Date.parse(iso) / 1000 });
  const hours = { zone: 'Europe/Berlin', from: 8 * 60, to: 18 * 60 };
  const night = { zone: 'Europe/Berlin', from: 22 * 60, to: 6 * 60 };
  test.each<[string, NonNullable<Conditions['time']>, string, ConditionResult]>([
    ['first minute', hours, '2026-01-01T07:00:00Z', 'hit'],
    ['minute before', hours, '2026-01-01T06:59:59Z', 'miss'],
    ['last second', hours, '2026-01-01T16:59:59Z', 'hit'],
    ['end is outside', hours, '2026-01-01T17:00:00Z', 'miss'],
    ['in summer an hour earlier in UTC', hours, '2026-07-01T06:00:00Z', 'hit'],
    ['at the end of summer time', { zone: 'Europe/Berlin', from: 120, to: 180 }, '2026-10-25T01:30:00Z', 'hit'],
    ['an hour that is skipped', { zone: 'Europe/Berlin', from: 120, to: 180 }, '2026-03-29T01:30:00Z', 'miss'],
    ['day', { zone: 'UTC', days: [4] }, '2026-01-01T12:00:00Z', 'hit'],
    ['another day', { zone: 'UTC', days: [0, 1, 2, 3, 5, 6] }, '2026-01-01T12:00:00Z', 'miss'],
    ['day in the zone, not in UTC', { zone: 'Pacific/Auckland', days: [5] }, '2026-01-01T12:00:00Z', 'hit'],
    ['midnight is the new day', { zone: 'UTC', days: [5] }, '2026-01-02T00:00:00Z', 'hit'],
    ['from midnight', { zone: 'UTC', from: 0, to: 1 }, '2026-01-02T00:00:30Z', 'hit'],
    ['open end', { zone: 'UTC', from: 23 * 60 }, '2026-01-02T23:59:59Z', 'hit'],
    ['night before midnight', night, '2026-01-01T21:30:00Z', 'hit'],
    ['first minute of the night', night, '2026-01-01T21:00:00Z', 'hit'],
    ['night after midnight', night, '2026-01-01T04:59:00Z', 'hit'],
    ['night is over', night, '2026-01-01T05:00:00Z', 'miss'],
    ['day is not night', night, '2026-01-01T12:00:00Z', 'miss'],
    ['Thursday night ends on Friday', { ...night, days: [4] }, '2026-01-02T04:00:00Z', 'hit'],
    ['Thursday morning is Wednesday night', { ...night, days: [4] }, '2026-01-01T04:00:00Z', 'miss'],
    ['an empty window', { zone: 'UTC', from: 600, to: 600 }, '2026-01-01T10:00:00Z', 'miss'],
  ])('%s', (_, time, iso, expected) => {
    expect(resultOf({ time }, at(iso))).toEqual([expected]);
  });

  test('the same condition gives each minute its own answer', () => {
    const [condition] = compileConditions({ time: hours });
    const ask = (iso: string) => condition?.test(at(iso));
    expect([ask('2026-01-01T06:59:00Z'), ask('2026-01-01T07:00:00Z'), ask('2026-01-01T06:59:30Z')]).toEqual([
      'miss',
      'hit',
      'miss',
    ]);
  });
});

test('a condition that is not known is refused, not left out', () => {
  expect(() => compileConditions({ grops: { any: ['admins'] } } as Conditions)).toThrow('unknown condition: grops');
});

test('a time zone that does not exist is refused', () => {
  expect(() => compileConditions({ time: { zone: 'Europe/Nowhere' } })).toThrow(RangeError);
});

test('what the user brings along varies from one sign-in to the next', () => {
  const varying = Object.entries(conditionDescriptors).filter(([, { varies }]) => varies);
  expect(varying.map(([name]) => name)).toEqual([
    'network',
    'device',
    'scopes',
    'claims',
    'time',
    'accountAge',
    'lastSignIn',
    'risk',
    'distance',
    'recovered',
    'authenticated',
    'expression',
  ]);
});

test('each test has the name of its condition', () => {
  const when: Conditions = { attributes: { department: {} }, groups: {}, device: { known: true, os: [] } };
  expect(compileConditions(when).map(({ name }) => name)).toEqual([
    'groups',
    'device.known',
    'device.os',
    'attributes.department',
  ]);
});

describe('any conditions and facts', () => {
  const namedResults = (when: Conditions, of: Facts) =>
    leavesOf(compileConditions(when)).map(({ name, test: resultFor }) => ({ name, result: resultFor(of) }));
  const { subject: _, ...withoutSubject } = factArbitraries;
  const before = fc.record(withoutSubject);

  test('each is a hit or a miss once the user has signed in, or fails', () => {
    const results = new Set<ConditionResult>();
    fc.assert(
      fc.property(conditions, factsAfterSignIn, (when, of) => {
        for (const result of resultOf(when, of)) results.add(result);
      }),
      seeded(500),
    );
    expect([...results].sort()).toEqual(['error', 'hit', 'miss']);
  });

  test('of an identified user, only how they sign in is unknown, and only until they have', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(conditions, factsAfterSignIn, (when, { signedInWith: _signedIn, ...of }) => {
        for (const { name, result } of namedResults(when, of)) if (result === 'unknown') seen.add(name);
      }),
      seeded(500),
    );
    expect([...seen]).toEqual(['authenticated']);
  });

  test('a decision from before the user has identified does not change afterwards', () => {
    fc.assert(
      fc.property(conditions, before, facts, (when, of, { subject }) => {
        const after = namedResults(when, { ...of, subject });
        const decided = namedResults(when, of).filter(({ result }) => result !== 'unknown');
        expect(after).toEqual(expect.arrayContaining(decided));
      }),
      seeded(500),
    );
  });

  test('a condition that does not vary has the same result at any other sign-in of the user to the app', () => {
    fc.assert(
      fc.property(conditions, facts, facts, (when, of, { now, network, device, request: { scopes } }) => {
        const other: Facts = { ...of, now, network, device, request: { ...of.request, scopes } };
        for (const condition of compileConditions(when)) {
          const anywhere = resultAnywhere(condition, of);
          if (anywhere !== 'unknown') expect([anywhere, anywhere]).toEqual([condition.test(of), condition.test(other)]);
          if (!condition.varies) expect(anywhere).toBe(condition.test(of));
        }
      }),
      seeded(500),
    );
  });

  test('the first rule whose conditions all hold decides, unless one before it fails', () => {
    const rulesOf = (whens: readonly Conditions[]) =>
      whens.map((when, index) => ({ name: `${index}`, when, then: { kind: 'deny' as const } }));
    fc.assert(
      fc.property(fc.array(conditions, { maxLength: 4 }), factsAfterSignIn, (whens, of) => {
        const results = whens.map((when) => allOf(resultOf(when, of)));
        const first = results.findIndex((result) => result === 'hit' || result === 'error');
        const { rule, failed } = findRule(compilePolicy({ name: 'any', rules: rulesOf(whens) }), of);
        expect(rule?.name).toBe(results[first] === 'hit' ? `${first}` : undefined);
        expect(failed?.name).toBe(results[first] === 'error' ? `${first}` : undefined);
      }),
      seeded(500),
    );
  });
});
