/** The condition `time`: days of the week and a window of hours, in a time zone. */

import type { ConditionOf, ConditionResult } from '../../model/conditions.ts';
import { oneWeek } from '../../model/durations.ts';
import type { Facts, Seconds } from '../../model/facts.ts';
import { type ConditionDescriptor, resultOf } from '../condition-descriptor.ts';
import { among, type ConditionPart, type Formula, isYes, type Universe, type Variable } from '../theories/theory.ts';
import { type LocalTime, localTimeIn } from '../values/local-time.ts';
import { type OpenWindows, windowsTogether } from '../values/window-borders.ts';

export const timeCondition: ConditionDescriptor<'time'> = {
  about: 'circumstance',
  units: { days: 'dayOfWeek', from: 'minuteOfDay', to: 'minuteOfDay' },
  compile: (time) => [{ name: 'time', test: timeTest(time) }],
  varies: true,
  theory: timeTheory,
};

/** With more sets of simultaneously open windows, each step of a search would be too slow. */
const tooManySets = 2_000;

/**
 * All moments inside the same windows are one class. If there are too many classes, the windows are treated as
 * independent of each other.
 */
function timeTheory(
  windows: readonly ConditionOf<'time'>[],
  { notBefore }: Pick<Universe, 'notBefore'>,
): (window: ConditionOf<'time'>) => readonly ConditionPart[] {
  const keyOf = (window: ConditionOf<'time'>) => JSON.stringify(window);
  const distinct = new Map(windows.map((window) => [keyOf(window), window]));
  const together = windowsTogether([...distinct.values()], tooManySets);
  const later = together && notBefore !== undefined ? onceLater(together, [...distinct.values()], notBefore) : together;
  const formulas = later ? formulasOf([...distinct.keys()], later) : freeFormulas([...distinct.keys()]);
  return (window) => [{ path: [], formula: formulas.get(keyOf(window)) ?? { any: [] } }];
}

/**
 * Each year clocks change in other weeks, so windows that were open together may be so again only a year later. 54
 * weeks contain a whole year.
 */
const mostWeeks = 54;

/** The same windows are open in some week from then on. */
function onceLater(
  together: readonly OpenWindows[],
  windows: readonly ConditionOf<'time'>[],
  notBefore: Seconds,
): readonly OpenWindows[] {
  const tests = windows.map(timeTest);
  const openAt = (now: Seconds) => tests.map((test) => (test({ now }) === 'hit' ? '1' : '0')).join('');
  return together.map(({ now, open }) => {
    const first = now + Math.max(0, Math.ceil((notBefore - now) / oneWeek)) * oneWeek;
    const weeks = Array.from({ length: mostWeeks }, (_, week) => first + week * oneWeek);
    return { open, now: weeks.find((week) => openAt(week) === open) ?? first };
  });
}

type Formulas = ReadonlyMap<string, Formula>;

function formulasOf(keys: readonly string[], together: readonly OpenWindows[]): Formulas {
  // The class outside all windows comes first.
  const counted = together.map(({ now, open }) => ({ now, open, count: open.replaceAll('0', '').length }));
  const classes = counted.sort((a, b) => a.count - b.count);
  const variable: Variable = {
    name: 'time',
    order: 0,
    classes: classes.map(({ now }) => ({ applyTo: (facts) => ({ ...facts, now, isTimed: true }) })),
  };
  return new Map(keys.map((key, position) => [key, among(variable, (at) => classes[at]?.open[position] === '1')]));
}

/**
 * Classes without example facts. A search can still prove that something is impossible. Everything else stays
 * undecided.
 */
function freeFormulas(keys: readonly string[]): Formulas {
  const free = (key: string): Variable => ({ name: `time ${key}`, classes: [{}, {}], ranOut: true });
  return new Map(keys.map((key) => [key, isYes(free(key))]));
}

/**
 * A window over midnight belongs to the day on which it begins: `days: [fri]`, 22:00 to 06:00 ends on Saturday morning.
 */
function timeTest(time: ConditionOf<'time'>): (facts: Pick<Facts, 'now'>) => ConditionResult {
  const { days, from = 0, to = 24 * 60 } = time;
  const localTime = localTimeIn(time.zone);
  const inWindow = ({ day, minute }: LocalTime): boolean => {
    const overMidnight = from > to;
    const afterMidnight = overMidnight && minute < to;
    const began = afterMidnight ? (day + 6) % 7 : day;
    const inHours = overMidnight ? minute >= from || afterMidnight : minute >= from && minute < to;
    return inHours && (days === undefined || days.includes(began));
  };
  return ({ now }) => resultOf(inWindow(localTime(now)));
}
