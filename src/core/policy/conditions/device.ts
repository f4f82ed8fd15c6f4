/**
 * The condition `device`: whether the user knows this browser, how the browser describes itself, and what a trusted
 * source says about the device.
 */
import type { AnyAllNone, ConditionOf, ConditionResult } from '../../model/conditions.ts';
import type { Facts, OperatingSystem, Platform } from '../../model/facts.ts';
import { type ConditionDescriptor, type ConditionTest, resultOf } from '../condition-descriptor.ts';
import { membershipTheory, namesIn, sharedChoice } from '../theories/membership-theory.ts';
import {
  among,
  type BelievedDevice,
  type ConditionPart,
  isYes,
  negated,
  truthVariable,
  type UserFacts,
  type Variable,
} from '../theories/theory.ts';
import { meetsLists } from '../values/membership.ts';

export const deviceCondition: ConditionDescriptor<'device'> = {
  about: 'circumstance',
  units: {},
  compile: deviceTests,
  varies: true,
  theory: (conditions, { devices }) => {
    const asks = conditions.some((condition) =>
      [condition.registered, condition.managed, condition.assurance].some((part) => part !== undefined),
    );
    const lists = conditions.flatMap(({ assurance }) => assurance ?? []);
    const believed = asks ? devices([...new Set(lists.flatMap(namesIn))]) : undefined;
    const signalParts = believed ? believedTheory(believed) : freeTheory(lists);
    return (condition) => [...deviceParts(condition), ...signalParts(condition)];
  },
};

const registered = { registered: true } as const;
/** A managed device is a registered one. */
const managed = { registered: true, managed: true } as const;

type SignalParts = (condition: ConditionOf<'device'>) => readonly ConditionPart[];

/** The possible statements about devices are known: each is one class. */
function believedTheory(believed: readonly BelievedDevice[]): SignalParts {
  const variable = signalsVariable(believed);
  const parts = sharedChoice(
    variable,
    believed.map(({ assurances = [] }) => assurances),
  );
  return (condition) => [
    ...standingParts(condition, variable, believed),
    ...(condition.assurance ? parts(condition.assurance).map(below) : []),
  ];
}

/** Any combination of assurances is possible. */
function freeTheory(lists: readonly AnyAllNone[]): SignalParts {
  const standings = [{}, registered, managed];
  const variable = signalsVariable(standings);
  const parts = membershipTheory(lists, {
    what: 'device.assurance',
    add: (facts, name) => {
      const { assurances = [] } = facts.device;
      return { ...facts, device: { ...facts.device, assurances: [...assurances, name] } };
    },
  });
  return (condition) => [
    ...standingParts(condition, variable, standings),
    ...(condition.assurance ? parts(condition.assurance).map(below) : []),
  ];
}

function signalsVariable(believed: readonly BelievedDevice[]): Variable {
  return {
    name: 'device.signals',
    classes: believed.map(deviceClass),
  };
}

/** Devices of which this is known. */
function deviceClass(known: Partial<UserFacts['device']>): Variable['classes'][number] {
  return { applyTo: (facts) => ({ ...facts, device: { ...facts.device, ...known } }) };
}

function below(part: ConditionPart): ConditionPart {
  return { ...part, path: ['assurance', ...part.path] };
}

/** The operating systems of each kind of device. */
export const systemsOfPlatform = {
  desktop: ['windows', 'macos', 'linux', 'chromeos'],
  mobile: ['ios', 'android', 'other'],
  other: ['other'],
} as const satisfies Readonly<Record<Platform, readonly OperatingSystem[]>>;

/** How browsers describe themselves. */
const descriptions = Object.entries(systemsOfPlatform).flatMap(([platform, systems]) =>
  systems.map((os) => ({ platform: platform as Platform, os })),
);

const knownVariable = truthVariable('device.known', (facts) => ({
  ...facts,
  device: { ...facts.device, known: true },
}));

/** What a browser says of itself. */
export const browserVariable: Variable = {
  name: 'device.browser',
  classes: descriptions.map(deviceClass),
};

function deviceParts(condition: ConditionOf<'device'>): readonly ConditionPart[] {
  const { known, platform, os } = condition;
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
    ...(platform
      ? [{ path: ['platform'], formula: describes((description) => platform.includes(description.platform)) }]
      : []),
    ...(os ? [{ path: ['os'], formula: describes((description) => os.includes(description.os)) }] : []),
  ];
}

function standingParts(
  condition: ConditionOf<'device'>,
  variable: Variable,
  believed: readonly BelievedDevice[],
): readonly ConditionPart[] {
  return (['registered', 'managed'] as const).flatMap((name) => {
    const wanted = condition[name];
    if (wanted === undefined) return [];
    const formula = among(variable, (at) => (believed[at]?.[name] === true) === wanted);
    return [{ path: [name], formula, ...(!wanted && { isNegative: true as const }) }];
  });
}

function deviceTests(condition: ConditionOf<'device'>): readonly ConditionTest[] {
  const { known, platform, os, assurance } = condition;
  const tests: ConditionTest[] = [];
  if (known !== undefined) tests.push({ name: 'device.known', test: (facts) => knownTest(facts, known) });
  if (platform)
    tests.push({ name: 'device.platform', test: ({ device }) => resultOf(platform.includes(device.platform)) });
  if (os) tests.push({ name: 'device.os', test: ({ device }) => resultOf(os.includes(device.os)) });
  for (const name of ['registered', 'managed'] as const) {
    const wanted = condition[name];
    if (wanted !== undefined)
      tests.push({ name: `device.${name}`, test: ({ device }) => resultOf((device[name] === true) === wanted) });
  }
  if (assurance)
    tests.push({
      name: 'device.assurance',
      test: ({ device }) => resultOf(meetsLists(assurance, device.assurances ?? [])),
    });
  return tests;
}

/** A device is known to a particular user. Until the user has identified, the result is unknown. */
function knownTest({ subject, device }: Facts, known: boolean): ConditionResult {
  return subject === undefined ? 'unknown' : resultOf(device.known === known);
}
