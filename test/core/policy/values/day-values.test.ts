/** The classes of days with bounds that move, compared with all days near now at several moments. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { Attribute } from '../../../../src/core/model/attribute.ts';
import type { AttributeTest, DateBound, ValueTest } from '../../../../src/core/model/conditions.ts';
import { oneDay } from '../../../../src/core/model/durations.ts';
import { attributesCondition } from '../../../../src/core/policy/conditions/attributes.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { dayTheory } from '../../../../src/core/policy/theories/day-theory.ts';
import { fixedDays } from '../../../../src/core/policy/theories/day-view.ts';
import {
  type Formula,
  plainTime,
  type Universe,
  type UserFacts,
  type Variable,
} from '../../../../src/core/policy/theories/theory.ts';
import { compileDateTest, dateSpan, dayText } from '../../../../src/core/policy/values/date-bound.ts';
import { readAttribute } from '../../../../src/core/profile/attribute-value.ts';
import { factsOf, userWith } from '../../support/fixtures.ts';
import { ruleVerdicts } from '../../support/rule-verdicts.ts';
import { seeded } from '../../support/seeded.ts';
import { universe } from '../../support/universe.ts';

const today = Math.floor(plainTime / oneDay);
const fromNow = (seconds: number): DateBound => ({ written: `${seconds}s`, fromNow: seconds });
const fixed = (written: string): DateBound => ({ written, ...(dateSpan(written) ?? { from: 0, to: 0 }) });
const near = (offset: number) => dayText(today + offset);

const moving = fc.constantFrom(-5 * oneDay, -oneDay, -3600, 0, 3600, oneDay, 36 * 3600).map(fromNow);
const bound = fc.oneof({ weight: 3, arbitrary: moving }, fc.constantFrom(-2, 0, 1).map(near).map(fixed));
const named = fc.constantFrom(-3, -1, 0, 2).map(near);
const oneTest: fc.Arbitrary<AttributeTest> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ before: bound, after: bound }, { requiredKeys: [] }) },
  named.map((equals) => ({ equals })),
  fc.uniqueArray(named, { minLength: 1, maxLength: 2 }).map((list) => ({ in: list })),
  fc.record({ equals: named, before: bound }),
  fc.boolean().map((present) => ({ present })),
);
const tests = fc
  .tuple(
    moving,
    fc.array(
      fc.oneof(
        oneTest,
        oneTest.map((not) => ({ not })),
      ),
      { minLength: 1, maxLength: 3 },
    ),
  )
  .map(([after, list]): readonly AttributeTest[] => [{ after }, ...list]);

const subject = userWith(['password'], { profile: { nickname: 'Ann' } });
const moments = [0, 1, 3600, 12 * 3600, 23 * 3600 + 3599, 2 * oneDay + 7200].map((seconds) => today * oneDay + seconds);
const days = [undefined, ...Array.from({ length: 31 }, (_, at) => near(at - 15))];

function factsAt(now: number, ends?: string): UserFacts {
  const about = { ...subject, profile: { ...subject.profile, ...(ends !== undefined && { ends }) } };
  return { ...factsOf({ now, subject: about }), subject: about };
}

function schema(attribute: Attribute): Universe {
  const isKept: Universe['isKept'] = (_, value) => readAttribute(attribute, value).ok;
  return universe({ attribute: () => attribute, isKept });
}

const plain: Attribute = { type: 'date', read: 'user', write: 'admin' };

/** What the tests say of facts, and what the formulas say of each class. */
function compared(list: readonly AttributeTest[], attribute: Attribute) {
  const conditions = list.map((ends) => ({ ends }));
  const formulaOf = attributesCondition.theory(conditions, schema(attribute), {
    sets: [],
    formulaOf: () => ({ all: [] }),
  });
  const formulas = conditions.map((condition) => formulaOf(condition).map(({ formula }) => formula));
  const compiled = conditions.flatMap((condition) => attributesCondition.compile(condition));
  const variables = new Set(formulas.flat().flatMap(variablesOf));
  const [variable = { name: '', classes: [] }] = variables;
  return {
    variables,
    classes: variable.classes,
    ofFacts: (facts: UserFacts) => compiled.map((each) => each.test(facts) === 'hit').join(),
    ofClass: (at: number) => formulas.map((parts) => parts.every((part) => holds(part, at))).join(),
  };
}

function variablesOf(formula: Formula): readonly Variable[] {
  if ('variable' in formula) return [formula.variable];
  return ('all' in formula ? formula.all : formula.any).flatMap(variablesOf);
}

function holds(formula: Formula, at: number): boolean {
  if ('all' in formula) return formula.all.every((part) => holds(part, at));
  if ('any' in formula) return formula.any.some((part) => holds(part, at));
  return ((formula.classes >> BigInt(at)) & 1n) === 1n;
}

