/** What follows at once from formulas, compared with all classes in which they hold. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type OpenChoices, propagate, type SearchState } from '../../../../src/core/analysis/space/propagate.ts';
import { formulaReader, type ReadFormula } from '../../../../src/core/analysis/space/read-formulas.ts';
import { among, type Formula, type Variable } from '../../../../src/core/policy/theories/theory.ts';
import { enough, seeded } from '../../support/seeded.ts';

const positions = [0, 1, 2];
const variables = ['a', 'b', 'c', 'd'].map((name): Variable => ({ name, classes: positions.map(() => ({})) }));

/** A position for each variable. */
type Classes = readonly number[];
const everything = variables.reduce<readonly Classes[]>(
  (all) => all.flatMap((some) => positions.map((at) => [...some, at])),
  [[]],
);

const one = fc
  .tuple(fc.constantFrom(...variables), fc.subarray(positions, { minLength: 1, maxLength: 2 }))
  .map(([variable, some]) => among(variable, (at) => some.includes(at)));
const both = fc.array(one, { maxLength: 3 }).map((all): Formula => ({ all }));
const either = fc.array(fc.oneof(one, both), { maxLength: 3 }).map((any): Formula => ({ any }));
const formulas = fc.array(fc.oneof(one, either, either, both), { maxLength: 5 });

/** Of a formula as it was read: each of these variables has one word. */
function holds(formula: ReadFormula, classes: Classes): boolean {
  if (formula.kind === 'all') return formula.parts.every((part) => holds(part, classes));
  if (formula.kind === 'any') return formula.parts.some((part) => holds(part, classes));
  return (((formula.words[0] ?? 0) >> (classes[formula.variable] ?? 0)) & 1) === 1;
}

const steps = () => ({ steps: 1_000 });

test('nothing is lost by what follows, and what was examined before need not be again', () => {
  const seen = { impossible: 0, open: 0, less: 0 };
  fc.assert(
    fc.property(formulas, formulas, (first, more) => {
      const reader = formulaReader();
      for (const variable of variables) reader.read(among(variable, () => true));
      const [before, added] = [first, more].map((all) => all.map(reader.read)) as [ReadFormula[], ReadFormula[]];
      const unread: SearchState = {
        domains: reader.extended([]),
        touched: [],
        because: [],
        open: before,
        settled: { from: 0, to: 0 },
        causes: 0,
      };
      const isLeft = ({ domains }: OpenChoices, classes: Classes) =>
        variables.every((variable, at) => reader.isLeft(domains, variable, classes[at] ?? 0));

      /** The same classes are left by the result as by the formulas. */
      const examined = (state: SearchState): OpenChoices | undefined => {
        const given = structuredClone(state);
        const found = propagate(state, steps());
        expect(state).toEqual(given);
        if (found === 'undecided') throw new Error('too few steps');
        const result = typeof found === 'number' ? undefined : found;
        const possible = everything.filter(
          (classes) =>
            isLeft(state as unknown as OpenChoices, classes) && state.open.every((open) => holds(open, classes)),
        );
        const left = result
          ? everything.filter((classes) => isLeft(result, classes) && result.open.every((open) => holds(open, classes)))
          : [];
        expect(left).toEqual(possible);
        for (const { parts } of result?.open ?? []) expect(parts.length).toBeGreaterThan(1);
        // Nothing follows any more.
        const again = result && propagate({ ...result, settled: { from: 0, to: 0 }, causes: 0 }, steps());
        if (result) expect(again).toEqual(reversed(result));
        return result;
      };

      const result = examined(unread);
      seen.impossible += Number(result === undefined);
      if (result === undefined) return;
      seen.open += Number(result.open.length > 0);
      const last: SearchState = {
        ...result,
        open: [...result.open, ...added],
        settled: { from: 0, to: result.open.length },
        causes: 0,
      };
      const end = result.open.length + added.length;
      const atFirst: SearchState = {
        ...result,
        open: [...added, ...result.open],
        settled: { from: added.length, to: end },
        causes: 0,
      };
      for (const state of [last, atFirst]) {
        const further = examined(state);
        expect(further).toEqual(examined({ ...state, settled: { from: 0, to: 0 } }));
        seen.less += Number(further !== undefined && further.open.length < result.open.length);
      }
    }),
    seeded(400),
  );
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(enough(1));
});

const truth = (name: string): Variable => ({ name, classes: [{}, {}] });
const [p, q, r] = ['p', 'q', 'r'].map(truth) as [Variable, Variable, Variable];
const is = (variable: Variable, position: number): Formula => among(variable, (at) => at === position);

test.each<[string, readonly Formula[], Formula, number]>([
  ['the choice that it contradicts', [is(p, 0)], is(p, 1), 2],
  ['nothing, where it can never hold', [], { any: [] }, 2],
  ['the choice, if it is the last way', [is(q, 0), { any: [is(p, 0), is(q, 1)] }], is(p, 1), 2],
  ['no choice that matters nowhere', [{ any: [is(r, 0), is(r, 1)] }, is(p, 0)], is(p, 1), 2],
])('what cannot hold is because of %s', (_, before, chosen, expected) => {
  const reader = formulaReader();
  const open = [...before, chosen].map(reader.read);
  const settled = { from: 0, to: 0 };
  const first = propagate(
    { domains: reader.extended([]), touched: [], because: [], open: open.slice(0, -1), settled, causes: 0 },
    steps(),
  );
  if (typeof first !== 'object') throw new Error('holds');
  expect(propagate({ ...first, open: open.slice(-1), settled, causes: expected }, steps())).toBe(expected);
});

test('what follows from a choice and from another one is because of both', () => {
  const reader = formulaReader();
  const all: Formula[] = [{ any: [is(p, 1), is(q, 1), is(r, 1)] }, { any: [is(r, 0), is(p, 1)] }];
  const open = all.map(reader.read);
  const settled = { from: 0, to: 0 };
  const start = { domains: reader.extended([]), touched: [], because: [], settled };
  const withP = propagate({ ...start, open: [reader.read(is(p, 0))], causes: 1 }, steps());
  if (typeof withP !== 'object') throw new Error('holds');
  const withQ = propagate({ ...withP, open: [reader.read(is(q, 0))], settled, causes: 2 }, steps());
  if (typeof withQ !== 'object') throw new Error('holds');
  expect(propagate({ ...withQ, open, settled, causes: 0 }, steps())).toBe(3);
  expect(propagate({ ...withP, open, settled, causes: 0 }, steps())).toMatchObject({ because: [1, 1, 1] });
});

/** Open choices are looked at from the last to the first. */
function reversed(result: OpenChoices): OpenChoices {
  return { ...result, open: result.open.toReversed() };
}
