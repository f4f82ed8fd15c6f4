/** The moments at which time windows begin or end. */

import { describe, expect, jest, test } from '@jest/globals';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { ConditionOf, Conditions } from '../../../../src/core/model/conditions.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { compileConditions } from '../../../../src/core/policy/rules/condition-table.ts';
import { windowBorders, windowsTogether } from '../../../../src/core/policy/values/window-borders.ts';
import { factsOf } from '../../support/fixtures.ts';
import { ruleVerdicts } from '../../support/rule-verdicts.ts';
import { universe } from '../../support/universe.ts';

type TimeWindow = ConditionOf<'time'>;

const sunday = 0;
const friday = 5;
const saturday = 6;
const clock = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
const during = (from: string, to: string, more: Partial<TimeWindow> = {}): TimeWindow => {
  return { zone: 'UTC', from: clock(from), to: clock(to), ...more };
};

function bordersOf(...windows: readonly TimeWindow[]): readonly string[] {
  return windowBorders(windows)
    .map((moment) => new Date(moment * 1000).toISOString().replace(':00.000Z', ''))
    .toSorted();
}

describe('the borders of a window', () => {
  test.each<[string, TimeWindow, readonly string[]]>([
    [
      'on one day are its beginning and its end',
      during('08:01', '17:30', { days: [friday] }),
      ['2027-01-08T08:01', '2027-01-08T17:30'],
    ],
    [
      'over midnight end on the day after',
      during('22:00', '06:00', { days: [friday] }),
      ['2027-01-08T22:00', '2027-01-09T06:00'],
    ],
    [
      'over the end of the week end at the beginning of it',
      during('22:00', '06:00', { days: [saturday] }),
      ['2027-01-03T06:00', '2027-01-09T22:00'],
    ],
    ['that is empty are one moment', during('10:00', '10:00', { days: [sunday] }), ['2027-01-03T10:00']],
    [
      'without hours are midnight and midnight',
      { zone: 'UTC', days: [friday] },
      ['2027-01-08T00:00', '2027-01-09T00:00'],
    ],
    [
      'without days are there on every day',
      during('08:00', '08:01'),
      ['03', '04', '05', '06', '07', '08', '09'].flatMap((day) => [`2027-01-${day}T08:00`, `2027-01-${day}T08:01`]),
    ],
    [
      'east of Greenwich are earlier',
      during('08:01', '08:02', { days: [friday], zone: 'Asia/Kathmandu' }),
      ['2027-01-08T02:16', '2027-01-08T02:17'],
    ],
    [
      'west of Greenwich are later, the last of the week at its beginning',
      during('22:00', '23:00', { days: [saturday], zone: 'America/Bogota' }),
      ['2027-01-03T03:00', '2027-01-03T04:00'],
    ],
  ])('%s', (_, window, expected) => {
    expect(bordersOf(window)).toEqual(expected);
  });

  test('follow the clocks: in winter, in summer, and in both weeks of a change as on both sides of it', () => {
    expect(bordersOf(during('12:00', '12:01', { days: [friday], zone: 'Europe/Berlin' }))).toEqual([
      ...['2027-01-08T11:00', '2027-01-08T11:01'],
      ...['2027-04-02T10:00', '2027-04-02T10:01', '2027-04-02T11:00', '2027-04-02T11:01'],
      ...['2027-04-09T10:00', '2027-04-09T10:01'],
      ...['2027-11-05T10:00', '2027-11-05T10:01', '2027-11-05T11:00', '2027-11-05T11:01'],
    ]);
  });

  test('are those of each window in its own zone, in every week in which one of the zones has another offset', () => {
    const windows = [
      during('08:00', '09:00', { days: [friday], zone: 'Asia/Kathmandu' }),
      during('12:00', '13:00', { days: [friday], zone: 'America/New_York' }),
    ];
    const kathmandu = (day: string) => [`${day}T02:15`, `${day}T03:15`];
    const summer = (day: string) => [`${day}T16:00`, `${day}T17:00`];
    const winter = (day: string) => [`${day}T17:00`, `${day}T18:00`];
    const change = (day: string) => [`${day}T16:00`, `${day}T17:00`, `${day}T18:00`];
    expect(bordersOf(...windows)).toEqual([
      ...[...kathmandu('2027-01-08'), ...winter('2027-01-08')],
      ...[...kathmandu('2027-03-19'), ...change('2027-03-19')],
      ...[...kathmandu('2027-03-26'), ...summer('2027-03-26')],
      ...[...kathmandu('2027-11-12'), ...change('2027-11-12')],
    ]);
  });
});

