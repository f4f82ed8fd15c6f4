/**
 * The theory of a date in the profile where bounds move with the time: the value is a day, so one variable holds its
 * place among fixed days and its distance from now. Both are taken for independent, which proves less and never
 * wrongly.
 */
import type { AttributeValue, ValueTest } from '../model/conditions.ts';
import type { Seconds } from '../model/facts.ts';
import type { CompileValueTest, Values } from './attribute-values.ts';
import { DAY, dateSpan, daysAround, dayText } from './date-bound.ts';
import { among, type UserFacts, type Variable } from './theory.ts';

/** What is known of the attribute. */
interface TestedDays {
  readonly name: string;
  readonly tests: readonly ValueTest[];
  readonly valueTest: CompileValueTest;
  readonly isKept: (value: AttributeValue) => boolean;
  /** The only days that the schema allows. Absent: any. */
  readonly options?: readonly AttributeValue[];
}

/** A day as the tests see it. `distance`: from now to its first second (seconds). */
interface DayClass {
  readonly day: AttributeValue;
  readonly distance: Seconds;
}

/** Undefined: there are more classes than a search should look at. */
export function dayValues(tested: TestedDays): Values | undefined {
  const { name, valueTest } = tested;
  const days = fixedDays(tested);
  const moving = distances(tested.tests);
  if (days.length * moving.length > mostClasses) return undefined;
  const classes = days.flatMap((day) => moving.map((distance): DayClass => ({ day, distance })));
  const placed = classes.map((one) => ({ place: placedIn(one, tested) }));
  const variable: Variable = { name: `attributes.${name}`, classes: [{ place: (facts) => facts }, ...placed] };
  return {
    passes: (test) => {
      const fixed = valueTest(fixedPart(test));
      const holds = ({ day, distance }: DayClass) => fixed(day, 0) && fitsMoving(test, distance);
      return among(variable, (at) => at > 0 && holds(classes[at - 1] as DayClass));
    },
    isPresent: among(variable, (at) => at > 0),
  };
}

const mostClasses = 400;

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
  const around = daysAround([...tests.map(fixedPart), ...spans.map((span) => ({ before: { written: '', ...span } }))]);
  return around.length > 0 ? around.filter(isKept) : [dayText(0)];
}

/** The moments, counted from now, at which an answer changes, and one between, before and after them. */
function distances(tests: readonly ValueTest[]): readonly Seconds[] {
  const borders = tests.flatMap(({ before, after }) => [
    ...(before && 'fromNow' in before ? [before.fromNow - DAY] : []),
    ...(after && 'fromNow' in after ? [after.fromNow] : []),
  ]);
  const sorted = [...new Set(borders)].sort((a, b) => a - b);
  const [first = 0] = sorted;
  const between = sorted.map((one, at) => (one + (sorted[at + 1] ?? one + 2 * DAY)) / 2);
  return [first - DAY, ...sorted, ...between];
}

function fixedPart({ before, after, ...rest }: ValueTest): ValueTest {
  return {
    ...rest,
    ...(before && !('fromNow' in before) && { before }),
    ...(after && !('fromNow' in after) && { after }),
  };
}

/** A day ends where the next one begins. */
function fitsMoving({ before, after }: ValueTest, distance: Seconds): boolean {
  if (before && 'fromNow' in before && distance + DAY > before.fromNow) return false;
  return !(after && 'fromNow' in after) || distance >= after.fromNow;
}

/** With a day of this class, as far as there is one at that time; else the facts show something else. */
function placedIn({ day, distance }: DayClass, tested: TestedDays): (facts: UserFacts) => UserFacts {
  const { name, tests, valueTest, isKept } = tested;
  return ({ subject, ...facts }) => {
    const { now } = facts;
    const near = [day, ...daysNear(now + distance)].filter(isKept);
    const isAlike = (other: AttributeValue) =>
      tests.every((test) => {
        const fixed = valueTest(fixedPart(test));
        const from = dateSpan(String(other))?.from ?? 0;
        return fixed(other, 0) === fixed(day, 0) && fitsMoving(test, from - now) === fitsMoving(test, distance);
      });
    const value = near.find(isAlike) ?? day;
    return { ...facts, subject: { ...subject, profile: { ...subject.profile, [name]: value } } };
  };
}

/**
 * The days that begin nearest to a moment. Of a class between two bounds the distance is the middle: if any day begins
 * in it, one of these does.
 */
function daysNear(moment: Seconds): readonly string[] {
  const at = Math.floor(moment / DAY);
  return [at, at + 1].map(dayText);
}
