/** The condition `attributes`: the profile of the user, one test for each attribute. */
import type { AttributeTest, AttributeValue, ConditionOf } from '../../model/conditions.ts';
import type { Subject } from '../../model/facts.ts';
import { attributeTheory } from '../attribute-theory.ts';
import { type ConditionDescriptor, type ConditionTest, subjectTest } from '../condition-descriptor.ts';
import { compilePattern } from '../pattern.ts';
import type { ConditionTheory } from '../theory.ts';

export const attributesCondition: ConditionDescriptor<'attributes'> = {
  compile: attributeTests,
  varies: false,
  samples: ({ one, other }) => [{ subject: { profile: { ...sampleProfile(other), ...sampleProfile(one) } } }],
  theory: attributesTheory,
};

function attributeTests(tests: ConditionOf<'attributes'>): readonly ConditionTest[] {
  return Object.entries(tests).map(([name, test]) => {
    const holds = valueTest(test);
    return { name: `attributes.${name}`, test: subjectTest(({ profile }) => hasMatchingValue(profile, name, holds)) };
  });
}

/** An attribute with several values passes when one of them does. An absent one never does. */
function hasMatchingValue(profile: Subject['profile'], name: string, holds: (value: unknown) => boolean): boolean {
  const value = Object.hasOwn(profile, name) ? profile[name] : undefined;
  if (value === undefined || value === null) return false;
  return Array.isArray(value) ? value.some(holds) : holds(value);
}

function valueTest(test: AttributeTest): (value: unknown) => boolean {
  const matches = test.matches === undefined ? undefined : compilePattern(test.matches);
  return (value) =>
    (test.equals === undefined || value === test.equals) &&
    (test.in === undefined || test.in.includes(value as AttributeValue)) &&
    (matches === undefined || (typeof value === 'string' && matches(value)));
}

function attributesTheory(
  conditions: Parameters<ConditionTheory<'attributes'>>[0],
  universe: Parameters<ConditionTheory<'attributes'>>[1],
): ReturnType<ConditionTheory<'attributes'>> {
  const names = [...new Set(conditions.flatMap((tests) => Object.keys(tests)))];
  const theories = new Map(
    names.map((name) => {
      const tests = conditions.flatMap((one) => one[name] ?? []);
      return [name, attributeTheory({ name, tests, universe, valueTest })] as const;
    }),
  );
  return (tests) =>
    Object.entries(tests).flatMap(([name, test]) => {
      const formula = theories.get(name)?.(test);
      return formula === undefined ? [] : [{ path: [name], formula }];
    });
}

function sampleProfile(tests: ConditionOf<'attributes'> = {}): Subject['profile'] {
  return Object.fromEntries(Object.entries(tests).map(([name, test]) => [name, sampleValue(test)]));
}

function sampleValue({ equals, in: list, matches }: AttributeTest): unknown {
  return equals ?? list?.[0] ?? matches?.replaceAll('*', '');
}
