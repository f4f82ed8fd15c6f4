/**
 * The circumstances in which fresh sign-ins to an app are compared: every possible combination of zones under both
 * configurations, with the devices, times and scopes that the rules distinguish.
 */
import type { ConditionSet } from '../../../../core/model/conditions.ts';
import { distinct } from '../../../../core/model/distinct.ts';
import type { Facts, Seconds } from '../../../../core/model/facts.ts';
import { neutralFacts, neutralRequest } from '../../../../core/model/neutral-facts.ts';
import { omitUndefined } from '../../../../core/model/omit-undefined.ts';
import { onDevice } from '../../../../core/policy/values/risk.ts';
import { differingConditions, everyCondition } from '../../../../core/queries/sign-in-conditions.ts';
import type { BelievedPair } from '../../../../policy/analysis/analysed/believable-pairs.ts';
import type { Settings } from '../../../../policy/model/settings.ts';
import { believedIn, browsersIn, type ExaminedBeliefs, statementsIn } from '../../questions/devices.ts';
import { timesIn } from '../../questions/fresh-sign-ins.ts';
import { type Ago, asksLastSignIn, lastSignInsIn, withLastSignIn } from '../../questions/last-sign-ins.ts';
import type { AppPair, AppSide } from '../compared/app-pairs.ts';
import { bothZones, type PlacePair, placeLabel } from '../compared/both-zones.ts';
import { chosenCombinations } from './chosen-combinations.ts';
import { comparedScopes } from './compared-scopes.ts';
import { deviceReading, firstOfEach, scopesReading, timeReading, zonesNamed } from './told-apart.ts';

export interface Circumstance {
  readonly place: PlacePair;
  /** The device, as its browser describes it. */
  readonly device: Facts['device'];
  /** What the server believes about the device under each configuration. */
  readonly believed: BelievedPair;
  readonly now: Seconds;
  readonly scopes: readonly string[];
  /** Of made-up users, where rules ask. Real users have their own. */
  readonly lastSignIn?: Ago;
}

/** The circumstances in which sign-ins to an app are compared. */
export interface ComparedCircumstances {
  readonly circumstances: readonly Circumstance[];
  /** Rules tell more combinations apart. Those of the rules that differ come first. */
  readonly isPartial: boolean;
  /** If rules tell more statements about devices apart: those that the rules that differ ask about. */
  readonly statements?: readonly string[];
}

/** An app with these. */
export interface VariedPair extends ComparedCircumstances {
  readonly pair: AppPair;
}

/** A fresh sign-in under one configuration, before the user has identified. */
export function factsIn({ app, side }: AppSide, circumstance: Circumstance, key: 'active' | 'next'): Facts {
  const { default_acr_values: acrValues = [], default_max_age: maxAge } = app.client;
  const { now, scopes, lastSignIn } = circumstance;
  const network = circumstance.place[key];
  const device = { ...circumstance.device, ...circumstance.believed[key] };
  const request = { ...neutralRequest(app.clientId, scopes), acrValues, ...(maxAge !== undefined && { maxAge }) };
  const facts = onDevice(neutralFacts({ now, request, network }), device, side.snapshot.settings.risk);
  return lastSignIn ? withLastSignIn(facts, lastSignIn) : facts;
}

interface VariedFor {
  readonly places: readonly PlacePair[];
  readonly now: Seconds;
  /** Real users are counted, whose last sign-ins are on record. */
  readonly isCounted: boolean;
}

/** One circumstance for each combination that the rules of the pair distinguish. The first one is the most ordinary. */
export function circumstancesOf(pair: AppPair, { places, now, isCounted }: VariedFor): ComparedCircumstances {
  const { active, next } = pair;
  const sets = [...everyCondition(active.policies), ...everyCondition(next.policies)];
  const { scopes, ...ofScopes } = comparedScopes(sets, pair);
  const changed = differingConditions(active.policies, next.policies);
  // What the differing rules ask about comes first, so that no limit leaves it out.
  const ofTimes = timesIn(sets, now);
  const times = [...new Set([...timesIn(changed, now).times, ...ofTimes.times])];
  const ofBeliefs = beliefs(sets, pair);
  const believed = distinct([...beliefs(changed, pair).believed, ...ofBeliefs.believed]);
  const place = placesToldApart(sets, places);
  const lastSignIn = isCounted || !asksLastSignIn(sets) ? [undefined] : lastSignInsIn(sets);
  const moments = timesToldApart(sets, times);
  const values: AspectValues = { place, ...deviceValues(sets), believed, now: moments, scopes, lastSignIn };
  const chosen = chosenCombinations({
    counts: aspects.map((aspect) => values[aspect].length),
    changed: () => changedPositions(values, pair),
  });
  const circumstances = chosen.combinations.flatMap((positions) => circumstanceAt(positions, values) ?? []);
  const isPartial = [chosen, ofScopes, ofTimes, ofBeliefs].some((part) => part.isPartial);
  const statements = statementsIn(areSignalsOther(pair) ? sets : changed);
  return { circumstances, isPartial, ...(ofBeliefs.isPartial && { statements }) };
}

/** What circumstances differ in. */
const aspects = ['place', 'known', 'browser', 'believed', 'now', 'scopes', 'lastSignIn'] as const;

type Aspect = (typeof aspects)[number];

/** The values that rules tell apart. The first is the most ordinary one. */
interface AspectValues {
  readonly place: readonly PlacePair[];
  readonly known: readonly boolean[];
  /** As browsers describe themselves. */
  readonly browser: readonly Pick<Facts['device'], 'platform' | 'os'>[];
  readonly believed: readonly BelievedPair[];
  readonly now: readonly Seconds[];
  readonly scopes: readonly (readonly string[])[];
  readonly lastSignIn: readonly (Ago | undefined)[];
}

