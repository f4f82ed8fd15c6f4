import { expect, test } from '@jest/globals';
import { instrument } from '../../mutation/mutate.ts';

function replacements(source: string): readonly string[] {
  return instrument('file.ts', source).mutants.map(({ original, replacement }) => `${original} => ${replacement}`);
}

test.each<[string, readonly string[]]>([
  ['if (a) b();', ['a => true', 'a => false', 'b(); => ']],
  ['while (a) break;', ['a => false']],
  ['export const x = a && !b;', ['a && !b => (a)', 'a && !b => (!b)', '!b => (b)']],
  ['export const x = a < 3;', ['a < 3 => (a) <= (3)', 'a < 3 => (a) >= (3)', '3 => 3 + 1']],
  ["export const x = 'a' + b;", []],
  ['export const x = list.filter(f);', ['list.filter(f) => (list)']],
  ['export const x = list.some(f);', ['list.some(f) => list.every(f)']],
  ['export const x = { ...a, b: true };', ['...a => {}', 'true => false']],
  ['export const x: number = 1 as number;', ['1 => 1 + 1']],
  ['export const x = { 1: a };', []],
  ['export const x = a.toString();', []],
])('mutants of %s', (source, expected) => {
  expect(replacements(source)).toEqual(expected);
});

test('equal mutants have keys of their own, and keep them when lines move', () => {
  const keys = (source: string) => instrument('file.ts', source).mutants.map(({ key }) => key);
  expect(keys('f(1);\nf(1);')).toEqual(keys('\n\nf(1);\n\nf(1);'));
  expect(new Set(keys('f(1);\nf(1);')).size).toBe(4);
});

test('a dropped statement leaves its else where it was', () => {
  const { code } = instrument('file.ts', 'const f = (a) => { let x = 0; if (a) x = 1; else x = 2; return x; };');
  const body = code.replace('globalThis.__mutation', 'mutation');
  const f = new Function('mutation', `${body}; return f;`)(() => false);
  expect([f(true), f(false)]).toEqual([1, 2]);
});

test('only the active mutant runs', () => {
  const { code, mutants } = instrument('file.ts', 'const size = (a) => a > 3;');
  const sizeWith = (active: number) => {
    const body = code.replace('globalThis.__mutation', 'mutation');
    return new Function('mutation', `${body}; return size(4);`)((index: number) => index === active);
  };
  expect(sizeWith(-1)).toBe(true);
  expect(mutants.map((_, index) => sizeWith(index))).toEqual([true, false, false]);
});

test('code has branches only for the mutants that are tried', () => {
  const { code, mutants } = instrument('file.ts', 'const size = (a) => a > 3;', {
    first: 5,
    isTried: (index) => index === 6,
  });
  expect(mutants).toHaveLength(3);
  expect(code.match(/__mutant\(\d+\)/g)).toEqual(['__mutant(6)']);
});
