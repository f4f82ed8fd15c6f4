/** Finding classes in which formulas hold together, and the steps that it takes. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  consequencesOf,
  findByRule,
  findModel,
  findModelFrom,
  findModelWithin,
  type ModelSearchResult,
  newBudget,
} from '../../../../src/core/analysis/space/find-model.ts';
import { type Budget, propagate, type SearchState } from '../../../../src/core/analysis/space/propagate.ts';
import {
  type FormulaReader,
  formulaReader,
  type ReadFormula,
} from '../../../../src/core/analysis/space/read-formulas.ts';
import {
  among,
  type Formula,
  isYes,
  negated,
  truthVariable,
  type Variable,
} from '../../../../src/core/policy/theories/theory.ts';
import { enough, seeded } from '../../support/seeded.ts';

const [a, b, c] = ['a', 'b', 'c'].map((name) => truthVariable(name, (facts) => facts)) as [
  Variable,
  Variable,
  Variable,
];
const color: Variable = { name: 'color', classes: [{}, {}, { applyTo: (facts) => facts }, {}] };
const yes = (variable: Variable): Formula => isYes(variable);
const no = (variable: Variable): Formula => negated(isYes(variable));
const either = (...any: readonly Formula[]): Formula => ({ any });
const both = (...all: readonly Formula[]): Formula => ({ all });
const isOf = (...positions: readonly number[]) => among(color, (at) => positions.includes(at));

/** By name of the variable: the position of its class. */
function found(...formulas: readonly Formula[]) {
  const search = findModel(formulas, newBudget());
  return typeof search === 'string'
    ? search
    : Object.fromEntries([...search.model].map(([{ name }, position]) => [name, position]));
}

test.each<[string, readonly Formula[], ReturnType<typeof found>]>([
  ['nothing', [], {}],
  ['a yes', [yes(a)], { a: 1 }],
  ['a no', [no(a)], { a: 0 }],
  ['a yes and a no', [yes(a), no(a)], 'impossible'],
  ['each of all', [both(yes(a), no(b))], { a: 1, b: 0 }],
  ['none of any', [either()], 'impossible'],
  ['all of none', [both()], {}],
  ['the one choice that is left', [either(yes(a), yes(b)), no(a)], { a: 0, b: 1 }],
  ['no choice that is left', [either(yes(a), yes(b)), no(a), no(b)], 'impossible'],
  ['a choice that follows from another', [either(yes(a), yes(b)), either(no(b), yes(c)), no(a)], { a: 0, b: 1, c: 1 }],
  ['a choice that holds already', [yes(a), either(yes(a), yes(b))], { a: 1 }],
  ['a choice of several together', [either(both(yes(a), yes(b)), yes(c)), no(b)], { b: 0, c: 1 }],
  ['a choice within a choice', [either(both(either(yes(a), yes(b)), yes(c)), yes(a)), no(a)], { a: 0, b: 1, c: 1 }],
  ['a choice of which a part holds', [yes(a), either(both(yes(a), yes(b)), yes(c)), no(c)], { a: 1, b: 1, c: 0 }],
  ['a choice of which all holds', [yes(a), yes(b), either(both(yes(a), yes(b)), yes(c))], { a: 1, b: 1 }],
  [
    'the second choice where the first leads nowhere',
    [either(yes(a), yes(b)), either(no(a), yes(c)), either(no(a), no(c))],
    { a: 0, b: 1 },
  ],
  [
    'no choice where each leads nowhere',
    [either(yes(a), yes(b)), either(no(a), yes(b)), either(yes(a), no(b)), either(no(a), no(b))],
    'impossible',
  ],
  [
    'another choice than one of which a part does not hold',
    [no(a), yes(b), either(both(yes(a), yes(b)), yes(c))],
    { a: 0, b: 1, c: 1 },
  ],
  [
    'a choice of which one of two holds',
    [yes(a), no(b), no(c), either(either(yes(a), yes(b)), yes(c))],
    { a: 1, b: 0, c: 0 },
  ],
  ['first what leaves fewer choices', [either(yes(a), yes(b), yes(c)), either(no(a), isOf(0))], { a: 0, b: 1 }],
  [
    'first what leaves fewer choices, wherever it stands',
    [either(no(a), isOf(0)), either(yes(a), yes(b), yes(c))],
    { a: 0, b: 1 },
  ],
  ['the first of the classes that are left', [isOf(0, 1)], { color: 0 }],
  ['a class of which facts are known', [isOf(0, 1, 2, 3)], { color: 2 }],
  ['the first of several classes of which none is known', [isOf(1, 3)], { color: 1 }],
  ['the one class that is left', [isOf(1, 3), isOf(2, 3)], { color: 3 }],
  ['no class that is left', [isOf(0, 1), isOf(2, 3)], 'impossible'],
])('finds %s', (_, formulas, expected) => {
  expect(found(...formulas)).toEqual(expected);
});

