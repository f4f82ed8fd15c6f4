/** The condition `time`: days of the week and a window of hours, in a time zone. */
import type { ConditionOf, ConditionResult } from '../../model/conditions.ts';
import type { Facts, Seconds } from '../../model/facts.ts';
import { type ConditionDescriptor, resultOf } from '../condition-descriptor.ts';
import { type LocalTime, localTimeIn } from '../local-time.ts';
import { among, type ConditionPart, type Variable } from '../theory.ts';
import { clockChanges, windowBorders } from '../window-borders.ts';

export const timeCondition: ConditionDescriptor<'time'> = {
  compile: (time) => [{ name: 'time', test: timeTest(time) }],
  varies: true,
  samples: ({ one, other, rest }) => {
    const pair = [one, other].filter((time) => time !== undefined);
    const windows = [...pair, ...rest];
    if (windows.length === 0) return [{}];
    const tests = pair.map(timeTest);
    const moments = windowBorders(windows).filter((now) => tests.every((test) => test({ now }) === 'hit'));
    return moments.map((now) => ({ now }));
  },
  theory: timeTheory,
};

/** Moments that lie in the same windows are one class. */
function timeTheory(
  windows: readonly ConditionOf<'time'>[],
): (window: ConditionOf<'time'>) => readonly ConditionPart[] {
  const keyOf = (window: ConditionOf<'time'>) => JSON.stringify(window);
  const distinct = new Map(windows.map((window) => [keyOf(window), window]));
  const tests = new Map(Array.from(distinct, ([key, window]) => [key, timeTest(window)]));
  const byWindows = new Map<string, { readonly now: Seconds; readonly within: readonly string[] }>();
  for (const now of [...windowBorders(windows), ...clockChanges(windows)]) {
    const within = Array.from(tests).flatMap(([key, test]) => (test({ now }) === 'hit' ? [key] : []));
    byWindows.set(JSON.stringify(within), { now, within });
  }
  // Outside of all windows first.
  const classes = [...byWindows.values()].sort((a, b) => a.within.length - b.within.length);
  const variable: Variable = {
    name: 'time',
    classes: classes.map(({ now }) => ({ place: (facts) => ({ ...facts, now }) })),
  };
  return (window) => [
    { path: [], formula: among(variable, (at) => classes[at]?.within.includes(keyOf(window)) ?? false) },
  ];
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
