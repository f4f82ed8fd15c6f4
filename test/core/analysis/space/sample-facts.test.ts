/** The search for facts to which two rules both apply. */

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sampleFacts } from '../../../../src/core/analysis/space/sample-facts.ts';
import type { ConditionOf, Conditions } from '../../../../src/core/model/conditions.ts';
import type { Facts } from '../../../../src/core/model/facts.ts';
import { compileConditions } from '../../../../src/core/policy/rules/condition-table.ts';
import { localTimeIn } from '../../../../src/core/policy/values/local-time.ts';
import { seeded } from '../../support/seeded.ts';

type TimeWindow = ConditionOf<'time'>;

function holds(when: Conditions, facts: Facts): boolean {
  return compileConditions(when).every(({ test: holdsOne }) => holdsOne(facts) === 'hit');
}

/** Samples that meet both conditions, and none of the rules before them. */
function common(one: Conditions, other: Conditions, before: readonly Conditions[] = []): readonly Facts[] {
  return sampleFacts({ one, other, rest: before, clientId: 'notes' }).filter(
    (facts) => holds(one, facts) && holds(other, facts) && !before.some((when) => holds(when, facts)),
  );
}

const at = (from: string, to: string, zone = 'UTC', days?: readonly number[]): Conditions => {
  const minutes = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
  return { time: { from: minutes(from), to: minutes(to), zone, ...(days && { days }) } };
};

describe('two conditions have common samples', () => {
  test.each<[string, Conditions, Conditions, boolean]>([
    ['no conditions', {}, {}, true],
    ['a group in both lists', { groups: { any: ['a', 'b'] } }, { groups: { any: ['c', 'b'] } }, true],
    ['a group that one needs', { groups: { all: ['a'] } }, {}, true],
    ['a group that only one names', { groups: { any: ['a'] } }, { groups: { any: ['b'] } }, false],
    ['a group that one excludes', { groups: { any: ['a'] } }, { groups: { none: ['a'] } }, false],
    ['a user and a user type', { users: { any: ['ann'] } }, { userType: { any: ['staff'] } }, true],
    ['a zone that only one names', { network: { any: ['office'] } }, { network: { any: ['vpn'] } }, false],
    ['a user whom only one names', { users: { any: ['ann'] } }, { users: { any: ['bob'] } }, false],
    ['a type that only one names', { userType: { any: ['staff'] } }, { userType: { any: ['guest'] } }, false],
    ['two zones', { network: { any: ['office'] } }, { network: { any: ['office', 'vpn'] } }, true],
    ['scopes of both', { scopes: { any: ['email'] } }, { scopes: { all: ['openid', 'phone'] } }, true],
    ['the app', { apps: { any: ['notes'] } }, {}, true],
    ['another app', { apps: { none: ['notes'] } }, {}, false],
    ['a known device in the first', { device: { known: true } }, {}, true],
    ['a known device in the second', {}, { device: { known: true } }, true],
    ['a known device beside a platform', { device: { platform: ['mobile'] } }, { device: { known: true } }, true],
    ['a new device in the second', {}, { device: { known: false } }, true],
    ['a known and a new device', { device: { known: true } }, { device: { known: false } }, false],
    [
      'platforms that overlap',
      { device: { platform: ['mobile', 'other'] } },
      { device: { platform: ['other'] } },
      true,
    ],
    ['systems that overlap', { device: { os: ['ios', 'android'] } }, { device: { os: ['linux', 'android'] } }, true],
    ['managed and registered', { device: { managed: true } }, { device: { registered: true } }, true],
    ['managed and not registered', { device: { managed: true } }, { device: { registered: false } }, false],
    ['two assurances', { device: { assurance: { any: ['a'] } } }, { device: { assurance: { any: ['b'] } } }, false],
    ['one assurance', { device: { assurance: { any: ['a'] } } }, { device: { assurance: { all: ['a'] } } }, true],
    ['a sign-in not long ago', { lastSignIn: { within: 60 } }, { lastSignIn: { within: 3600 } }, true],
    ['no sign-in for long', { lastSignIn: { notWithin: 60 } }, {}, true],
    ['young accounts', { accountAge: { below: 60 } }, { accountAge: { below: 3600 } }, true],
    ['old accounts', { accountAge: { atLeast: 60 } }, { accountAge: { atLeast: 3600 } }, true],
    ['an age between', { accountAge: { atLeast: 60, below: 3600 } }, {}, true],
    ['numbers', { attributes: { a: { atLeast: 2 } } }, { attributes: { b: { below: 2 }, c: { above: 3 } } }, true],
    ['an attribute that is absent', { attributes: { a: { not: { equals: 1 } } } }, {}, true],
    ['an attribute that is there', { attributes: { a: { present: true } } }, {}, true],
    [
      'a group of the second alternative',
      { any: [{ groups: { any: ['a'] } }, { groups: { any: ['b'] } }] },
      { groups: { any: ['b'] } },
      true,
    ],
    [
      'no alternative that both have',
      { any: [{ groups: { any: ['a'] } }, { network: { any: ['office'] }, groups: { any: ['c'] } }] },
      { groups: { any: ['b'] } },
      false,
    ],
    [
      'alternatives of both',
      { any: [{ userType: { any: ['a'] } }, { network: { any: ['office'] } }] },
      { userType: { any: ['b'] }, any: [{ network: { any: ['vpn'] } }, { network: { any: ['office'] } }] },
      true,
    ],
    [
      'attributes',
      { attributes: { a: { equals: 1 } } },
      { attributes: { b: { matches: 'x*y' }, c: { in: [2] } } },
      true,
    ],
  ])('%s', (_, one, other, expected) => {
    expect(common(one, other).length > 0).toBe(expected);
    expect(common(other, one).length > 0).toBe(expected);
  });
});

