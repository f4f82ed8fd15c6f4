/** The condition `device`: whether the user knows this browser, and how the browser describes itself. */
import type { ConditionOf, ConditionResult } from '../../model/conditions.ts';
import type { Facts } from '../../model/facts.ts';
import { type ConditionDescriptor, type ConditionTest, resultOf } from '../condition-descriptor.ts';

export const deviceCondition: ConditionDescriptor<'device'> = {
  compile: deviceTests,
  varies: true,
  samples: ({ one, other }) => {
    const known = one?.known ?? other?.known ?? false;
    const platform = jointValue(one?.platform, other?.platform) ?? 'desktop';
    return [{ device: { known, platform, os: jointValue(one?.os, other?.os) ?? 'other' } }];
  },
};

function deviceTests({ known, platform, os }: ConditionOf<'device'>): readonly ConditionTest[] {
  const tests: ConditionTest[] = [];
  if (known !== undefined) tests.push({ name: 'device.known', test: (facts) => knownTest(facts, known) });
  if (platform)
    tests.push({ name: 'device.platform', test: ({ device }) => resultOf(platform.includes(device.platform)) });
  if (os) tests.push({ name: 'device.os', test: ({ device }) => resultOf(os.includes(device.os)) });
  return tests;
}

/** A device is known to one user. Until the user has identified, it may yet turn out to be known. */
function knownTest({ subject, device }: Facts, known: boolean): ConditionResult {
  return subject === undefined ? 'unknown' : resultOf(device.known === known);
}

/** A value that both lists allow; otherwise one that the second allows. */
function jointValue<Value>(one: readonly Value[] | undefined, other: readonly Value[] | undefined): Value | undefined {
  return one?.find((value) => other === undefined || other.includes(value)) ?? other?.[0];
}
