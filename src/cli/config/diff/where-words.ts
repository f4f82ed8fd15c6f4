/** Says in which of the circumstances something is so. */
import type { Circumstance } from './circumstances.ts';

/** One thing in which circumstances differ. */
interface Dimension {
  readonly read: (circumstance: Circumstance) => string;
  /** `values`: those in which it is so; not all of them. */
  readonly words: (values: readonly string[], all: readonly Circumstance[]) => string;
}

const dimensions: readonly Dimension[] = [
  { read: ({ place }) => JSON.stringify([place.label, place.liveLabel]), words: placeWords },
  {
    read: ({ device }) => String(device.known),
    words: ([known]) => `in a ${known === 'true' ? 'known' : 'new'} browser`,
  },
  { read: ({ device }) => device.platform, words: (platforms) => `on ${platforms.join(' or ')}` },
  { read: ({ device }) => device.os, words: (systems) => `with ${systems.join(' or ')}` },
  { read: ({ now }) => String(now), words: timeWords },
  { read: ({ scopes }) => scopes.slice(1).join(' '), words: scopeWords },
];

/** Empty: in all of them. */
export function whereWords(some: readonly Circumstance[], all: readonly Circumstance[]): string {
  if (some.length === all.length) return '';
  const found = dimensions.map(({ read, words }) => {
    const values = [...new Set(some.map(read))];
    const isAll = values.length === new Set(all.map(read)).size;
    return { count: values.length, text: isAll ? '' : words(values, all) };
  });
  const text = found.flatMap((one) => (one.text === '' ? [] : [one.text])).join(', ');
  const combinations = found.reduce((product, { count }) => product * count, 1);
  if (combinations === some.length && text !== '') return text;
  const counted = `in ${some.length} of ${all.length} circumstances`;
  return text === '' ? counted : `${text}, ${counted}`;
}

/** By the zones that there would be, or those that there are, where these alone say it. */
function placeWords(values: readonly string[], all: readonly Circumstance[]): string {
  const isIn = ({ label, liveLabel }: Circumstance['place']) => values.includes(JSON.stringify([label, liveLabel]));
  const places = all.map(({ place }) => place);
  const own = places.filter(isIn);
  for (const [name, words] of [
    ['label', (labels: readonly string[]) => `from ${labels.join(' or ')}`],
    ['liveLabel', (labels: readonly string[]) => `from what is ${labels.join(' or ')} now`],
  ] as const) {
    const labels = [...new Set(own.map((place) => place[name]))];
    if (places.every((place) => isIn(place) || !labels.includes(place[name]))) return words(labels);
  }
  const both = own.map(({ label, liveLabel }) => (label === liveLabel ? label : `${label} (${liveLabel} now)`));
  return `from ${[...new Set(both)].join(' or ')}`;
}

/** The first circumstance is now. */
function timeWords(times: readonly string[], [first]: readonly Circumstance[]): string {
  const isNow = times.includes(String(first?.now));
  if (isNow) return times.length === 1 ? 'now, not at other times' : 'now and at some other times';
  return 'at other times, not now';
}

function scopeWords(scopes: readonly string[]): string {
  const named = scopes.filter((scope) => scope !== '');
  if (named.length === 0) return 'without the scopes that rules name';
  const words = `with the scope ${named.join(' or ')}`;
  return named.length < scopes.length ? `${words}, or none that rules name` : words;
}
