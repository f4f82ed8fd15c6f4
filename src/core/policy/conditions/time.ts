/** The condition `time`: days of the week and a window of hours, in a time zone. */
import type { ConditionOf, ConditionResult } from '../../model/conditions.ts';
import type { Facts } from '../../model/facts.ts';
import { type ConditionDescriptor, resultOf } from '../condition-descriptor.ts';
import { type LocalTime, localTimeIn } from '../local-time.ts';
import { windowBorders } from '../window-borders.ts';

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
};

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