function movesWithTime(list: readonly ValueTest[]): boolean {
  return JSON.stringify(list).includes('"fromNow"');
}

test('each day at each moment is in a class, and some class has a day with the same test results', () => {
  const options = fc.option(fc.uniqueArray(named, { minLength: 1 }), { nil: undefined, freq: 3 });
  fc.assert(
    fc.property(tests, options, (list, only) => {
      const attribute = { ...plain, ...(only && { options: only.map((value) => ({ value })) }) };
      const { variables, classes, ofFacts, ofClass } = compared(list, attribute);
      expect(variables.size).toBe(1);
      const told = new Set([...classes.keys()].map(ofClass));
      for (const now of moments) {
        const possible = days.filter((day) => day === undefined || (only?.includes(day) ?? true));
        const real = new Set(possible.map((day) => ofFacts(factsAt(now, day))));
        expect([...real].filter((answer) => !told.has(answer))).toEqual([]);
        const shown = new Set<string>();
        for (const [at, { applyTo }] of classes.entries()) {
          const before = factsAt(now);
          const made = applyTo?.(before) ?? before;
          const { ends, ...others } = made.subject.profile as { readonly ends?: string };
          if (at > 0) expect(only ?? [ends]).toContain(ends);
          const { isTimed, ...placed } = made;
          expect([list, isTimed]).toEqual([list, at > 0 && movesWithTime(list) ? true : undefined]);
          expect({ ...placed, subject: { ...placed.subject, profile: others } }).toEqual(before);
          if (ofFacts(made) === ofClass(at)) shown.add(ofClass(at));
        }
        expect([list, now, [...real].filter((answer) => !shown.has(answer))]).toEqual([list, now, []]);
      }
    }),
    seeded(40),
  );
});

describe('days that fixed bounds and names distinguish', () => {
  const kept = (value: unknown) => readAttribute(plain, value).ok;
  test.each<[string, readonly ValueTest[], readonly string[]]>([
    ['a named one, and those beside it', [{ equals: '2027-01-10' }], ['2027-01-09', '2027-01-10', '2027-01-11']],
    ['none that the schema refuses', [{ after: fixed('9999-12-31') }], ['9999-12-30', '9999-12-31']],
    ['none for a name that is no day', [{ equals: 'soon' }], []],
  ])('%s', (_, list, expected) => {
    const found = fixedDays({ tests: list, isKept: kept }).filter((day) => expected.includes(String(day)));
    expect(found).toEqual(expected);
    expect(fixedDays({ tests: list, isKept: kept }).every(kept)).toBe(true);
  });

  test('are the options that are days, where there are options', () => {
    const options = ['2027-01-10', '2027-02-30'];
    expect(fixedDays({ tests: [{ equals: '2027-01-11' }], isKept: kept, options })).toEqual(['2027-01-10']);
  });
});

test('more than a few thousand times are left undecided', () => {
  const values = (bounds: number) => {
    const dates = Array.from({ length: bounds }, (_, at) => ({ after: fromNow(at * (oneDay + 60)) }));
    const valueTest = (limits: ValueTest) => (value: unknown, now: number) =>
      compileDateTest(limits)(String(value), now);
    return dayTheory([{ name: 'ends', tests: dates, valueTest, isKept: () => true, options: [near(0)] }], undefined);
  };
  expect(values(4)).toBeDefined();
  expect(values(60)).toBeUndefined();
});

test('a day that starts in the later half between two bounds is found', () => {
  const when = { attributes: { ends: { after: fromNow(0), before: fromNow(44 * 3600) } } };
  const policy = compilePolicy({ name: 'p', rules: [{ name: 'soon', when }] });
  // At eight in the morning: the next day begins in 16 hours, and has 44 hours at most to end.
  expect(plainTime % oneDay).toBe(8 * 3600);
  const [verdict] = ruleVerdicts(policy, ruleSpace([when], schema(plain)));
  expect(verdict).toMatchObject({ kind: 'decides', facts: { subject: { profile: { ends: near(1) } } } });
});

test('bounds that move exclude one another, whatever fixed bounds there are', () => {
  const never: AttributeTest = { after: fromNow(0), before: fromNow(-oneDay) };
  const beside: readonly AttributeTest[] = [{ before: fixed(near(3)) }, { after: fixed(near(-3)) }];
  const rules = [never, ...beside].map((ends, at) => ({ name: String(at), when: { attributes: { ends } } }));
  const space = ruleSpace(
    rules.map(({ when }) => when),
    schema(plain),
  );
  expect(ruleVerdicts(compilePolicy({ name: 'p', rules }), space)[0]?.kind).toBe('contradictory');
});
