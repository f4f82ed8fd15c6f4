/**
 * A day of the profile as tests see it at some time: by fixed bounds, and by bounds that move with the time. Days and
 * times between two borders are seen alike, so that a few of them stand for all.
 */
import type { AttributeValue, ValueTest } from '../../model/conditions.ts';
import type { Seconds } from '../../model/facts.ts';
import { DAY, dateSpan, daysAround, dayText } from '../values/date-bound.ts';
import type { CompileValueTest } from './attribute-values.ts';

/** What is known of an attribute of days. */
export interface TestedDays {
  readonly name: string;
  readonly tests: readonly ValueTest[];
  readonly valueTest: CompileValueTest;
  readonly isKept: (value: AttributeValue) => boolean;
  /** The only days that the schema allows. Absent: any. */
  readonly options?: readonly AttributeValue[];
}

/** Days are counted from the epoch. */
export interface DayView {
  readonly name: string;
  /** Days beside each fixed border. */
  readonly fixed: readonly number[];
  /** How far from now days begin where an answer changes (seconds), from that one on or just after it. */
  readonly borders: readonly Seconds[];
  /** A day for each way in which days are seen at that time. */
  readonly daysAt: (now: Seconds) => readonly number[];
  /** A digit for each test: whether the day passes it at that time. */
  readonly seenAt: (day: number, now: Seconds) => string;
}

export function dayView(tested: TestedDays): DayView {
  const { name, tests, isKept, options } = tested;
  const fixed = fixedDays(tested).flatMap(numberOf);
  const borders = [...new Set(tests.flatMap(movingBorders))].sort((a, b) => a - b);
  const parts = tests.map((test) => tested.valueTest(fixedPart(test)));
  const passesFixed = remembered((day) => parts.map((holds) => holds(dayText(day), 0)));
  const isDay = remembered((day) => isKept(dayText(day)));
  return {
    name,
    fixed,
    borders,
    daysAt: (now) => {
      const near = options ? [] : borders.flatMap((border) => around(Math.floor((now + border) / DAY)));
      return [...new Set([...fixed, ...near])].filter(isDay);
    },
    seenAt: (day, now) => {
      const fits = passesFixed(day);
      return tests.map((test, at) => (fits[at] && fitsMoving(test, day * DAY - now) ? '1' : '0')).join('');
    },
  };
}

/** Of each day it is asked once. */
function remembered<Answer>(answer: (day: number) => Answer): (day: number) => Answer {
  const answers = new Map<number, Answer>();
  return (day) => {
    const known = answers.get(day) ?? answer(day);
    answers.set(day, known);
    return known;
  };
}

/** It, the one before and the one after it. */
export function around(day: number): readonly number[] {
  return [day - 1, day, day + 1];
}

function numberOf(day: AttributeValue): readonly number[] {
  const span = dateSpan(String(day));
  return span ? [Math.floor(span.from / DAY)] : [];
}

/** A day of each class that fixed bounds and named days tell apart: those beside a named day are of another one. */
export function fixedDays({
  tests,
  isKept,
  options,
}: Pick<TestedDays, 'tests' | 'isKept' | 'options'>): readonly AttributeValue[] {
  if (options) return options.filter(isKept);
  const named = tests
    .flatMap(({ equals, in: list = [] }) => [equals, ...list])
    .filter((one) => typeof one === 'string');
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
    ...(before && 'fromNow' in before ? [before.fromNow - DAY] : []),
    ...(after && 'fromNow' in after ? [after.fromNow] : []),
  ];
}

/** `distance`: from now to the first second of the day. */
function fitsMoving({ before, after }: ValueTest, distance: Seconds): boolean {
  if (before && 'fromNow' in before && distance + DAY > before.fromNow) return false;
  return !(after && 'fromNow' in after) || distance >= after.fromNow;
}
