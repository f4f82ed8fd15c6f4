/** The places of the sign-ins that answers about many are about: each zone, and several zones at once. */
import type { Facts } from '../../../core/model/facts.ts';
import { sampleAddresses } from '../../../policy/analysis/analysed/sample-addresses.ts';
import { existing } from '../../../policy/analysis/analysed/zones-on-file.ts';
import type { Snapshot } from '../../../policy/revision/snapshot.ts';
import type { ReadNames } from './same-sign-ins.ts';

/** The place of a sign-in. */
export interface SignInPlace {
  /** The name of the zone, or `elsewhere`, which is in no zone; of a place in several zones, such as `home + cloud`. */
  readonly zone: string;
  readonly network: Facts['network'];
  /** Present if it is about several zones at once: the names of these. */
  readonly together?: readonly string[];
}

export interface SignInPlaces {
  readonly places: readonly SignInPlace[];
  /** The number of further places in several zones, beyond the limit. */
  readonly left: number;
}

/** The most places in several zones at once. Those in the fewest zones come first. */
const mostTogether = 40;

/**
 * One place for each zone, in as few other zones as possible, and one outside all zones. If every address is in a zone,
 * there is no `elsewhere`. Then the places in several zones that rules tell apart from these. `reads`: the zones that
 * the rules of the apps read.
 */
export function signInPlaces(snapshot: Snapshot, reads: () => readonly ReadNames[]): SignInPlaces {
  const { zones: known } = snapshot.settings;
  const samples = sampleAddresses(known);
  const outside = samples.find(({ zones }) => zones.length === 0);
  const inZones = Object.keys(known).map((zone): SignInPlace => {
    const network = samples.find(({ zones }) => zones.includes(zone)) ?? { ip: '', zones: [zone] };
    return { zone, network: withZonesByData(network, zone, snapshot) };
  });
  const first = [...(outside ? [{ zone: 'elsewhere', network: outside }] : []), ...inZones];
  const { alone, together } = placesTogether(first, { samples, snapshot, reads });
  return { places: [...alone, ...together.slice(0, mostTogether)], left: Math.max(0, together.length - mostTogether) };
}

interface Samples {
  readonly samples: ReturnType<typeof sampleAddresses>;
  readonly snapshot: Snapshot;
  readonly reads: () => readonly ReadNames[];
}

interface TogetherAndAlone {
  readonly alone: readonly SignInPlace[];
  readonly together: readonly SignInPlace[];
}

/**
 * The places that rules tell apart from the `first` ones. Where rules tell an address in one zone alone from the first
 * one in this zone, which is in others as well, this is a place in several zones.
 */
function placesTogether(first: readonly SignInPlace[], { samples, snapshot, reads }: Samples): TogetherAndAlone {
  const shown = new Set(first.map(({ network }) => keyOf(network.zones)));
  const further = samples.filter((place) => !shown.has(keyOf(place.zones)));
  if (further.length === 0) return { alone: first, together: [] };
  const known = existing(snapshot);
  const others = further.flatMap((place) => known(place) ?? []);
  if (others.length === 0) return { alone: first, together: [] };
  const read = reads();
  const readIn = (zones: readonly string[]) =>
    zones.filter((zone) => read.some((names) => names([zone]) !== names([])));
  const told = new Set(first.map(({ network }) => keyOf(readIn(network.zones))));
  const found = others.flatMap((network): readonly SignInPlace[] => {
    const zones = readIn(network.zones);
    const key = keyOf(zones);
    if (told.has(key)) return [];
    told.add(key);
    return [inSeveral(network, zones)];
  });
  const byName = new Map(found.map((place) => [place.zone, place]));
  const alone = first.map(({ zone, network }) => ({ zone, network: byName.get(zone)?.network ?? network }));
  return {
    alone,
    together: [
      ...first.filter(({ zone }) => byName.has(zone)).map(({ network }) => inSeveral(network, readIn(network.zones))),
      ...found.filter((place) => !alone.some(({ zone }) => zone === place.zone)),
    ],
  };
}

function inSeveral(network: Facts['network'], together: readonly string[]): SignInPlace {
  return { zone: together.join(' + '), network, together };
}

function keyOf(zones: readonly string[]): string {
  return JSON.stringify(zones);
}

/** A network lies in a country, which the files know. Of a zone without networks, no address is known to be in it. */
function withZonesByData(
  network: SignInPlace['network'],
  zone: string,
  { settings, zonesOf }: Pick<Snapshot, 'settings' | 'zonesOf'>,
): SignInPlace['network'] {
  const hasNetworks = (settings.zones[zone]?.cidrs.length ?? 0) > 0;
  const { zones } = hasNetworks ? zonesOf(network.ip) : { zones: [] };
  if (!zones.includes(zone)) return network;
  // In the order of the sample addresses, with which they are compared.
  return { ...network, zones: Object.keys(settings.zones).filter((name) => zones.includes(name)) };
}

/** What is asked at a place. */
interface AskedAt {
  readonly zone: string;
  readonly together?: readonly string[];
}

/**
 * Leaves out the places in several zones at which the same is asked as in one or some of these zones. `words`: equal
 * where the same is asked.
 */
export function withoutRepeatedPlaces<At extends AskedAt>(
  outcomes: readonly At[],
  words: (outcome: At) => string,
): readonly At[] {
  if (!outcomes.some(({ together }) => together)) return outcomes;
  const all = outcomes.map((outcome) => ({ outcome, said: words(outcome) }));
  const isNew = (each: (typeof all)[number]) =>
    !all.some((other) => other.said === each.said && isWithin(other.outcome, each.outcome));
  return all.filter(isNew).map(({ outcome }) => outcome);
}

/** Whether the one is about some of the zones that the other is about together. */
function isWithin({ zone, together = [zone] }: AskedAt, other: AskedAt): boolean {
  const zones = other.together ?? [];
  return together.length < zones.length && together.every((name) => zones.includes(name));
}

/** Whether a place is one that some row tells of. */
export function shownInAny<At extends AskedAt>(
  rows: readonly (readonly At[])[],
  words: (outcome: At) => string,
): (place: AskedAt) => boolean {
  const told = [...new Set(rows)].flatMap((outcomes) => withoutRepeatedPlaces(outcomes, words));
  const shown = new Set(told.map(({ zone }) => zone));
  return ({ zone, together }) => together === undefined || shown.has(zone);
}
