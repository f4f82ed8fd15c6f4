/** Describes the circumstances in which a statement holds. */

import { neededAmong } from '../../../../core/analysis/space/needed-among.ts';
import { durationText } from '../../../../policy/model/duration-text.ts';
import { getOrMake } from '../../../shared/values/get-or-make.ts';
import type { Circumstance, ComparedCircumstances } from './circumstances.ts';
import { deviceText } from './device-text.ts';
import { scopeSetsText } from './scopes-text.ts';

/** Circumstances with different values of one aspect: those for which the statement holds, and those without it. */
interface Divided {
  readonly own: readonly Circumstance[];
  readonly others: readonly Circumstance[];
  /** The present time. */
  readonly now: Circumstance['now'];
  readonly statements: ComparedCircumstances['statements'];
}

/** One respect in which circumstances differ. */
interface Dimension {
  readonly read: (circumstance: Circumstance) => string;
  readonly words: (divided: Divided) => string;
}

const dimensions: readonly Dimension[] = [
  { read: ({ place }) => JSON.stringify([place.label, place.activeLabel]), words: placesText },
  {
    read: ({ device }) => String(device.known),
    words: ({ own: [first] }) => `in a ${first?.device.known ? 'known' : 'new'} browser`,
  },
  {
    read: ({ device }) => device.platform,
    words: ({ own }) => `on ${own.map(({ device }) => device.platform).join(' or ')}`,
  },
  { read: ({ device }) => device.os, words: ({ own }) => `with ${own.map(({ device }) => device.os).join(' or ')}` },
  { read: ({ believed }) => JSON.stringify(believed), words: believedText },
  { read: ({ now }) => String(now), words: timesText },
  {
    read: ({ scopes }) => scopes.slice(1).join(' '),
    words: ({ own, others }) => scopeSetsText(own.map(scopesOf), others.map(scopesOf)),
  },
  { read: ({ lastSignIn }) => String(lastSignIn?.from), words: lastSignInsText },
];

/** Cached by the circumstances of a pair of apps: the values of each dimension in each of them, as numbers. */
const readings = new WeakMap<readonly Circumstance[], readonly (readonly number[])[]>();

/** By dimension. */
function readingsOf(all: readonly Circumstance[]): readonly (readonly number[])[] {
  const known = readings.get(all);
  if (known !== undefined) return known;
  const found = dimensions.map(({ read }) => {
    const codes = new Map<string, number>();
    return all.map((circumstance) => getOrMake(codes, read(circumstance), () => codes.size));
  });
  readings.set(all, found);
  return found;
}

/**
 * `positions`: those of the circumstances in which it holds, among all that were compared. Empty if it holds in all of
 * them. Not all combinations need to be there: only what makes a difference beside the rest is told.
 */
export function whereText(
  positions: readonly number[],
  { circumstances: all, statements }: Pick<ComparedCircumstances, 'circumstances' | 'statements'>,
): string {
  if (positions.length === all.length) return '';
  const values = readingsOf(all);
  const inside = new Set(positions);
  const others = [...all.keys()].filter((position) => !inside.has(position));
  const apart = { own: positions, others, values };
  const needed = neededDimensions(apart);
  const found = needed.map((dimension) => {
    const { own, ...besides } = dividedBy(dimension, needed, apart);
    const circumstances = (chosen: readonly number[]) => chosen.flatMap((position) => all[position] ?? []);
    const divided = {
      own: circumstances(own),
      others: circumstances(besides.others),
      now: all[0]?.now ?? 0,
      statements,
    };
    const isTold = divided.others.length > 0;
    return { dimension, own, text: isTold ? dimensions[dimension]?.words(divided) : undefined };
  });
  const told = found.flatMap(({ text }) => text ?? []);
  // Those that the words describe. If it holds in fewer of them, these are counted.
  const described = [...all.keys()].filter((position) =>
    found.every(({ dimension, own, text }) => text === undefined || own.some(isAlike(position, values[dimension]))),
  );
  const [some, of] = [positions, described].map((each) => distinct(each, needed, values).length);
  return [...told, ...(some === of ? [] : [`in ${some} of ${of} compared circumstances`])].join(', ');
}

function isAlike(position: number, values: readonly number[] | undefined): (other: number) => boolean {
  return (other) => values?.[position] === values?.[other];
}

