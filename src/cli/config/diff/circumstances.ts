/**
 * The circumstances in which a fresh sign-in to an app is compared: every combination of zones that some address is in
 * on both sides, with the devices, times and scopes that the rules tell apart.
 */
import type { ConditionSet } from '../../../core/model/conditions.ts';
import type { Facts, Seconds } from '../../../core/model/facts.ts';
import { placesIn } from '../../../policy/analysis/places.ts';
import type { Settings, Zone } from '../../../policy/model/settings.ts';
import { conditionsIn, devicesIn, timesIn } from '../fresh-sign-ins.ts';
import type { AppPair } from './app-pairs.ts';

/** An address, as each side sees it. */
export interface PlacePair {
  /** `office`, `elsewhere`: its zones in the configuration that would be applied, and those that are live. */
  readonly label: string;
  readonly liveLabel: string;
  /** Zones of the address in the configuration that would be applied. */
  readonly zones: readonly string[];
  readonly live: Facts['network'];
  readonly next: Facts['network'];
}

export interface Circumstance {
  readonly place: PlacePair;
  readonly device: Facts['device'];
  readonly now: Seconds;
  readonly scopes: readonly string[];
}

/** A zone under a name of its own on each side, where the sides differ in it. */
const marks = { live: 'live/', next: 'next/' } as const;

/** An address for each set of zones of both sides that some address is in. */
export function placePairs(live: Settings['zones'], next: Settings['zones']): readonly PlacePair[] {
  const isSame = (name: string) => JSON.stringify(networksOf(live[name])) === JSON.stringify(networksOf(next[name]));
  const named = (zones: Settings['zones'], mark: string) =>
    Object.entries(zones).map(([name, zone]) => [isSame(name) ? name : `${mark}${name}`, zone] as const);
  const both = Object.fromEntries([...named(live, marks.live), ...named(next, marks.next)]);
  return placesIn(both).map(({ ip, zones }) => {
    const on = (own: keyof typeof marks, other: keyof typeof marks) =>
      zones.filter((name) => !name.startsWith(marks[other])).map((name) => name.replace(marks[own], ''));
    const [before, after] = [on('live', 'next'), on('next', 'live')];
    return {
      label: labelOf(after),
      liveLabel: labelOf(before),
      zones: after,
      live: { ip, zones: before },
      next: { ip, zones: after },
    };
  });
}

/** The label of a zone decides nothing. */
function networksOf(zone: Zone | undefined): Omit<Zone, 'label'> | undefined {
  if (zone === undefined) return undefined;
  const { label: _, ...networks } = zone;
  return networks;
}

function labelOf(zones: readonly string[]): string {
  return zones.join(' and ') || 'elsewhere';
}

/** More combinations are not built: then each thing is varied by itself. */
const most = 200;

/** What the rules of the pair do not tell apart is one circumstance. The first one is the most ordinary. */
export function circumstancesOf(
  { live, next }: AppPair,
  { places, now }: { readonly places: readonly PlacePair[]; readonly now: Seconds },
): readonly Circumstance[] {
  const sets = [...conditionsIn(live.policies), ...conditionsIn(next.policies)];
  const device = { known: false, platform: 'desktop', os: 'other' } as const;
  const [here, ...elsewhere] = placesToldApart(sets, places);
  const devices = devicesIn(sets, { device });
  const times = timesIn(sets, now);
  const scopes = scopesIn(sets, [live, next]);
  if (here === undefined) return [];
  const all = [here, ...elsewhere];
  if (all.length * devices.length * times.length * scopes.length <= most) {
    return all.flatMap((place) =>
      devices.flatMap((one) =>
        times.flatMap((at) => scopes.map((of) => ({ place, device: one, now: at, scopes: of }))),
      ),
    );
  }
  const first: Circumstance = { place: here, device, now, scopes: scopes[0] ?? ['openid'] };
  return [
    ...all.map((place) => ({ ...first, place })),
    ...devices.slice(1).map((one) => ({ ...first, device: one })),
    ...times.slice(1).map((at) => ({ ...first, now: at })),
    ...scopes.slice(1).map((of) => ({ ...first, scopes: of })),
  ];
}

/** One place for each combination of the zones that the rules name, and that formulas may ask about. */
function placesToldApart(sets: readonly ConditionSet[], places: readonly PlacePair[]): readonly PlacePair[] {
  if (sets.some(({ expression }) => expression !== undefined)) return places;
  const named = new Set(
    sets.flatMap(({ network }) => [network?.any, network?.all, network?.none].flatMap((list) => list ?? [])),
  );
  const byZones = new Map<string, PlacePair>();
  for (const { live, next } of places) {
    const read = ({ zones }: Facts['network']) => zones.filter((zone) => named.has(zone));
    const [before, after] = [read(live), read(next)];
    const key = JSON.stringify([before, after]);
    if (byZones.has(key)) continue;
    byZones.set(key, { label: labelOf(after), liveLabel: labelOf(before), zones: after, live, next });
  }
  return [...byZones.values()];
}

/** `openid` alone, and with each scope that a rule names and both sides know. */
function scopesIn(sets: readonly ConditionSet[], sides: readonly AppPair['live'][]): readonly (readonly string[])[] {
  const named = sets.flatMap(({ scopes }) => [scopes?.any, scopes?.all, scopes?.none].flatMap((list) => list ?? []));
  const known = (scope: string) =>
    sides.every(({ side: { snapshot } }) => {
      const { scopes, resources } = snapshot.settings;
      return Object.hasOwn(scopes, scope) || resources.some((resource) => resource.scopes.includes(scope));
    });
  const others = [...new Set(named)].filter((scope) => scope !== 'openid' && known(scope));
  return [['openid'], ...others.map((scope) => ['openid', scope])];
}
