/** The condition `device`: whether the user knows this browser, and how the browser describes itself. */
import type { ConditionOf, ConditionResult } from '../../model/conditions.ts';
import type { Facts, OperatingSystem, Platform } from '../../model/facts.ts';
import { type ConditionDescriptor, type ConditionTest, resultOf } from '../condition-descriptor.ts';
import { among, type ConditionPart, isYes, negated, truthVariable, type Variable } from '../theory.ts';

export const deviceCondition: ConditionDescriptor<'device'> = {
  compile: deviceTests,
  varies: true,
  samples: ({ one, other }) => {
    const known = one?.known ?? other?.known ?? false;
    const platform = jointValue(one?.platform, other?.platform) ?? 'desktop';
    return [{ device: { known, platform, os: jointValue(one?.os, other?.os) ?? 'other' } }];
  },
  theory: () => deviceParts,
};

/** The systems that run on each kind of device. */
export const systemsOfPlatform = {
  desktop: ['windows', 'macos', 'linux', 'chromeos'],
  mobile: ['ios', 'android', 'other'],
  other: ['other'],
} as const satisfies Readonly<Record<Platform, readonly OperatingSystem[]>>;

/** What a browser says of itself. */
const descriptions = Object.entries(systemsOfPlatform).flatMap(([platform, systems]) =>
  systems.map((os) => ({ platform: platform as Platform, os })),
);

const knownVariable = truthVariable('device.known', (facts) => ({
  ...facts,
  device: { ...facts.device, known: true },
}));

const browserVariable: Variable = {
  name: 'device.browser',
  classes: descriptions.map((description) => ({
    place: (facts) => ({ ...facts, device: { ...facts.device, ...description } }),
  })),
};

function deviceParts({ known, platform, os }: ConditionOf<'device'>): readonly ConditionPart[] {
  const isKnown = isYes(knownVariable);
  const describes = (holds: (description: (typeof descriptions)[number]) => boolean) =>
    among(browserVariable, (at) => descriptions.some((description, position) => position === at && holds(description)));
  return [
    ...(known === undefined
      ? []
      : [
          {
            path: ['known'],
            formula: known ? isKnown : negated(isKnown),
            ...(!known && { isNegative: true as const }),
          },
        ]),
    ...(platform ? [{ path: ['platform'], formula: describes((one) => platform.includes(one.platform)) }] : []),
    ...(os ? [{ path: ['os'], formula: describes((one) => os.includes(one.os)) }] : []),
  ];
}

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
