/** The words for made-up users are true of these users alone, and short. */
import { expect, test } from '@jest/globals';
import {
  type Having,
  havingText,
  type MarkOfPassword,
} from '../../../../../src/cli/config/diff/sign-ins/having-text.ts';

const sets = [['p', 't', 'w'], ['p'], ['t'], ['w'], ['t', 'w'], ['p', 'w'], ['p', 't']];

function had(keys: readonly string[], more: Partial<Having> = {}): Having {
  return { name: JSON.stringify([keys, more]), keys, ...more };
}

const marks: readonly MarkOfPassword[] = [
  { key: 'p', age: { from: '30 d', to: '90 d' } },
  { key: 'p', age: { from: '90 d' } },
  { key: 'p' },
];
const plain = sets.map((keys) => had(keys));
const marked = marks.flatMap((mark) => sets.filter((keys) => keys.includes('p')).map((keys) => had(keys, { mark })));
const oneOfEach = had(['p', 't', 'w'], { isOneOfEach: true });
const all = [...plain, oneOfEach, ...marked];

/** Reads the words as an administrator does. */
function isMeant(words: string, having: Having): boolean {
  const [within = '', excepted] = words.split(/,? ?except those /);
  const isAny = (terms: string) => terms.split(', or ').some((term) => isTrue(term, having));
  if (excepted === undefined) return isAny(within);
  return (within === '' || isAny(within)) && !isAny(excepted);
}

function isTrue(term: string, having: Having): boolean {
  const { set = '', password } =
    /^(?<set>.*?)(?: that is |(?: and )?whose p is |$)(?<password>.*)$/.exec(term)?.groups ?? {};
  return isPassword(password ?? '', having) && (set === '' || isSet(set, having));
}

function isPassword(words: string, { keys, mark }: Having): boolean {
  if (words === '') return true;
  return words.split(' or ').some((word) => {
    if (mark === undefined) return word === 'neither 30 d old nor on a blocklist' && keys.includes('p');
    if (word === 'on a blocklist') return mark.age === undefined;
    if (word === 'between 30 d and 90 d old') return mark.age?.to === '90 d';
    return word === '30 d old' ? mark.age !== undefined : word === '90 d old' && mark.age?.from === '90 d';
  });
}

function isSet(words: string, { keys, isOneOfEach }: Having): boolean {
  if (words === 'with every authenticator') return keys.length === 3;
  if (words === 'with every authenticator and several of some') return keys.length === 3 && !isOneOfEach;
  if (words === 'with one of each authenticator') return isOneOfEach === true;
  const [, rest = '', key = ''] = /^with (all|nothing) but (\w)$/.exec(words) ?? [];
  if (key !== '') return keys.includes(key) === (rest === 'nothing') && keys.length === (rest === 'all' ? 2 : 1);
  return words.split(' and ').every((fact) => keys.includes(fact.slice(-1)) !== fact.startsWith('without '));
}

/** Some of them, always the same for a number. */
function someOf(seed: number): readonly Having[] {
  let state = seed * 2654435761;
  return all.filter(() => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state > 1073741824;
  });
}

test('the words are true of the users who are meant, and of no others', () => {
  const cases = [
    ...Array.from({ length: 126 }, (_, at) => ({
      own: plain.filter((_user, bit) => ((at + 1) >> bit) % 2 === 1),
      of: plain,
    })),
    ...Array.from({ length: 100 }, (_, at) => ({ own: someOf(at + 1), of: all })),
    ...all.map((user) => ({ own: [user], of: all })),
    ...all.map((user) => ({ own: all.filter((other) => other !== user), of: all })),
  ].filter(({ own, of }) => own.length > 0 && own.length < of.length);
  expect(cases.length).toBeGreaterThan(200);
  for (const { own, of } of cases) {
    const words = havingText(own, of) ?? '';
    expect([words, of.filter((having) => isMeant(words, having))]).toEqual([words, own]);
  }
});

const textOf = (isOwn: (user: Having) => boolean, of: readonly Having[] = all) => havingText(of.filter(isOwn), of);
const isMarked = ({ mark }: Having) => mark !== undefined;
const isOld = ({ mark }: Having) => mark?.age !== undefined;

test.each<[string | undefined, string | undefined]>([
  [textOf(() => true), undefined],
  [textOf(({ keys }) => !keys.includes('t')), 'without t'],
  [textOf(({ keys }) => keys.includes('t') && keys.includes('w')), 'with t and w'],
  [
    textOf(({ keys }) => keys.length > 1),
    'except those with nothing but p, or with nothing but t, or with nothing but w',
  ],
  [textOf(isMarked), 'whose p is 30 d old or on a blocklist'],
  [textOf(isOld), 'whose p is 30 d old'],
  [textOf(({ mark }) => mark?.age?.to !== undefined), 'whose p is between 30 d and 90 d old'],
  [
    textOf((user) => isMarked(user) && !isOld(user) && !user.keys.includes('w')),
    'without w and whose p is on a blocklist',
  ],
  [
    textOf((user) => isMarked(user) && !isOld(user) && user.keys.length === 1),
    'with nothing but p that is on a blocklist',
  ],
  [textOf((user) => isOld(user) && user.keys.length > 1), 'whose p is 30 d old, except those with nothing but p'],
  [textOf((user) => !isMarked(user)), 'except those whose p is 30 d old or on a blocklist'],
  [
    textOf((user) => !isMarked(user) && user.keys.length === 3, [...plain, ...marked]),
    'with every authenticator and whose p is neither 30 d old nor on a blocklist',
  ],
  [textOf(({ isOneOfEach }) => isOneOfEach === true), 'with one of each authenticator'],
])('%s', (words, expected) => {
  expect(words).toBe(expected);
});

test('users among some of whom all lack an authenticator do not have every authenticator', () => {
  const without = plain.filter(({ keys }) => !keys.includes('t'));
  const both = without.filter(({ keys }) => keys.length === 2);
  expect(havingText(both, without, plain)).toBe('with all but t');
});