/** Positions of circumstances. */
interface Apart {
  readonly own: readonly number[];
  readonly others: readonly number[];
  /** As in `readingsOf`. */
  readonly values: readonly (readonly number[])[];
}

/** The fewest dimensions that distinguish the circumstances from the others. */
function neededDimensions({ own, others, values }: Apart): readonly number[] {
  const areApart = (some: readonly number[]) => {
    const found = new Set(own.map((position) => keyIn(position, some, values)));
    return !others.some((position) => found.has(keyIn(position, some, values)));
  };
  const varied = [...values.keys()].filter((dimension) => new Set(values[dimension]).size > 1);
  return neededAmong(varied, areApart);
}

function keyIn(position: number, some: readonly number[], values: Apart['values']): string {
  return some.map((dimension) => values[dimension]?.[position]).join();
}

/** The first of the positions with the same values. */
function distinct(positions: readonly number[], some: readonly number[], values: Apart['values']): readonly number[] {
  return [
    ...new Map(positions.toReversed().map((position) => [keyIn(position, some, values), position])).values(),
  ].sort((a, b) => a - b);
}

/**
 * One circumstance for each value with which it holds, and for each one without it. A value that was not compared
 * together with the same other values is neither.
 */
function dividedBy(
  dimension: number,
  needed: readonly number[],
  { own, others, values }: Apart,
): Pick<Apart, 'own' | 'others'> {
  const rest = needed.filter((other) => other !== dimension);
  const beside = new Set(own.map((position) => keyIn(position, rest, values)));
  const inside = new Set(own.map((position) => values[dimension]?.[position]));
  const outside = others.filter(
    (position) => beside.has(keyIn(position, rest, values)) && !inside.has(values[dimension]?.[position]),
  );
  return { own: distinct(own, [dimension], values), others: distinct(outside, [dimension], values) };
}

type CircumstancePlace = Circumstance['place'];

/** Describes places by the zones of one configuration, the new one or the active one, if these are sufficient. */
function placesText(divided: Divided): string {
  const [own, others] = [divided.own.map(placeOf), divided.others.map(placeOf)];
  const isApart = (name: 'label' | 'activeLabel') => {
    const outside = new Set(others.map((place) => place[name]));
    return !own.some((place) => outside.has(place[name]));
  };
  if (isApart('label')) return `from ${zoneText(own.map(nextZones), others.map(nextZones))}`;
  if (isApart('activeLabel')) return `from ${zoneText(own.map(activeZones), others.map(activeZones), ' now')}`;
  const both = own.map(({ label, activeLabel }) => (label === activeLabel ? label : `${label} (${activeLabel} now)`));
  return `from ${listed([...new Set(both)], own.length + others.length, combinations)}`;
}

function placeOf({ place }: Circumstance): CircumstancePlace {
  return place;
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
  const named = (list: readonly string[], of: number, thing: string) =>
    `${now && 'what is '}${listed(list, of, thing)}${now}`;
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

function believedText({ own, others, statements }: Divided): string {
  const [some, rest] = [own.map(believedOf), others.map(believedOf)];
  return deviceText({ some, all: [...some, ...rest], statements });
}

function believedOf({ believed }: Circumstance): Circumstance['believed'] {
  return believed;
}

function timesText({ own, now }: Divided): string {
  const isNow = own.some((circumstance) => circumstance.now === now);
  if (isNow) return own.length === 1 ? 'now, not at other times' : 'now and at some other times';
  return 'at other times, not now';
}

/** For example `with no sign-in within 30 d`, or `with the last sign-in 7 d to 30 d ago`. */
function lastSignInsText({ own }: Divided): string {
  const ranges: { from: number; to: number | undefined }[] = [];
  for (const { from, to } of own.flatMap(({ lastSignIn }) => lastSignIn ?? []).toSorted((a, b) => a.from - b.from)) {
    const before = ranges.at(-1);
    if (before?.to === from) before.to = to;
    else ranges.push({ from, to });
  }
  const words = ranges.map(({ from, to }) => {
    if (to === undefined) return `no sign-in within ${durationText(from)}`;
    if (from === 0) return `a sign-in within ${durationText(to)}`;
    return `the last sign-in ${durationText(from)} to ${durationText(to)} ago`;
  });
  return `with ${words.join(' or ')}`;
}

/** Those beside `openid`. */
function scopesOf({ scopes }: Circumstance): readonly string[] {
  return scopes.slice(1);
}
