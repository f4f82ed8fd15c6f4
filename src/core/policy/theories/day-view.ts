/**
 * How the tests of an attribute see a day at some time, by fixed bounds and by bounds relative to the current time.
 * Days and times between two borders are seen alike, so a few of them represent all.
 */

import type { AttributeValue, ValueTest } from '../../model/conditions.ts';
import { oneDay } from '../../model/durations.ts';
import type { Seconds } from '../../model/facts.ts';
import { dateSpan, daysAround, dayText } from '../values/date-bound.ts';
import type { CompileValueTest } from './attribute-values.ts';

/** A date attribute with its tests. */
export interface TestedDays {
  readonly name: string;
  readonly tests: readonly ValueTest[];
  readonly valueTest: CompileValueTest;
  readonly isKept: (value: AttributeValue) => boolean;
  /** The only days that the schema allows. Absent if it allows any. */
  readonly options?: readonly AttributeValue[];
}

/** How the tests of one attribute see days. Days are numbers since the epoch. */
export interface DayView {
  readonly name: string;
  /** The days next to each fixed border. */
  readonly fixed: readonly number[];
  /**
   * Distances from now to the first second of a day (seconds) at which an answer changes, or just after which it does.
   */
  readonly borders: readonly Seconds[];
  /** For a given time, one day for each way in which days can be seen. */
  readonly daysAt: (now: Seconds) => readonly number[];
  /** The results of all tests for this day at this time: one digit each, 1 if the day passes. */
  readonly seenAt: (day: number, now: Seconds) => string;
}

export function dayView(tested: TestedDays): DayView {
  const { name, tests, isKept, options } = tested;
  const fixed = fixedDays(tested).flatMap(numberOf);
  const borders = [...new Set(tests.flatMap(movingBorders))].sort((a, b) => a - b);
  const parts = tests.map((test) => tested.valueTest(fixedPart(test)));
  const passesFixed = cachedByDay((day) => parts.map((holds) => holds(dayText(day), 0)));
  const isDay = cachedByDay((day) => isKept(dayText(day)));
  return {
    name,
    fixed,
    borders,
    daysAt: (now) => {
      const near = options ? [] : borders.flatMap((border) => around(Math.floor((now + border) / oneDay)));
      return [...new Set([...fixed, ...near])].filter(isDay);
    },
    seenAt: (day, now) => {
      const fits = passesFixed(day);
      return tests.map((test, index) => (fits[index] && fitsMoving(test, day * oneDay - now) ? '1' : '0')).join('');
    },
  };
}

/** Caches the answer for each day. */
function cachedByDay<Answer>(answer: (day: number) => Answer): (day: number) => Answer {
  const answers = new Map<number, Answer>();
  return (day) => {
    const known = answers.get(day) ?? answer(day);
    answers.set(day, known);
    return known;
  };
}

/** The day, the one before and the one after. */
export function around(day: number): readonly number[] {
  return [day - 1, day, day + 1];
}

function numberOf(day: AttributeValue): readonly number[] {
  const span = dateSpan(String(day));
  return span ? [Math.floor(span.from / oneDay)] : [];
}

/**
 * One day for each class that fixed bounds and named days distinguish. The neighbours of a named day are in another
 * class.
 */
export function fixedDays({
  tests,
  isKept,
  options,
}: Pick<TestedDays, 'tests' | 'isKept' | 'options'>): readonly AttributeValue[] {
  if (options) return options.filter(isKept);
  const named = tests
    .flatMap(({ equals, in: list = [] }) => [equals, ...list])
    .filter((value) => typeof value === 'string');
  const spans = named.flatMap((text) => dateSpan(text) ?? []);
  const beside = daysAround([...tests.map(fixedPart), ...spans.map((span) => ({ before: { written: '', ...span } }))]);
  return beside.filter(isKept);
}

function fixedPart({ before, after, ...rest }: ValueTest): ValueTest {
  return {
    ...rest,
    ...(before && !('fromNow' in before) && { before }),
    ...(after && !('fromNow' in after) && { after }),
  };
}

/** A day ends where the next one begins. */
function movingBorders({ before, after }: ValueTest): readonly Seconds[] {
  return [
    ...(before && 'fromNow' in before ? [before.fromNow - oneDay] : []),
    ...(after && 'fromNow' in after ? [after.fromNow] : []),
  ];
}

/** `distance`: seconds from now to the first second of the day. */
function fitsMoving({ before, after }: ValueTest, distance: Seconds): boolean {
  if (before && 'fromNow' in before && distance + oneDay > before.fromNow) return false;
  return !(after && 'fromNow' in after) || distance >= after.fromNow;
}
