/** Which sets of zones some address is in: the operator's files know where the networks of the zones lie. */
import type { Facts } from '../../../core/model/facts.ts';
import type { Universe } from '../../../core/policy/theories/theory.ts';
import type { Settings } from '../../model/settings.ts';
import type { Snapshot } from '../../revision/snapshot.ts';
import { compileZones } from '../../schema/settings/zones.ts';
import { addressesInBlocks, sampleAddresses } from './sample-addresses.ts';

type Network = Facts['network'];

/** Zones, and what the files say about addresses. */
export interface PlacedZones extends Pick<Snapshot, 'zonesOf' | 'prefixOf'> {
  readonly settings: Pick<Settings, 'zones'>;
}

/** How many blocks of all networks together are looked up in the files. */
const mostBlocks = 5000;

/**
 * Finds the place at an address that is in these zones and in no other ones: the files know where networks lie, and a
 * network may lie in several countries. Undefined if there is none. An address in none of the networks stands for any.
 */
export function existing({ settings, zonesOf, prefixOf }: PlacedZones): (place: Network) => Network | undefined {
  if (!mayRuleOut(settings.zones)) return (place) => place;
  const networksOf = compileZones(settings.zones);
  const { addresses, isComplete } = addressesInBlocks(settings.zones, prefixOf, mostBlocks);
  const found = new Map<string, Network & { readonly unknownZones: readonly string[] }>();
  for (const ip of addresses) {
    const { zones, unknownZones = [] } = zonesOf(ip);
    const key = JSON.stringify([zones, unknownZones]);
    if (!found.has(key)) found.set(key, { ip, zones, unknownZones });
  }
  return (place) => {
    if (networksOf(place.ip).zones.length === 0) return place;
    const at = [...found.values()].find(({ zones, unknownZones }) => isAt(place.zones, { zones, unknownZones }));
    if (at) return { ...place, ip: at.ip };
    return isComplete ? undefined : place;
  };
}

/** Whether files can say that a network is not where other zones are. */
function mayRuleOut(zones: Settings['zones']): boolean {
  return Object.values(zones).some(({ cidrs }) => cidrs.length > 0) && areByData(zones);
}

/** Whether an address in these zones, and perhaps in the unknown ones, may be in those that are meant and no others. */
function isAt(meant: readonly string[], { zones, unknownZones }: Pick<Network, 'zones' | 'unknownZones'>): boolean {
  return (
    zones.every((zone) => meant.includes(zone)) &&
    meant.every((zone) => zones.includes(zone) || unknownZones?.includes(zone))
  );
}

/** Cached by zones: each app has examples in the same ones. */
const placesOfExamples = new WeakMap<Settings['zones'], Universe['places']>();

/**
 * `sampleAddresses` for examples. Where files say which addresses are in a zone, the address of an example would bring
 * zones with it that the example does not mean: then it names zones alone.
 */
export function examplePlaces(zones: Settings['zones']): Universe['places'] {
  const places = placesOfExamples.get(zones) ?? placesFor(zones);
  placesOfExamples.set(zones, places);
  return places;
}

function placesFor(zones: Settings['zones']): Universe['places'] {
  const places = sampleAddresses(zones);
  return areByData(zones) ? places.map((place) => ({ ...place, ip: '' })) : places;
}

function areByData(zones: Settings['zones']): boolean {
  return Object.values(zones).some(({ countries, asns, anonymisers }) => countries ?? asns ?? anonymisers);
}

/**
 * The same, where no example is at a place that the files rule out now. What is proved is proved of these places, too:
 * files change.
 */
export function placesOnFile(placed: PlacedZones): Universe['places'] {
  const { zones } = placed.settings;
  if (!mayRuleOut(zones)) return examplePlaces(zones);
  const known = existing(placed);
  return sampleAddresses(zones).map((place) => ({
    ...place,
    ip: '',
    ...(known(place) === undefined && { isRuledOut: true }),
  }));
}
