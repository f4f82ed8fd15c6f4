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
        open: before,
        settled: { from: 0, to: 0 },
      };
      const isLeft = ({ domains }: OpenChoices, classes: Classes) =>
        variables.every((variable, at) => reader.isLeft(domains, variable, classes[at] ?? 0));

      /** The same classes are left by the result as by the formulas. */
      const examined = (state: SearchState): OpenChoices | undefined => {
        const given = structuredClone(state);
        const result = propagate(state, steps());
        expect(state).toEqual(given);
        if (result === 'undecided') throw new Error('too few steps');
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
        if (result) expect(propagate({ ...result, settled: { from: 0, to: 0 } }, steps())).toEqual(reversed(result));
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
      };
      const end = result.open.length + added.length;
      const atFirst: SearchState = {
        ...result,
        open: [...added, ...result.open],
        settled: { from: added.length, to: end },
      };
      for (const state of [last, atFirst]) {
        const further = examined(state);
        expect(further).toEqual(examined({ ...state, settled: { from: 0, to: 0 } }));
        seen.less += Number(further !== undefined && further.open.length < result.open.length);
      }
    }),
    seeded(400),
  );
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(enough(8));
});

/** Open choices are looked at from the last to the first. */
function reversed(result: OpenChoices): OpenChoices {
  return { ...result, open: result.open.toReversed() };
}