test('whatever windows are open together at some moment of a year, they are open together at a border', () => {
  const windows = [
    during('08:00', '18:00', { zone: 'Europe/Berlin', days: [1, 2, 3, 4, 5] }),
    during('22:00', '04:00', { zone: 'America/Sao_Paulo', days: [friday, saturday] }),
    during('03:00', '04:00', { zone: 'America/New_York' }),
    during('17:00', '19:00', { zone: 'Australia/Sydney', days: [sunday, 2] }),
  ];
  const tests = windows.flatMap((time) => compileConditions({ time }));
  const openAt = (now: number) => tests.map((condition) => condition.test(factsOf({ now }))).join();
  const begin = Date.parse('2027-01-03T00:00:00Z') / 1000;
  const hours = Array.from({ length: 365 * 24 }, (_, hour) => begin + hour * 3600);
  const together = new Set(hours.map(openAt));
  expect(together.size).toBeGreaterThan(5);
  expect(new Set(windowBorders(windows).map(openAt))).toEqual(together);
});

describe('windows that are open together', () => {
  const openTo = (windows: readonly TimeWindow[]) => {
    const tests = windows.flatMap((time) => compileConditions({ time }));
    return (now: number) => tests.map((condition) => (condition.test(factsOf({ now })) === 'hit' ? '1' : '0')).join('');
  };

  test.each<[string, readonly TimeWindow[]]>([
    [
      'in several zones',
      [
        during('08:00', '18:00', { zone: 'Europe/Berlin', days: [1, 2, 3, 4, 5] }),
        during('22:00', '04:00', { zone: 'America/Sao_Paulo', days: [friday, saturday] }),
        during('03:00', '04:00', { zone: 'America/New_York' }),
        during('17:00', '19:00', { zone: 'Australia/Lord_Howe', days: [sunday, 2] }),
      ],
    ],
    [
      'around the hour that a clock skips, and the one that it has twice',
      ['01', '02', '03'].map((hour) => during(`${hour}:10`, `${hour}:50`, { zone: 'Europe/Berlin', days: [sunday] })),
    ],
    [
      'over the end of the week, empty, or all day',
      [
        during('22:00', '06:00', { days: [saturday] }),
        during('10:00', '10:00'),
        { zone: 'Asia/Kathmandu' },
        { zone: 'America/Bogota', days: [sunday] },
      ],
    ],
  ])('%s are those of every moment of a year, each at a moment of its own', (_, windows) => {
    const openAt = openTo(windows);
    const together = windowsTogether(windows, 1000) ?? [];
    expect(together.map(({ now }) => openAt(now))).toEqual(together.map(({ open }) => open));
    const begin = Date.parse('2027-01-03T00:00:00Z') / 1000;
    const moments = Array.from({ length: 364 * 24 * 6 }, (_item, at) => begin + at * 600);
    expect(new Set(together.map(({ open }) => open))).toEqual(new Set(moments.map(openAt)));
    expect(new Set(together.map(({ open }) => open)).size).toBe(together.length);
  });

  test('are not counted beyond a limit', () => {
    const windows = [during('08:00', '10:00'), during('09:00', '11:00')];
    expect(windowsTogether(windows, 4)).toHaveLength(4);
    expect(windowsTogether(windows, 3)).toBeUndefined();
  });
});

describe('an analysis of many windows', () => {
  const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Sydney', 'America/Santiago', 'Asia/Kolkata', 'UTC'];
  const many = (length: number): readonly TimeWindow[] =>
    Array.from({ length }, (_, at) => {
      const from = (at * 67) % 1440;
      return { zone: zones[at % zones.length] ?? '', from, to: (from + 200 + at) % 1440 };
    });
  test('asks what the clocks say for each zone, and not for each window', () => {
    const asked = jest.spyOn(Intl.DateTimeFormat.prototype, 'formatToParts');
    ruleSpace(
      many(60).map((time) => ({ time })),
      universe(),
    );
    expect(asked.mock.calls.length).toBeLessThan(1000);
    asked.mockRestore();
  });

  test('is undecided where too many sets of them are open together, and is never wrong', () => {
    const [first, ...others] = many(400).map((time) => ({ time }));
    if (first === undefined) throw new Error('no window');
    const whens = [first, first, others[1] ?? {}];
    const rules = whens.map((when, at) => ({ name: String(at), when }));
    const verdictsAmong = (all: readonly Conditions[]) =>
      ruleVerdicts(compilePolicy({ name: 'policy', rules }), ruleSpace(all, universe()));
    expect(verdictsAmong(whens).map(({ kind }) => kind)).toEqual(['decides', 'shadowed', 'decides']);
    const [one, same, other] = verdictsAmong([...whens, ...others]);
    expect(one).toEqual({ kind: 'undecided', ranOut: true });
    expect(same?.kind).toBe('shadowed');
    expect(other).toEqual({ kind: 'undecided', ranOut: true });
  });
});