describe('time windows have common samples', () => {
  test.each<[string, Conditions, Conditions, boolean]>([
    ['a window between two quarter hours', at('08:01', '08:14'), {}, true],
    ['a window of one minute', at('08:07', '08:08'), {}, true],
    ['two windows that overlap for a minute', at('08:00', '08:08'), at('08:07', '09:00'), true],
    ['two windows that touch', at('08:00', '08:07'), at('08:07', '09:00'), false],
    ['a window within another', at('08:00', '09:00'), at('08:20', '08:21'), true],
    ['a window over midnight', at('23:58', '00:01'), at('00:00', '00:01'), true],
    [
      'the end of a night that began on a named day',
      at('22:00', '06:00', 'UTC', [5]),
      at('05:59', '06:00', 'UTC', [6]),
      true,
    ],
    ['the morning before such a night', at('22:00', '06:00', 'UTC', [5]), at('05:59', '06:00', 'UTC', [5]), false],
    ['two days', at('08:00', '09:00', 'UTC', [1]), at('08:00', '09:00', 'UTC', [2]), false],
    ['a day alone', { time: { days: [3], zone: 'Asia/Kathmandu' } }, at('18:14', '18:15', 'UTC', [3]), true],
    [
      'the minute after that day',
      { time: { days: [3], zone: 'Asia/Kathmandu' } },
      at('18:15', '18:16', 'UTC', [3]),
      false,
    ],
    ['an offset of three quarters of an hour', at('08:01', '08:02', 'Asia/Kathmandu'), at('02:16', '02:17'), true],
    ['winter only', at('08:01', '08:02', 'Europe/Berlin'), at('07:01', '07:02'), true],
    ['summer only', at('08:01', '08:02', 'Europe/Berlin'), at('06:01', '06:02'), true],
    ['neither winter nor summer', at('08:01', '08:02', 'Europe/Berlin'), at('05:01', '05:02'), false],
    ['summer time of half an hour', at('08:01', '08:02', 'Australia/Lord_Howe'), at('21:31', '21:32'), true],
    [
      'only while one of two zones has summer time',
      at('08:01', '08:02', 'Europe/Berlin'),
      at('03:01', '03:02', 'America/New_York'),
      true,
    ],
    [
      'an hour that one Sunday has twice',
      at('02:10', '02:11', 'Europe/Berlin', [0]),
      at('01:10', '01:11', 'UTC', [0]),
      true,
    ],
  ])('%s', (_, one, other, expected) => {
    expect(common(one, other).length > 0).toBe(expected);
    expect(common(other, one).length > 0).toBe(expected);
  });

  test('that no rule before them covers', () => {
    const before = [at('07:00', '08:03'), at('08:05', '10:00')];
    expect(common(at('08:00', '09:00'), {}, before).length).toBeGreaterThan(0);
    expect(common(at('08:00', '09:00'), {}, [...before, at('08:03', '08:05')])).toEqual([]);
  });

  test('and no samples outside of them', () => {
    const [one, other] = [at('08:00', '09:00'), at('08:30', '10:00', 'UTC', [1])];
    const samples = sampleFacts({ one, other, rest: [at('07:00', '08:45')], clientId: 'notes' });
    expect(samples.length).toBeGreaterThan(1);
    for (const facts of samples) expect(holds(one, facts) && holds(other, facts)).toBe(true);
  });

  test('where only a rule before them names a time', () => {
    expect(common({}, {}, [at('00:00', '23:59')]).length).toBeGreaterThan(0);
  });

  test('whenever a minute of a week in winter or summer lies in both', () => {
    const day = 1440;
    const weeks = ['2027-01-10T00:00:00Z', '2027-07-11T00:00:00Z'].map((iso) => Date.parse(iso) / 1000);
    const minutes = weeks.flatMap((start) => Array.from({ length: 7 * day }, (_, minute) => start + minute * 60));
    const zones = ['UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'America/St_Johns'];
    const local = new Map(zones.map((zone) => [zone, minutes.map(localTimeIn(zone))]));
    const isIn = ({ zone, days, from = 0, to = day }: TimeWindow, index: number): boolean => {
      const now = local.get(zone)?.[index] ?? { day: 0, minute: 0 };
      const began = from > to && now.minute < to ? (now.day + 6) % 7 : now.day;
      const inHours = from > to ? now.minute >= from || now.minute < to : now.minute >= from && now.minute < to;
      return inHours && (days === undefined || days.includes(began));
    };
    const minute = fc.integer({ min: 0, max: day - 1 });
    const timeWindow: fc.Arbitrary<TimeWindow> = fc
      .record({
        zone: fc.constantFrom(...zones),
        from: minute,
        length: fc.integer({ min: 1, max: 400 }),
        days: fc.option(fc.subarray([0, 1, 2, 3, 4, 5, 6], { minLength: 1 }), { nil: undefined }),
      })
      .map(({ zone, from, length, days }) => ({ zone, from, to: (from + length) % day, ...(days && { days }) }));
    fc.assert(
      fc.property(timeWindow, timeWindow, (one, other) => {
        const overlaps = minutes.some((_, index) => isIn(one, index) && isIn(other, index));
        if (overlaps) expect(common({ time: one }, { time: other })).not.toEqual([]);
      }),
      seeded(100),
    );
  });
});

test('what no condition names is as plain as can be', () => {
  const [facts] = sampleFacts({ one: {}, other: {}, rest: [], clientId: 'notes' });
  expect(facts).toMatchObject({
    request: { clientId: 'notes', scopes: [], acrValues: [], acrEssential: false, promptLogin: false },
    evidence: [],
    network: { zones: [] },
    device: { known: false, platform: 'desktop', os: 'other' },
    subject: { identifiers: [], groups: [], profile: {} },
  });
  expect(facts?.subject).not.toHaveProperty('userType');
  // Windows of time are in minutes.
  expect(Number(facts?.now) % 60).toBe(0);
});
