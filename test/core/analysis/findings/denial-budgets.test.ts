/** Searches for users whom denials miss end within their steps, and say which denials they did not decide. */
import { describe, expect, test } from '@jest/globals';
import { checkBudgets, policyBudgets } from '../../../../src/core/analysis/findings/attribute-denials.ts';
import { escapedDenials } from '../../../../src/core/analysis/findings/escaped-denials.ts';
import { failOpen } from '../../../../src/core/analysis/findings/fail-open.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import { inGroup, manyDenials, neverMet, withoutExample } from '../../support/many-denials.ts';
import { universe } from '../../support/universe.ts';

const { attribute } = universe();
const writable = universe({
  attribute: (name) => {
    const found = attribute(name);
    return found && { ...found, write: 'user' };
  },
});

/** What became of the denials, and the steps that it took. */
function searched(
  search: typeof failOpen | typeof escapedDenials,
  count: number,
  { allowed = inGroup, steps = 10_000_000, ...more }: Partial<Parameters<typeof manyDenials>[1]> & { steps?: number },
) {
  const policy = manyDenials(count, { allowed, ...more });
  const budgets = { questions: { steps }, examples: { steps } };
  const { found, undecided } = search({ policy }, writable, budgets);
  return { found: found.length, undecided: undecided.length, taken: steps - budgets.questions.steps };
}

const readsAttribute = (at: number): Conditions => ({ attributes: { name: { equals: `v${at}` } } });

describe.each([
  // For each pair of a denial and a rule below: four steps, or less than two where it needs the attribute.
  ['users who lack an attribute', failOpen, [40_000, 12_000]] as const,
  // The other value makes it two formulas for each rule. A rule that reads the attribute, too, is not asked about.
  ['users who write another value', escapedDenials, [200_000, 0]] as const,
])('%s', (_, search, [neverMetSteps, readsSteps]) => {
  test.each([
    ['excluded one after the other', neverMet, neverMetSteps],
    ['asked for the attribute, too', readsAttribute, readsSteps],
  ])('all denials are decided where each rule below is %s', (_case, allowed, most) => {
    const [few, many] = [searched(search, 50, { allowed }), searched(search, 100, { allowed })];
    for (const each of [few, many]) expect(each).toMatchObject({ found: 0, undecided: 0 });
    expect(many.taken).toBeLessThanOrEqual(most);
    expect(many.taken).toBeLessThanOrEqual(4.5 * few.taken);
  });

  test('of 300 denials above 300 rules, those that the steps did not suffice for are told', () => {
    const { found, undecided, taken } = searched(search, 300, { steps: 200_000 });
    expect(found + undecided).toBe(300);
    expect(Math.min(found, undecided)).toBeGreaterThan(0);
    expect(taken).toBe(200_000);
  });

  test('they are told, too, where the evaluator confirms none of the rules below', () => {
    const { found, undecided, taken } = searched(search, 300, { allowed: withoutExample, steps: 200_000 });
    expect([found, taken]).toEqual([0, 200_000]);
    expect(undecided).toBeGreaterThan(200);
  });

  test('nothing is asked once the steps are taken', () => {
    expect(searched(search, 3, { steps: 0 })).toMatchObject({ found: 0, undecided: 3, taken: 0 });
    expect(searched(search, 3, {})).toMatchObject({ found: 3, undecided: 0 });
  });
});

test('the first rule that lets in users who lack an attribute is found with few steps', () => {
  const found = searched(failOpen, 100, { allowed: neverMet, allowsOthers: true });
  expect(found).toMatchObject({ found: 100, undecided: 0 });
  expect(found.taken).toBeLessThan(200_000);
});

test('three policies may take all that one may, and leave nothing to others', () => {
  const whole = checkBudgets();
  const [first, second, third, fourth] = [0, 1, 2, 3].map(() => policyBudgets(whole));
  expect([first?.questions.steps, first?.examples.steps]).toEqual([3_000_000, 500_000]);
  for (const budgets of [first, second, third])
    for (const budget of [budgets?.questions, budgets?.examples]) if (budget) budget.steps -= budget.steps;
  expect([fourth?.questions.steps, fourth?.examples.steps]).toEqual([0, 0]);
});
