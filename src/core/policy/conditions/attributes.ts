/** The condition `attributes`: the user's profile, one test for each attribute. */
import type { AttributeTest, AttributeValue, ConditionOf, ValueTest } from '../../model/conditions.ts';
import type { Seconds, Subject } from '../../model/facts.ts';
import { type ConditionDescriptor, type ConditionTest, resultOf } from '../condition-descriptor.ts';
import { attributeTheory, daysOf, type TestedAttribute } from '../theories/attribute-theory.ts';
import { dayTheory } from '../theories/day-theory.ts';
import type { ConditionTheory } from '../theories/theory.ts';
import { compileDateTest, isRelative } from '../values/date-bound.ts';
import { compilePattern } from '../values/pattern.ts';

export const attributesCondition: ConditionDescriptor<'attributes'> = {
  about: 'user',
  units: {},
  compile: attributeTests,
  varies: false,
  theory: attributesTheory,
};

type Test<Value> = (value: Value, now: Seconds) => boolean;

function attributeTests(tests: ConditionOf<'attributes'>): readonly ConditionTest[] {
  return Object.entries(tests).map(([name, test]) => {
    const holds = compileAttribute(test);
    return {
      name: `attributes.${name}`,
      test: ({ subject, now }) => (subject === undefined ? 'unknown' : resultOf(holds(valuesOf(subject, name), now))),
      // The result of a comparison with the current time changes by itself.
      varies: isRelative(test) || (test.not !== undefined && isRelative(test.not)),
    };
  });
}

/** The values of an attribute as a list, empty if the attribute is absent. */
function valuesOf({ profile }: Subject, name: string): readonly unknown[] {
  const value = Object.hasOwn(profile, name) ? profile[name] : undefined;
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

/** An attribute with several values passes when one of them does. An absent one passes `not` and `present: false`. */
function compileAttribute({ present, not, ...test }: AttributeTest): Test<readonly unknown[]> {
  const holds = compileValue(test);
  const excluded = not && compileValue(not);
  const needsValue = Object.keys(test).length > 0 || (present === undefined && not === undefined);
  return (values, now) =>
    (present === undefined || values.length > 0 === present) &&
    (excluded === undefined || !values.some((value) => excluded(value, now))) &&
    (!needsValue || values.some((value) => holds(value, now)));
}

function compileValue(test: ValueTest): Test<unknown> {
  const { equals, in: list, matches, before, after } = test;
  const pattern = matches === undefined ? undefined : compilePattern(matches);
  const dates = before || after ? compileDateTest(test) : undefined;
  return (value, now) =>
    (equals === undefined || value === equals) &&
    (list === undefined || list.includes(value as AttributeValue)) &&
    (pattern === undefined || (typeof value === 'string' && pattern(value))) &&
    isInRange(test, value) &&
    (dates === undefined || (typeof value === 'string' && dates(value, now)));
}

function isInRange({ atLeast, above, atMost, below }: ValueTest, value: unknown): boolean {
  if (atLeast === undefined && above === undefined && atMost === undefined && below === undefined) return true;
  if (typeof value !== 'number') return false;
  return (
    (atLeast === undefined || value >= atLeast) &&
    (above === undefined || value > above) &&
    (atMost === undefined || value <= atMost) &&
    (below === undefined || value < below)
  );
}

function attributesTheory(
  conditions: Parameters<ConditionTheory<'attributes'>>[0],
  universe: Parameters<ConditionTheory<'attributes'>>[1],
): ReturnType<ConditionTheory<'attributes'>> {
  const names = [...new Set(conditions.flatMap((tests) => Object.keys(tests)))];
  const tested = names.map((name): TestedAttribute => {
    return { name, tests: conditions.flatMap((condition) => condition[name] ?? []), universe, valueTest: compileValue };
  });
  const days = dayTheory(tested.flatMap(daysOf), universe.since);
  const theories = new Map(
    tested.map((attribute) => [attribute.name, attributeTheory(attribute, days?.values.get(attribute.name))]),
  );
  const read = (tests: ConditionOf<'attributes'>) =>
    Object.entries(tests).flatMap(([name, test]) => {
      const formula = theories.get(name)?.(test);
      return formula === undefined ? [] : [{ path: [name], formula }];
    });
  return Object.assign(read, { always: days?.always ?? [] });
}
