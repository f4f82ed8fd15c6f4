/** The condition `attributes`: the profile of the user, one test for each attribute. */
import type { AttributeTest, AttributeValue, ConditionOf } from '../../model/conditions.ts';
import type { Subject } from '../../model/facts.ts';
import { type ConditionDescriptor, type ConditionTest, subjectTest } from '../condition-descriptor.ts';
import { compilePattern } from '../pattern.ts';

export const attributesCondition: ConditionDescriptor<'attributes'> = {
  compile: attributeTests,
  varies: false,
  samples: ({ one, other }) => [{ subject: { profile: { ...sampleProfile(other), ...sampleProfile(one) } } }],
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

function sampleProfile(tests: ConditionOf<'attributes'> = {}): Subject['profile'] {
  return Object.fromEntries(Object.entries(tests).map(([name, test]) => [name, sampleValue(test)]));
}

function sampleValue({ equals, in: list, matches }: AttributeTest): unknown {
  return equals ?? list?.[0] ?? matches?.replaceAll('*', '');
}
