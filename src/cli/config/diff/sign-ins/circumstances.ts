/**
 * The circumstances in which fresh sign-ins to an app are compared: every possible combination of zones under both
 * configurations, with the devices, times and scopes that the rules distinguish.
 */
import type { ConditionSet } from '../../../../core/model/conditions.ts';
import type { Facts, Seconds } from '../../../../core/model/facts.ts';
import { neutralFacts, neutralRequest } from '../../../../core/model/neutral-facts.ts';
import { timeCondition } from '../../../../core/policy/conditions/time.ts';
import { isRead, openReads, withConditionsInside } from '../../../../core/policy/rules/expression-parts.ts';
import { momentsIn } from '../../../../core/policy/theories/expression-theory.ts';
import { onDevice } from '../../../../core/policy/values/risk.ts';
import { everyCondition } from '../../../../core/queries/sign-in-conditions.ts';
import type { BelievedPair } from '../../../../policy/analysis/analysed/believable-pairs.ts';
import { sampleAddresses } from '../../../../policy/analysis/analysed/sample-addresses.ts';
import type { Settings, Zone } from '../../../../policy/model/settings.ts';
import { believedIn, browsersIn } from '../../questions/devices.ts';
import { timesIn } from '../../questions/fresh-sign-ins.ts';
import type { AppPair, AppSide } from '../compared/app-pairs.ts';

/** An address, as each configuration sees it. */
export interface PlacePair {
  /** Its zones, such as `office` or `elsewhere`, in the configuration that would be applied and in the active one. */
  readonly label: string;
  readonly activeLabel: string;
  /** Its zones, as far as rules distinguish them, in the configuration that would be applied and in the active one. */
  readonly zones: readonly string[];
  readonly activeZones: readonly string[];
  readonly active: Facts['network'];
  readonly next: Facts['network'];
}

export interface Circumstance {
  readonly place: PlacePair;
  /** The device, as its browser describes it. */
  readonly device: Facts['device'];
  /** What the server believes about the device under each configuration. */
  readonly believed: BelievedPair;
  readonly now: Seconds;
  readonly scopes: readonly string[];
}

/** The circumstances in which sign-ins to an app are compared. */
export interface ComparedCircumstances {
  readonly circumstances: readonly Circumstance[];
  /** Rules tell more combinations apart: only two aspects vary together, or one alone. */
  readonly isPartial: boolean;
}

/** An app with these. */
export interface VariedPair extends ComparedCircumstances {
  readonly pair: AppPair;
}

/** A fresh sign-in under one configuration, before the user has identified. */
export function factsIn({ app, side }: AppSide, circumstance: Circumstance, key: 'active' | 'next'): Facts {
  const { default_acr_values: acrValues = [], default_max_age: maxAge } = app.client;
  const { now, scopes } = circumstance;
  const network = circumstance.place[key];
  const device = { ...circumstance.device, ...circumstance.believed[key] };
  const request = { ...neutralRequest(app.clientId, scopes), acrValues, ...(maxAge !== undefined && { maxAge }) };
  return onDevice(neutralFacts({ now, request, network }), device, side.snapshot.settings.risk);
}

/** A zone that differs between the configurations gets its own name on each side. */
const marks = { active: 'active/', next: 'next/' } as const;

/** The zones of both sides. */
export interface BothZones {
  readonly zones: Settings['zones'];
  /** No zone differs. */
  readonly isSame: boolean;
  /** The name of a zone of one configuration in the common list. */
  readonly nameOf: (side: keyof typeof marks, zone: string) => string;
}

export function bothZones(active: Settings['zones'], next: Settings['zones']): BothZones {
  const isSame = (name: string) => JSON.stringify(networksOf(active[name])) === JSON.stringify(networksOf(next[name]));
  const nameOf: BothZones['nameOf'] = (side, name) => (isSame(name) ? name : `${marks[side]}${name}`);
  const named = (side: keyof typeof marks, zones: Settings['zones']) =>
    Object.entries(zones).map(([name, zone]) => [nameOf(side, name), zone] as const);
  return {
    zones: Object.fromEntries([...named('active', active), ...named('next', next)]),
    isSame: Object.keys({ ...active, ...next }).every(isSame),
    nameOf,
  };
}

/** Translates the names of zones of both sides to those of one side. */
export function zonesOn(side: keyof typeof marks, zones: readonly string[]): readonly string[] {
  const other = side === 'active' ? marks.next : marks.active;
  return zones.filter((name) => !name.startsWith(other)).map((name) => name.replace(marks[side], ''));
}

/** One address for each combination of zones of both sides that an address can be in. */
export function placePairs(active: Settings['zones'], next: Settings['zones']): readonly PlacePair[] {
  return sampleAddresses(bothZones(active, next).zones).map(({ ip, zones }) => {
    const [before, after] = [zonesOn('active', zones), zonesOn('next', zones)];
    return {
      label: labelOf(after),
      activeLabel: labelOf(before),
      zones: after,
      activeZones: before,
      active: { ip, zones: before },
      next: { ip, zones: after },
    };
  });
}

/** The label of a zone does not affect decisions. */
function networksOf(zone: Zone | undefined): Omit<Zone, 'label'> | undefined {
  if (zone === undefined) return undefined;
  const { label: _, ...networks } = zone;
  return networks;
}