describe('a variable of more classes than a word has bits', () => {
  const many: Variable = {
    name: 'many',
    classes: Array.from({ length: 70 }, (_, at) => (at === 64 ? { applyTo: (facts) => facts } : {})),
  };
  const isAmong = (...positions: readonly number[]) => among(many, (at) => positions.includes(at));

  test.each([[0], [28], [29], [30], [57], [58], [59], [69]])('is in its class %i alone', (at) => {
    expect(found(isAmong(at))).toEqual({ many: at });
    expect(found(negated(isAmong(at)), isAmong(at))).toBe('impossible');
    expect(found(isAmong(at), either(negated(isAmong(at)), yes(a)))).toEqual({ a: 1, many: at });
  });

  test('of classes in several words the known one is chosen, else the first', () => {
    expect(found(isAmong(3, 40, 64))).toEqual({ many: 64 });
    expect(found(isAmong(3, 40, 64), isAmong(40, 69))).toEqual({ many: 40 });
    expect(found(negated(isAmong(64)), isAmong(40, 64, 69))).toEqual({ many: 40 });
    expect(found(isAmong(3, 40), isAmong(41, 69))).toBe('impossible');
  });

  test('a choice between words holds or misses as a whole', () => {
    expect(found(isAmong(3, 69), either(isAmong(3), yes(a)), no(a))).toEqual({ a: 0, many: 3 });
    expect(found(isAmong(3, 69), either(isAmong(3, 69), yes(a)))).toEqual({ many: 3 });
  });
});

describe('a search', () => {
  // Looks at the choice, at what it follows from, and at the one that is left.
  const formulas = [either(yes(a), yes(b)), no(a)];

  test('takes a step for each formula that it looks at', () => {
    const budget = { steps: 10 };
    findModel(formulas, budget);
    expect(budget.steps).toBe(7);
    expect(findModel(formulas, { steps: 3 })).not.toBe('undecided');
    expect(findModel(formulas, { steps: 2 })).toBe('undecided');
  });

  // What comes last is looked at first.
  test.each<[string, number, readonly Formula[]]>([
    ['looks again only at open choices, as soon as more is known', 5, [no(a), no(b), either(yes(a), yes(b), yes(c))]],
    ['looks once more at a choice that holds meanwhile', 3, [yes(a), either(yes(a), yes(b))]],
    ['and at one of which all parts hold', 4, [yes(a), yes(b), either(both(yes(a), yes(b)), yes(c))]],
  ])('%s', (_, steps, some) => {
    const budget = { steps: 100 };
    expect(findModel(some, budget)).not.toBe('undecided');
    expect(100 - budget.steps).toBe(steps);
  });

  test('is undecided as soon as the steps do not suffice for one of its choices', () => {
    const open = [either(yes(a), yes(b)), either(no(a), yes(c)), either(no(a), no(c))];
    expect(findModel(open, { steps: 3 })).toBe('undecided');
    expect(findModel(open, { steps: 4 })).toBe('undecided');
  });

  test('subtracts its use from the larger budget', () => {
    const whole = { steps: 1_000 };
    expect(findModelWithin(formulas, whole)).not.toBe('undecided');
    expect(whole.steps).toBe(997);
  });

  test('takes at most what is left of it, and at most what one question may use', () => {
    const little = { steps: 2 };
    expect(findModelWithin(formulas, little)).toBe('undecided');
    expect(little.steps).toBe(0);
    const none = { steps: -5 };
    expect(findModelWithin(formulas, none)).toBe('undecided');
    expect(none.steps).toBe(-5);
    const much = { steps: 3 * newBudget().steps };
    expect(findModelWithin(Array(newBudget().steps + 1).fill(yes(a)), much)).toBe('undecided');
    expect(much.steps).toBe(2 * newBudget().steps);
  });
});

describe('what fails whatever was chosen before', () => {
  const contradiction = [either(yes(a), yes(b)), either(no(a), yes(b)), either(yes(a), no(b)), either(no(a), no(b))];
  const others = (count: number) =>
    Array.from({ length: count }, (_, at) => {
      const [one, other] = [truthVariable(`one ${at}`, undefined), truthVariable(`other ${at}`, undefined)];
      return either(yes(one), yes(other));
    });

  test.each([[20], [34]])('is not tried again with each of %i other choices', (count) => {
    const budget = newBudget();
    expect(findModel([...contradiction, ...others(count)], budget)).toBe('impossible');
    expect(newBudget().steps - budget.steps).toBeLessThan(20_000);
  });
});

