/** Formulas as small numbers, compared with sets of classes and variables, however many there are. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ReadClasses, restrict, resultOfClasses } from '../../../../src/core/analysis/space/class-sets.ts';
import { formulaReader, isAboutAny, type ReadChoice } from '../../../../src/core/analysis/space/read-formulas.ts';
import {
  among,
  type Formula,
  isYes,
  truthVariable,
  type UserFacts,
  type Variable,
} from '../../../../src/core/policy/theories/theory.ts';
import { enough, seeded } from '../../support/seeded.ts';

const unchanged = (facts: UserFacts) => facts;
const variableOf = (count: number, name = 'v'): Variable => ({
  name,
  classes: Array.from({ length: count }, () => ({})),
});
const upTo = (count: number) => [...Array(count).keys()];

/** A word has 29 bits, so these are one, two and three words, full and not. */
const counts = [1, 2, 28, 29, 30, 57, 58, 59, 87] as const;

const drawn = fc.constantFrom(...counts).chain((count) => {
  const positions = fc.subarray(upTo(count));
  return fc.record({
    count: fc.constant(count),
    before: fc.constantFrom(0, 1, 40),
    first: positions,
    second: positions,
  });
});

test('the classes that are left are those of both sets', () => {
  const seen = { empty: 0, less: 0, same: 0, true: 0, false: 0, undefined: 0 };
  fc.assert(
    fc.property(drawn, ({ count, before, first, second }) => {
      const reader = formulaReader();
      // Its words come after those of another variable.
      if (before > 0) reader.read(among(variableOf(before, 'before'), () => true));
      const variable = variableOf(count);
      const reading = (positions: readonly number[]) =>
        reader.read(among(variable, (at) => positions.includes(at))) as ReadClasses;
      const [one, other] = [reading(first), reading(second)];
      const state = { domains: [...reader.extended([])], touched: [] as number[] };
      const left = (positions: readonly number[]) =>
        expect(upTo(count).filter((at) => reader.isLeft(state.domains, variable, at))).toEqual(positions);

      left(upTo(count));
      const took = restrict(state, one);
      expect(took).toBe(first.length === 0 ? 'empty' : first.length < count ? 'less' : 'same');
      left(first);
      const both = first.filter((at) => second.includes(at));
      const isAmong = both.length === 0 ? false : both.length === first.length || undefined;
      expect(resultOfClasses(other, state.domains)).toBe(isAmong);
      const tookMore = restrict(state, other);
      expect(tookMore).toBe(both.length === 0 ? 'empty' : both.length < first.length ? 'less' : 'same');
      left(both);
      expect(state.touched).toEqual([one.variable]);
      expect(one.variable).toBe(before > 0 ? 1 : 0);
      seen[took] += 1;
      seen[`${isAmong}`] += 1;
    }),
    seeded(500),
  );
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(enough(3));
});

test('a variable without classes holds in none', () => {
  const reader = formulaReader();
  const [nothing, next] = [variableOf(0, 'nothing'), variableOf(2, 'next')];
  const [read, after] = [nothing, next].map((variable) => reader.read(among(variable, () => true))) as [
    ReadClasses,
    ReadClasses,
  ];
  const state = { domains: [...reader.extended([])], touched: [] };
  expect(resultOfClasses(read, state.domains)).toBe(false);
  expect(restrict(state, read)).toBe('empty');
  expect(restrict(state, after)).toBe('same');
});

describe('a choice is about the variables', () => {
  const variables = upTo(70).map((at) => truthVariable(`${at}`, unchanged));
  const reader = formulaReader();
  for (const variable of variables) reader.read(isYes(variable));
  const choiceOf = (...any: readonly Formula[]) => reader.read({ any }) as ReadChoice;
  const of = (at: number) => isYes(variables[at] as Variable);

  test('that occur in it, at any depth', () => {
    const positions = fc.subarray(upTo(70), { maxLength: 4 });
    fc.assert(
      fc.property(positions, positions, positions, (direct, joint, deep) => {
        const choice = choiceOf(of(0), ...direct.map(of), { all: [...joint.map(of), { any: deep.map(of) }] });
        const about = upTo(70).filter((at) => isAboutAny(choice, [at], 0));
        expect(new Set(about)).toEqual(new Set([0, ...direct, ...joint, ...deep]));
      }),
      seeded(300),
    );
  });

  test('in the list from some position on', () => {
    const choice = choiceOf(of(3), of(33), of(63));
    expect(upTo(4).map((from) => isAboutAny(choice, [4, 33, 5], from))).toEqual([true, true, false, false]);
    expect(isAboutAny(choice, [], 0)).toBe(false);
  });
});

describe('a reader', () => {
  const [one, other] = [variableOf(40, 'one'), variableOf(3, 'other')];

  test('knows all classes of a variable that it has not read', () => {
    const reader = formulaReader();
    const domains = reader.extended([]);
    expect(upTo(41).map((at) => reader.isLeft(domains, one, at))).toEqual(upTo(41).map((at) => at < 40));
  });

  test('extends what is left by what it has read since', () => {
    const reader = formulaReader();
    const first = reader.read(among(other, (at) => at === 1)) as ReadClasses;
    const state = { domains: [...reader.extended([])], touched: [] };
    restrict(state, first);
    reader.read(among(one, () => true));
    const more = reader.extended(state.domains);
    expect(upTo(3).filter((at) => reader.isLeft(more, other, at))).toEqual([1]);
    expect(upTo(40).every((at) => reader.isLeft(more, one, at))).toBe(true);
    expect(reader.extended(more)).toEqual(more);
  });

  test('reads a formula once where it caches', () => {
    const formula: Formula = { all: [isYes(truthVariable('a', unchanged))] };
    const [remembering, plain] = [formulaReader(true), formulaReader()];
    expect(remembering.read(formula)).toBe(remembering.read(formula));
    expect(plain.read(formula)).not.toBe(plain.read(formula));
    expect(plain.read(formula)).toEqual(plain.read(formula));
  });

  test('chooses a class of each variable that formulas are about, by preference one whose facts are known', () => {
    const reader = formulaReader();
    const known: Variable = {
      name: 'known',
      classes: upTo(60).map((at) => (at === 35 || at === 50 ? { applyTo: unchanged } : {})),
    };
    const all = [one, other, known].map((variable) => reader.read(among(variable, (at) => at > 1)) as ReadClasses);
    const state = { domains: [...reader.extended([])], touched: [] as number[] };
    for (const read of [all[2], all[0]]) restrict(state, read as ReadClasses);
    expect([...reader.modelOf(state)]).toEqual([
      [known, 35],
      [one, 2],
    ]);
  });
});

test('what stands alone is read as itself, unless it holds in every class', () => {
  const reader = formulaReader();
  const variable = variableOf(3);
  const some = among(variable, (at) => at > 0);
  const every = among(variable, () => true);
  const choice: Formula = { any: [some, { all: [some, some] }] };
  expect(reader.read({ any: [{ all: [{ any: [some] }] }] })).toEqual(reader.read(some));
  expect(reader.read({ all: [{ any: [choice] }] })).toEqual(reader.read(choice));
  expect(reader.read({ any: [every] })).toMatchObject({ kind: 'any' });
  expect(reader.read({ any: [{ all: [some, some] }] })).toMatchObject({ kind: 'any' });
});
