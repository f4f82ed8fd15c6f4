/** Describes the circumstances in which a statement holds. */
import type { Circumstance } from './circumstances.ts';
import { deviceText } from './device-text.ts';

/** One respect in which circumstances differ. */
interface Dimension {
  readonly read: (circumstance: Circumstance) => string;
  /** `values`: those for which the statement holds; never all of them. */
  readonly words: (values: readonly string[], all: readonly Circumstance[]) => string;
}

const dimensions: readonly Dimension[] = [
  { read: ({ place }) => JSON.stringify([place.label, place.activeLabel]), words: placesText },
  {
    read: ({ device }) => String(device.known),
    words: ([known]) => `in a ${known === 'true' ? 'known' : 'new'} browser`,
  },
  { read: ({ device }) => device.platform, words: (platforms) => `on ${platforms.join(' or ')}` },
  { read: ({ device }) => device.os, words: (systems) => `with ${systems.join(' or ')}` },
  { read: ({ believed }) => JSON.stringify(believed), words: believedText },
  { read: ({ now }) => String(now), words: timesText },
  { read: ({ scopes }) => scopes.slice(1).join(' '), words: scopesText },
];

/** Empty if it holds in all circumstances. */
export function whereText(some: readonly Circumstance[], all: readonly Circumstance[]): string {
  if (some.length === all.length) return '';
  const found = dimensions.map(({ read, words }) => {
    const values = [...new Set(some.map(read))];
    const isAll = values.length === new Set(all.map(read)).size;
    return { count: values.length, text: isAll ? '' : words(values, all) };
  });
  const text = found.flatMap((part) => (part.text === '' ? [] : [part.text])).join(', ');
  const combinations = found.reduce((product, { count }) => product * count, 1);
  if (combinations === some.length && text !== '') return text;
  const counted = `in ${some.length} of ${all.length} circumstances`;
  return text === '' ? counted : `${text}, ${counted}`;
}

type CircumstancePlace = Circumstance['place'];

/** Describes places by the zones of one configuration, the new one or the active one, if these are sufficient. */
function placesText(values: readonly string[], all: readonly Circumstance[]): string {
  const inside = new Set(values);
  const isIn = ({ label, activeLabel }: CircumstancePlace) => inside.has(JSON.stringify([label, activeLabel]));
  const places = all.map(({ place }) => place);
  const [own, others] = [places.filter(isIn), places.filter((place) => !isIn(place))];
  const isApart = (name: 'label' | 'activeLabel') => {
    const outside = new Set(others.map((place) => place[name]));
    return !own.some((place) => outside.has(place[name]));
  };
  if (isApart('label')) return `from ${zoneText(own.map(nextZones), others.map(nextZones))}`;
  if (isApart('activeLabel')) return `from ${zoneText(own.map(activeZones), others.map(activeZones), ' now')}`;
  const both = own.map(({ label, activeLabel }) => (label === activeLabel ? label : `${label} (${activeLabel} now)`));
  return `from ${listed([...new Set(both)], new Set(places).size, combinations)}`;
}

const nextZones = ({ zones }: CircumstancePlace) => zones;
const activeZones = ({ activeZones: zones }: CircumstancePlace) => zones;

const combinations = 'combinations of zones';

/** If the statement also holds outside all zones, it is clearer to name the zones in which it does not hold. */
function zoneText(
  own: readonly (readonly string[])[],
  others: readonly (readonly string[])[],
  now: '' | ' now' = '',
): string {
  const named = (names: readonly string[], of: number, what: string) =>
    `${now && 'what is '}${listed(names, of, what)}${now}`;
  const inside = new Set(own.flat());
  const excluded = [...new Set(others.flat())];
  const isElsewhere = own.some((zones) => zones.length === 0);
  if (isElsewhere && !excluded.some((zone) => inside.has(zone)))
    return `outside ${named(excluded, inside.size + excluded.length, 'zones')}`;
  const labels = (some: readonly (readonly string[])[]) => [...new Set(some.map((zones) => zones.join(' and ')))];
  const all = [...own, ...others].filter((zones) => zones.length > 0);
  const what = all.some((zones) => zones.length > 1) ? combinations : 'zones';
  const names = labels(own).map((label) => label || 'elsewhere');
  const rest = labels(others).filter((label) => label !== '');
  if (names.length > most && rest.length === 1 && what === 'zones' && !now) return `every zone but ${rest[0]}`;
  return named(names, labels(all).length, what);
}

/** The most names to show. Others are counted. */
const most = 4;

/** For example `a, b or c`, or `12 of 14 zones (a, b, c, d, ...)`. */
function listed(names: readonly string[], of: number, what: string): string {
  if (names.length > most) {
    const count = names.length < of ? `${names.length} of ${of}` : `all ${of}`;
    return `${count} ${what} (${names.slice(0, most).join(', ')}, ...)`;
  }
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} or ${last}`;
}

function believedText(values: readonly string[], all: readonly Circumstance[]): string {
  const pairs = new Map(all.map(({ believed }) => [JSON.stringify(believed), believed] as const));
  return deviceText(
    values.flatMap((value) => pairs.get(value) ?? []),
    [...pairs.values()],
  );
}

/** The first circumstance is at the present time. */
function timesText(times: readonly string[], [first]: readonly Circumstance[]): string {
  const isNow = times.includes(String(first?.now));
  if (isNow) return times.length === 1 ? 'now, not at other times' : 'now and at some other times';
  return 'at other times, not now';
}

function scopesText(scopes: readonly string[]): string {
  const named = scopes.filter((scope) => scope !== '');
  if (named.length === 0) return 'without the scopes that rules name';
  const words = `with the scope ${named.join(' or ')}`;
  return named.length < scopes.length ? `${words}, or none that rules name` : words;
}