test('a search finds the same as one that tries every choice', () => {
  const variables = Array.from({ length: 12 }, (_, at) => truthVariable(`truth ${at}`, undefined));
  const literal = fc.oneof(
    fc.tuple(fc.constantFrom(...variables), fc.boolean()).map(([variable, is]) => (is ? yes(variable) : no(variable))),
    fc.subarray([0, 1, 2, 3], { minLength: 1, maxLength: 2 }).map((positions) => isOf(...positions)),
  );
  const part = fc.oneof(
    { weight: 6, arbitrary: literal },
    fc.array(literal, { minLength: 1, maxLength: 3 }).map((all) => both(...all)),
    fc.tuple(literal, literal, literal).map(([first, second, third]) => both(first, either(second, third))),
  );
  const choice = fc.array(part, { minLength: 2, maxLength: 3 }).map((any) => either(...any));
  const some = fc.array(choice, { minLength: 20, maxLength: 50, size: 'max' });
  const seen = { impossible: 0, model: 0, fewer: 0 };
  fc.assert(
    fc.property(some, (formulas) => {
      const [budget, every] = [newBudget(), newBudget()];
      const reader = formulaReader(true);
      const expected = tryingEach(formulas.map(reader.read), reader, every);
      const result = findModel(formulas, budget, reader);
      expect(result).toEqual(expected);
      expect(budget.steps).toBeGreaterThanOrEqual(every.steps);
      seen[typeof result === 'string' ? 'impossible' : 'model'] += 1;
      seen.fewer += Number(budget.steps > every.steps);
    }),
    seeded(1_000),
  );
  expect(Object.values(seen).map((count) => count > enough(10))).toEqual([true, true, true]);
});

/** Depth first, the shortest choice first, and back to the last choice whenever something fails. */
function tryingEach(
  open: readonly ReadFormula[],
  { extended, modelOf }: FormulaReader,
  budget: Budget,
): ModelSearchResult {
  const from = (state: SearchState): ReturnType<typeof propagate> => {
    const reduced = propagate(state, budget);
    if (typeof reduced !== 'object' || reduced.open.length === 0) return reduced;
    const ordered = reduced.open.toSorted((one, other) => one.parts.length - other.parts.length);
    const settled = { from: 1, to: ordered.length };
    for (const part of ordered[0]?.parts ?? []) {
      const model = from({ ...reduced, open: [part, ...ordered.slice(1)], settled, causes: 0 });
      if (typeof model !== 'number') return model;
    }
    return 0;
  };
  const start = { domains: extended([]), touched: [], because: [], settled: { from: 0, to: 0 }, causes: 0 };
  const model = from({ ...start, open });
  return typeof model === 'number' ? 'impossible' : model === 'undecided' ? model : { model: modelOf(model) };
}

test('a search that goes on from what follows finds the same, with the same steps', () => {
  const one = fc.constantFrom(yes(a), no(a), yes(b), no(b), yes(c), no(c), isOf(0, 2), isOf(1, 3), isOf(2));
  const part = fc.oneof(
    one,
    fc.array(one, { minLength: 1, maxLength: 2 }).map((all) => both(...all)),
  );
  const choice = fc.array(part, { minLength: 2, maxLength: 3 }).map((any) => either(...any));
  const some = fc.array(choice, { minLength: 4, maxLength: 20, size: 'max' });
  const seen = { impossible: 0, undecided: 0, model: 0 };
  fc.assert(
    fc.property(some, fc.constantFrom(0, 5, 20, 1_000), (formulas, more) => {
      const follows = consequencesOf(formulas, newBudget());
      if (typeof follows === 'string') return;
      const [whole, rest] = [{ steps: follows.steps + more }, { steps: follows.steps + more }];
      const result = findModel(formulas, whole, formulaReader());
      expect(findModelFrom(follows, rest)).toEqual(result);
      expect(rest).toEqual(whole);
      seen[typeof result === 'string' ? result : 'model'] += 1;
    }),
    seeded(1_000),
  );
  expect(Object.values(seen).map((count) => count > enough(10))).toEqual([true, true, true]);
});

describe('rule by rule', () => {
  const one = { id: 1 };
  const two = { id: 2 };
  type Candidates = readonly (typeof one | 'undecided' | undefined)[];

  test.each<[string, Candidates, ReturnType<typeof findByRule>]>([
    ['no candidate', [], { found: [], undecided: [], opaque: [] }],
    ['none that serves', [undefined], { found: [], undecided: [], opaque: [] }],
    ['the first that serves', [undefined, one, two], { found: [one], undecided: [], opaque: [] }],
    ['one after an open one', ['undecided', one], { found: [one], undecided: [], opaque: [] }],
    ['an open one', ['undecided', undefined], { found: [], undecided: ['rule'], opaque: [] }],
  ])('%s', (_, candidates, expected) => {
    expect(findByRule(['rule'], () => candidates)).toEqual(expected);
  });

  test('looks no further than the first', () => {
    const seen: number[] = [];
    findByRule(['rule'], function* () {
      for (const at of [1, 2, 3]) {
        seen.push(at);
        yield at === 2 ? one : undefined;
      }
    });
    expect(seen).toEqual([1, 2]);
  });
});
