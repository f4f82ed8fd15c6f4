/**
 * The devices that rules distinguish: by how browsers describe themselves, and by what configured sources may state.
 */
import type { ConditionSet } from '../../../core/model/conditions.ts';
import type { Facts } from '../../../core/model/facts.ts';
import { neutralFacts, neutralRequest } from '../../../core/model/neutral-facts.ts';
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import { deviceCondition, systemsOfPlatform } from '../../../core/policy/conditions/device.ts';
import { isRead, openReads, withConditionsInside } from '../../../core/policy/rules/expression-parts.ts';
import { namesIn } from '../../../core/policy/theories/membership-theory.ts';
import { type BelievedPair, believablePairs } from '../../../policy/analysis/analysed/believable-pairs.ts';
import { operatingSystems, platforms } from '../../../policy/model/platforms.ts';
import type { Settings } from '../../../policy/model/settings.ts';

type Device = Facts['device'];
type DeviceTest = NonNullable<ConditionSet['device']>;

/**
 * The first is the given device, unless rules ask whether it is known, or about risk: a new one is unusual. If they ask
 * for the platform and the system, only those pairs count that a browser can describe.
 */
export function browsersIn(sets: readonly ConditionSet[], device: Device): readonly Device[] {
  const tests = testsIn(sets);
  const isKnownAsked = tests.some((test) => test.known !== undefined) || sets.some(({ risk }) => risk !== undefined);
  const known = isKnownAsked ? [false, true] : [device.known];
  const isPlatformAsked = tests.some(({ platform }) => platform);
  const kinds = isPlatformAsked ? platforms : [device.platform];
  const names = tests.some(({ os }) => os) ? operatingSystems : undefined;
  const systemsOf = (platform: Device['platform']) =>
    names && isPlatformAsked ? systemsOfPlatform[platform] : (names ?? [device.os]);
  return known.flatMap((isKnown) =>
    kinds.flatMap((platform) => systemsOf(platform).map((os) => ({ ...device, known: isKnown, platform, os }))),
  );
}

type Sources = Settings['deviceSignals'];

/** The most devices to examine. If there are more, those that conditions tell apart come first. */
const mostBelieved = 64;

export interface ExaminedBeliefs {
  readonly believed: readonly BelievedPair[];
  /** There are more. */
  readonly isPartial: boolean;
}

/** What the sources of two configurations may state, as far as rules distinguish it. The first is no statement. */
export function believedIn(
  sets: readonly ConditionSet[],
  sources: Readonly<Record<'active' | 'next', Sources>>,
): ExaminedBeliefs {
  const tests = testsIn(sets);
  const isAsked = (name: 'registered' | 'managed' | 'assurance') => tests.some((test) => test[name] !== undefined);
  const [registered, managed, assurance] = [isAsked('registered'), isAsked('managed'), isAsked('assurance')];
  if (!(registered || managed || assurance)) return { believed: nothing, isPartial: false };
  const names = [...new Set(tests.flatMap((test) => (test.assurance ? namesIn(test.assurance) : [])))];
  const read = (device: BelievedPair['active']) => [
    registered && device.registered,
    managed && device.managed,
    device.assurances,
  ];
  const byReading = new Map<string, BelievedPair>();
  for (const pair of believablePairs(sources, names)) {
    const key = JSON.stringify([read(pair.active), read(pair.next)]);
    if (!byReading.has(key)) byReading.set(key, pair);
  }
  const found = [...byReading.values()];
  const isPartial = found.length > mostBelieved;
  return { believed: isPartial ? distinguishedFirst(found, tests) : found, isPartial };
}

/** What the conditions ask sources to state: `registered`, `managed`, and assurances as `assurance NAME`. */
export function statementsIn(sets: readonly ConditionSet[]): readonly string[] {
  const tests = testsIn(sets);
  const names = new Set(tests.flatMap((test) => (test.assurance ? namesIn(test.assurance) : [])));
  return [
    ...(['registered', 'managed'] as const).filter((name) => tests.some((test) => test[name] !== undefined)),
    ...Array.from(names, assuranceStatement),
  ];
}

export function assuranceStatement(name: string): string {
  return `assurance ${name}`;
}

/** One for each result of the conditions, then the simplest ones, and the one with the most statements. */
function distinguishedFirst(found: readonly BelievedPair[], tests: readonly DeviceTest[]): readonly BelievedPair[] {
  const compiled = tests.flatMap(({ registered, managed, assurance }) =>
    deviceCondition.compile(omitUndefined({ registered, managed, assurance })),
  );
  const resultsOn = (device: BelievedPair['active']) => {
    const facts = neutralFacts({ now: 0, request: neutralRequest('') });
    return compiled.map(({ test }) => test({ ...facts, device: { ...facts.device, ...device } }));
  };
  const byResults = new Map<string, BelievedPair>();
  for (const pair of found) {
    const results = JSON.stringify([resultsOn(pair.active), resultsOn(pair.next)]);
    if (!byResults.has(results)) byResults.set(results, pair);
  }
  const ordered = new Set([...found.slice(0, 1), ...found.slice(-1), ...byResults.values(), ...found]);
  return [...ordered].slice(0, mostBelieved);
}

const nothing: readonly BelievedPair[] = [{ active: {}, next: {} }];

/** Above this many combinations, statements are varied in one browser only. */
const most = 200;

/** The devices of one configuration: browsers, and what the server may believe about them. */
export function devicesIn(browsers: readonly Device[], believed: readonly BelievedPair[]): readonly Device[] {
  if (browsers.length * believed.length <= most)
    return browsers.flatMap((browser) => believed.map(({ next }) => ({ ...browser, ...next })));
  const [first] = browsers;
  return [...browsers, ...(first ? believed.slice(1).map(({ next }) => ({ ...first, ...next })) : [])];
}

/** A part of an expression that reads the device in another way may ask anything of it. */
function testsIn(sets: readonly ConditionSet[]): readonly DeviceTest[] {
  const reads = openReads(sets);
  return [
    ...withConditionsInside(sets).flatMap(({ device }) => device ?? []),
    ...(isRead('device.known', reads) ? [{ known: true }] : []),
    ...(isRead('device.platform', reads) ? [{ platform: platforms }] : []),
    ...(isRead('device.os', reads) ? [{ os: operatingSystems }] : []),
  ];
}