function labelOf(zones: readonly string[]): string {
  return zones.join(' and ') || 'elsewhere';
}

/**
 * Above this many combinations, two aspects are varied together, and above as many of these, each aspect alone.
 */
const most = 500;

/** One circumstance for each combination that the rules of the pair distinguish. The first one is the most ordinary. */
export function circumstancesOf(
  { active, next }: AppPair,
  { places, now }: { readonly places: readonly PlacePair[]; readonly now: Seconds },
): ComparedCircumstances {
  const sets = [...everyCondition(active.policies), ...everyCondition(next.policies)];
  const device = { known: false, platform: 'desktop', os: 'other' } as const;
  const [here, ...elsewhere] = placesToldApart(sets, places);
  const devices = browsersIn(sets, device);
  const signals = believedIn(sets, {
    active: active.side.snapshot.settings.deviceSignals,
    next: next.side.snapshot.settings.deviceSignals,
  });
  const times = timesToldApart(sets, timesIn(sets, now));
  const scopes = scopesIn(sets, [active, next]);
  const [believed] = signals;
  if (here === undefined || believed === undefined) return { circumstances: [], isPartial: false };
  const first: Circumstance = { place: here, device, believed, now, scopes: scopes[0] ?? ['openid'] };
  const varied: Varied = [
    [here, ...elsewhere].map((place) => ({ place })),
    devices.map((varied) => ({ device: varied })),
    signals.map((pair) => ({ believed: pair })),
    times.map((at) => ({ now: at })),
    scopes.map((of) => ({ scopes: of })),
  ];
  if (varied.reduce((product, { length }) => product * length, 1) <= most)
    return { circumstances: combined([first], varied), isPartial: false };
  const others = varied.map((parts) => parts.slice(1));
  const alone = [first, ...others.flatMap((parts) => combined([first], [parts]))];
  const inTwo = others.flatMap((parts, index) =>
    others.slice(index + 1).flatMap((more) => (parts.length * more.length > most ? [] : [[parts, more]])),
  );
  const two = inTwo.flatMap((both) => combined([first], both));
  return { circumstances: alone.length + two.length <= most ? [...alone, ...two] : alone, isPartial: true };
}

type Varied = readonly (readonly Partial<Circumstance>[])[];

function combined(from: readonly Circumstance[], varied: Varied): readonly Circumstance[] {
  return varied.reduce<readonly Circumstance[]>(
    (all, parts) => all.flatMap((circumstance) => parts.map((part) => ({ ...circumstance, ...part }))),
    from,
  );
}

/**
 * One moment for each combination of windows that are open and of moments that have come, and one more that is like the
 * present, so that the present is not told apart. An expression that reads the time in another way may tell all apart.
 */
function timesToldApart(sets: readonly ConditionSet[], times: readonly Seconds[]): readonly Seconds[] {
  if (isRead('now', openReads(sets))) return times;
  const tests = sets.flatMap(({ time }) => (time ? timeCondition.compile(time) : []));
  const moments = sets.flatMap(({ expression }) => (expression ? momentsIn(expression.logic) : []));
  const resultsAt = (now: Seconds): string => {
    const facts = neutralFacts({ now, request: neutralRequest('') });
    return JSON.stringify([tests.map(({ test }) => test(facts)), moments.map((moment) => now >= moment)]);
  };
  const [[now, ...alike] = [], ...others] = Map.groupBy(times, resultsAt).values();
  return [now, alike[0], ...others.map(([first]) => first)].filter((moment) => moment !== undefined);
}

/** One place for each combination of the zones that the rules name. If an expression reads the network, all places. */
function placesToldApart(sets: readonly ConditionSet[], places: readonly PlacePair[]): readonly PlacePair[] {
  const reads = openReads(sets);
  if (isRead('network.zones', reads) || isRead('network.ip', reads)) return places;
  const named = new Set(
    sets.flatMap(({ network }) => [network?.any, network?.all, network?.none].flatMap((list) => list ?? [])),
  );
  const byZones = new Map<string, PlacePair>();
  for (const { active, next } of places) {
    const read = ({ zones }: Facts['network']) => zones.filter((zone) => named.has(zone));
    const [before, after] = [read(active), read(next)];
    const key = JSON.stringify([before, after]);
    if (byZones.has(key)) continue;
    const labels = { label: labelOf(after), activeLabel: labelOf(before) };
    byZones.set(key, { ...labels, zones: after, activeZones: before, active, next });
  }
  return [...byZones.values()];
}

/** `openid` alone, and together with each scope that a rule names and both sides know. */
function scopesIn(sets: readonly ConditionSet[], sides: readonly AppPair['active'][]): readonly (readonly string[])[] {
  const named = withConditionsInside(sets).flatMap(({ scopes }) =>
    [scopes?.any, scopes?.all, scopes?.none].flatMap((list) => list ?? []),
  );
  const known = (scope: string) =>
    sides.every(({ side: { snapshot } }) => {
      const { scopes, resources } = snapshot.settings;
      return Object.hasOwn(scopes, scope) || resources.some((resource) => resource.scopes.includes(scope));
    });
  const others = [...new Set(named)].filter((scope) => scope !== 'openid' && known(scope));
  return [['openid'], ...others.map((scope) => ['openid', scope])];
}