/** Undefined only if there is no place or no belief. */
function circumstanceAt(positions: readonly number[], values: AspectValues): Circumstance | undefined {
  const at = <Of extends Aspect>(aspect: Of): AspectValues[Of][number] | undefined =>
    values[aspect][positions[aspects.indexOf(aspect)] ?? 0];
  const [place, believed, now, browser] = [at('place'), at('believed'), at('now'), at('browser')];
  if (!place || !believed || now === undefined || !browser) return undefined;
  const device = { known: at('known') === true, ...browser };
  const scopes = at('scopes') ?? ['openid'];
  return { place, device, believed, now, scopes, ...omitUndefined({ lastSignIn: at('lastSignIn') }) };
}

function deviceValues(sets: readonly ConditionSet[]): Pick<AspectValues, 'known' | 'browser'> {
  const devices = browsersIn(sets, { known: false, platform: 'desktop', os: 'other' });
  const alike = devices.filter(({ known }) => known === devices[0]?.known);
  return {
    known: [...new Set(devices.map(({ known }) => known))],
    browser: alike.map(({ platform, os }) => ({ platform, os })),
  };
}

function beliefs(sets: readonly ConditionSet[], { active, next }: AppPair): ExaminedBeliefs {
  return believedIn(sets, {
    active: active.side.snapshot.settings.deviceSignals,
    next: next.side.snapshot.settings.deviceSignals,
  });
}

function areSignalsOther({ active, next }: AppPair): boolean {
  const [before, after] = [active, next].map(({ side }) => JSON.stringify(side.snapshot.settings.deviceSignals));
  return before !== after;
}

/** By aspect, the positions of the values that the differing rules and settings tell apart. */
function changedPositions(values: AspectValues, pair: AppPair): readonly (readonly number[])[] {
  const sets = differingConditions(pair.active.policies, pair.next.policies);
  const [before, after] = [pair.active.side.snapshot.settings, pair.next.side.snapshot.settings];
  const isKnownAsked = deviceValues(sets).known.length > 1;
  const [platformReading, systemReading] = [deviceReading('platform', sets), deviceReading('os', sets)];
  const all = (aspect: Aspect, isAsked: boolean) => (isAsked ? [...values[aspect].keys()] : [0]);
  const isRiskOther = JSON.stringify(before.risk) !== JSON.stringify(after.risk);
  const positions: Readonly<Record<Aspect, readonly number[]>> = {
    place: firstOfEach(values.place, placeReading(sets, [before.zones, after.zones])),
    known: all('known', isKnownAsked || isRiskOther),
    browser: firstOfEach(values.browser, ({ platform, os }) => `${platformReading(platform)} ${systemReading(os)}`),
    believed: areSignalsOther(pair) ? all('believed', true) : [...beliefs(sets, pair).believed.keys()],
    now: firstOfEach(values.now, timeReading(sets)),
    scopes: firstOfEach(values.scopes, scopesReading(sets)),
    lastSignIn: all('lastSignIn', asksLastSignIn(sets)),
  };
  return aspects.map((aspect) => positions[aspect]);
}

/**
 * One moment for each combination of windows that are open and of moments that have come, and one more that is like the
 * present, so that the present is not told apart. An expression that reads the time in another way may tell all apart.
 */
function timesToldApart(sets: readonly ConditionSet[], times: readonly Seconds[]): readonly Seconds[] {
  const readingOf = timeReading(sets);
  const [[now, ...alike] = [], ...others] = Map.groupBy(times, readingOf).values();
  if (now === undefined || others.length === 0) return now === undefined ? [] : [now];
  const soon = readingOf(now + 1) === readingOf(now) ? [now + 1] : [];
  const [like] = [...alike, ...soon];
  return [now, like, ...others.map(([first]) => first)].filter((moment) => moment !== undefined);
}

/** One place for each combination of the zones that the rules name. If an expression reads the network, all places. */
function placesToldApart(sets: readonly ConditionSet[], places: readonly PlacePair[]): readonly PlacePair[] {
  const named = zonesNamed(sets);
  if (named === undefined) return places;
  const byZones = new Map<string, PlacePair>();
  for (const { active, next } of places) {
    const [before, after] = [namedOf(active, named), namedOf(next, named)];
    const key = JSON.stringify([before, after]);
    if (byZones.has(key)) continue;
    const labels = { label: placeLabel(after), activeLabel: placeLabel(before) };
    byZones.set(key, { ...labels, zones: after, activeZones: before, active, next });
  }
  return [...byZones.values()];
}

function namedOf({ zones }: Facts['network'], named: ReadonlySet<string>): readonly string[] {
  return zones.filter((zone) => named.has(zone));
}

/** The zones that the rules name or that differ. If an expression reads the network, all. */
function placeReading(
  sets: readonly ConditionSet[],
  [active, next]: readonly [Settings['zones'], Settings['zones']],
): (place: PlacePair) => string {
  const named = zonesNamed(sets);
  if (named === undefined) return ({ label, activeLabel }) => JSON.stringify([label, activeLabel]);
  const { nameOf } = bothZones(active, next);
  const moved = Object.keys({ ...active, ...next }).filter((name) => nameOf('next', name) !== name);
  const read = new Set([...named, ...moved]);
  return (place) => JSON.stringify([namedOf(place.active, read), namedOf(place.next, read)]);
}
