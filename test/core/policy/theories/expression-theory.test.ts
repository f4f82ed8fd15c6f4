/** Moments with which expressions compare the time, and all else that they say. */
import { expect, test } from '@jest/globals';
import { findModel, newBudget } from '../../../../src/core/analysis/space/find-model.ts';
import type { CompiledExpression, ConditionSet, ExpressionLogic } from '../../../../src/core/model/conditions.ts';
import { conditionsWithin } from '../../../../src/core/policy/theories/expression-facts.ts';
import { expressionTheory, hasUnknownPart } from '../../../../src/core/policy/theories/expression-theory.ts';
import {
  type Formula,
  negated,
  plainTime,
  type UserFacts,
  type Variable,
} from '../../../../src/core/policy/theories/theory.ts';
import { factsOf, userWith } from '../../support/fixtures.ts';
import { universe } from '../../support/universe.ts';

const expression = (logic: ExpressionLogic): CompiledExpression => ({
  ...{ written: '', aboutUser: false, varies: true, logic },
  evaluate: () => 'miss',
});
const from = (seconds: number): ExpressionLogic => ({ from: plainTime + seconds });
const text = (written: string): ExpressionLogic => ({ text: written });

function formulasOf(...logics: readonly ExpressionLogic[]): readonly Formula[] {
  const all = logics.map(expression);
  const read = expressionTheory(all, universe(), { sets: [], formulaOf: () => ({ all: [] }) });
  return all.flatMap((each) => read(each).map(({ formula }) => formula));
}

test('the same text is the same, and another one is another', () => {
  const [one, same, other] = formulasOf(text('a'), text('a'), text('b')) as [Formula, Formula, Formula];
  expect(findModel([one, negated(same)], newBudget())).toBe('impossible');
  expect(findModel([one, negated(other)], newBudget())).not.toBe('impossible');
});

test('a later value is not earlier', () => {
  const [later, sooner, never] = formulasOf(from(60), from(-60), { all: [from(60), { not: from(-60) }] });
  if (!later || !sooner || !never) throw new Error('no formulas');
  expect(findModel([later, negated(sooner)], newBudget())).toBe('impossible');
  expect(findModel([sooner, negated(later)], newBudget())).not.toBe('impossible');
  expect(findModel([never], newBudget())).toBe('impossible');
});

test('facts of a time that fits stay as they are, to the first second and the last', () => {
  const [later] = formulasOf(from(60), from(120));
  const { classes } = (later as { readonly variable: Variable }).variable;
  const placed = (at: number, seconds: number) => {
    const facts: UserFacts = { ...factsOf({ now: plainTime + seconds }), subject: userWith([]), signedInWith: [] };
    return (classes[at]?.applyTo?.(facts).now ?? 0) - plainTime;
  };
  expect([59, 0, -100].map((seconds) => placed(0, seconds))).toEqual([59, 0, -100]);
  expect([60, 90, 119].map((seconds) => placed(1, seconds))).toEqual([60, 90, 119]);
  expect([120, 5_000].map((seconds) => placed(2, seconds))).toEqual([120, 5_000]);
  expect([0, 120].map((seconds) => placed(1, seconds))).toEqual([60, 60]);
});

test.each<[string, ExpressionLogic, boolean]>([
  ['a moment', from(0), false],
  ['a text', text('a'), true],
  ['all of a moment and a text', { all: [from(0), text('a')] }, true],
  ['any of a moment and a text', { any: [from(0), text('a')] }, true],
  ['all of two moments', { all: [from(0), from(1)] }, false],
  ['no text', { not: text('a') }, true],
  ['no moment', { not: from(0) }, false],
  ['a group', { when: { groups: { any: ['a'] } } }, false],
  ['an attribute', { attribute: 'name', test: { equals: 'a' }, text: '' }, true],
])('%s has a part that may fail, or not', (_, logic, expected) => {
  expect(hasUnknownPart(logic)).toBe(expected);
});

const groups: ConditionSet = { groups: { any: ['a'] } };
const isNamed = { attribute: 'name', text: '', test: { equals: 'Ann' } };
const namedSets: readonly ConditionSet[] = [
  { attributes: { name: { present: true } } },
  { attributes: { name: { equals: 'Ann' } } },
];

test.each<[string, ExpressionLogic, readonly ConditionSet[]]>([
  ['another condition', { when: groups }, [groups]],
  ['a user type', { userType: ['clerk'] }, [{ userType: { any: ['clerk'] } }]],
  ['any user type', { userType: 'any' }, [{ userType: { any: [] } }]],
  ['an attribute', isNamed, namedSets],
  ['the presence of an attribute', { attribute: 'name', text: '' }, namedSets.slice(0, 1)],
  ['an attribute that the schema lacks', { ...isNamed, attribute: 'height' }, []],
  ['a list of numbers for an attribute that is a text', { ...isNamed, test: { in: [1] } }, []],
  ['a bound for an attribute that is a text', { ...isNamed, test: { atLeast: 3 } }, []],
  [
    'a bound for an attribute that is a number',
    { attribute: 'level', text: '', test: { atLeast: 3, below: 5 } },
    [{ attributes: { level: { present: true } } }, { attributes: { level: { atLeast: 3, below: 5 } } }],
  ],
  ['an attribute of another type', { ...isNamed, attribute: 'level' }, []],
  ['a text', text('a'), []],
  ['all of these', { all: [{ when: groups }, text('a'), isNamed] }, [groups, ...namedSets]],
  ['any of these', { any: [isNamed, { when: groups }] }, [...namedSets, groups]],
  ['none of these', { not: { when: groups } }, [groups]],
])('an expression about %s asks about these conditions', (_, logic, expected) => {
  expect(conditionsWithin([expression(logic)], universe())).toEqual(expected);
});
