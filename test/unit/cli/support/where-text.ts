/** Reads the words of `config diff` that say where a change applies, for zones a and b and a few other facts. */
import type { Circumstance } from '../../../../src/cli/config/diff/sign-ins/circumstances.ts';

export interface ReadWhere {
  readonly holds: (circumstance: Circumstance) => boolean;
  /** It applies in only some of these circumstances. */
  readonly isCounted: boolean;
}

/** What of zones, times and scopes the compared rules name: words do not tell more apart. */
export interface NamedFacts {
  readonly zones: readonly string[];
  readonly scopes: readonly string[];
  /** Of the present and of this time, the same windows are open. */
  readonly isLikeNow: (now: number) => boolean;
}

type Test = ReadWhere['holds'];

export function readWhere(where: string, named: NamedFacts): ReadWhere {
  const tests: Test[] = [];
  let isCounted = false;
  let rest = where;
  while (rest !== '') {
    const found = grammar.flatMap(([pattern, says]) => {
      const match = pattern.exec(rest);
      return match ? [{ match, meaning: says }] : [];
    })[0];
    if (found === undefined) throw new Error(`not understood: ${rest} (of ${where})`);
    const { match, meaning } = found;
    const test = meaning(match, named);
    if (test === 'counted') isCounted = true;
    else tests.push(test);
    rest = rest.slice(match[0].length).replace(/^, /, '');
  }
  return { holds: (circumstance) => tests.every((test) => test(circumstance)), isCounted };
}

type Meaning = (match: RegExpExecArray, named: NamedFacts) => Test | 'counted';

const end = '(?=, |$)';
const zone = '(?:elsewhere|a and b|a|b)';
const scope = '(?:profile|address)';
const set = `${scope}(?: and ${scope})*`;
const platform = '(?:desktop|mobile|other)';

function zonesAt({ place }: Circumstance, { zones }: NamedFacts): readonly string[] {
  return place.next.zones.filter((name) => zones.includes(name));
}

function scopesWith({ scopes }: Circumstance, named: NamedFacts): readonly string[] {
  return scopes.filter((name) => named.scopes.includes(name));
}

const grammar: readonly (readonly [RegExp, Meaning])[] = [
  [
    RegExp(`^from outside (${zone}(?:(?: or |, )${zone})*)${end}`),
    ([, names = ''], named) =>
      (circumstance) =>
        !names.split(/ or |, /).some((name) => zonesAt(circumstance, named).includes(name)),
  ],
  [
    RegExp(`^from (${zone}(?:(?: or |, )${zone})*)${end}`),
    ([, names = ''], named) =>
      (circumstance) =>
        names.split(/ or |, /).includes(zonesAt(circumstance, named).join(' and ') || 'elsewhere'),
  ],
  [
    RegExp(`^in a (known|new) browser${end}`),
    ([, known]) =>
      ({ device }) =>
        device.known === (known === 'known'),
  ],
  [
    RegExp(`^on (${platform}(?: or ${platform})*)${end}`),
    ([, names = '']) =>
      ({ device }) =>
        names.split(' or ').includes(device.platform),
  ],
  [
    /^now and at some other times(?=, |$)/,
    (_, { isLikeNow }) =>
      ({ now }) =>
        isLikeNow(now),
  ],
  [
    /^at other times, not now(?=, |$)/,
    (_, { isLikeNow }) =>
      ({ now }) =>
        !isLikeNow(now),
  ],
  [
    /^without the scopes that rules name(?=, |$)/,
    (_, named) => (circumstance) => scopesWith(circumstance, named).length === 0,
  ],
  [
    RegExp(`^without the scope (${scope}(?: or ${scope})*)${end}`),
    ([, names = '']) =>
      ({ scopes }) =>
        !names.split(' or ').some((name) => scopes.includes(name)),
  ],
  [
    RegExp(`^with the scope (${scope}(?: or ${scope})*)${end}`),
    ([, names = '']) =>
      ({ scopes }) =>
        names.split(' or ').some((name) => scopes.includes(name)),
  ],
  [
    RegExp(`^with exactly the scopes (${set}(?:, or ${set})*)(, or none that rules name)?${end}`),
    ([, some = '', none]) =>
      ({ scopes }) => {
        const sets = [...some.split(', or '), ...(none === undefined ? [] : [''])];
        return sets.some((names) => names.split(' and ').toSorted().join() === scopes.slice(1).toSorted().join());
      },
  ],
  [
    RegExp(`^with the scopes (${set}(?:, or ${set})*)${end}`),
    ([, some = '']) =>
      ({ scopes }) =>
        some.split(', or ').some((names) => names.split(' and ').every((name) => scopes.includes(name))),
  ],
  [/^in \d+ of \d+ compared circumstances(?=, |$)/, () => 'counted'],
];
