/** The places of sign-ins that are compared: what an address is in, under both configurations. */
import type { Facts } from '../../../../core/model/facts.ts';
import { sampleAddresses } from '../../../../policy/analysis/analysed/sample-addresses.ts';
import { existing, type PlacedZones } from '../../../../policy/analysis/analysed/zones-on-file.ts';
import type { Settings, Zone } from '../../../../policy/model/settings.ts';
import type { Snapshot } from '../../../../policy/revision/snapshot.ts';

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

/** One address for each combination of zones of both sides that an address can be in, as far as the files know. */
export function placePairs(active: Snapshot, next: Snapshot): readonly PlacePair[] {
  const both = bothZones(active.settings.zones, next.settings.zones);
  const known = existing(placedOnBoth(active, next, both));
  const places = sampleAddresses(both.zones).flatMap((place) => known(place) ?? []);
  return places.map(({ ip, zones }) => {
    const [before, after] = [zonesOn('active', zones), zonesOn('next', zones)];
    return {
      label: placeLabel(after),
      activeLabel: placeLabel(before),
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

export function placeLabel(zones: readonly string[]): string {
  return zones.join(' and ') || 'elsewhere';
}

/** What the files of both configurations say. Of a zone that does not differ, what those of the next one do. */
export function placedOnBoth(active: Snapshot, next: Snapshot, { zones, nameOf }: BothZones): PlacedZones {
  return {
    settings: { zones },
    zonesOf(ip) {
      const [before, after] = [active.zonesOf(ip), next.zonesOf(ip)];
      const named = (of: 'zones' | 'unknownZones') => [
        ...(before[of] ?? []).filter((zone) => nameOf('active', zone) !== zone).map((zone) => nameOf('active', zone)),
        ...(after[of] ?? []).map((zone) => nameOf('next', zone)),
      ];
      return { zones: named('zones'), unknownZones: named('unknownZones') };
    },
    // The block in which neither says anything else.
    prefixOf: (ip) => Math.max(active.prefixOf(ip), next.prefixOf(ip)),
  };
}
