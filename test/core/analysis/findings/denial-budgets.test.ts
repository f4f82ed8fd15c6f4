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
  { allowed = inGroup, steps = 10_000_000 }: { readonly allowed?: (at: number) => Conditions; readonly steps?: number },
) {
  const policy = manyDenials(count, allowed);
  const budgets = { questions: { steps }, examples: { steps } };
  const { found, undecided } = search({ policy }, writable, budgets);
  return { found: found.length, undecided: undecided.length, taken: steps - budgets.questions.steps, budgets };
}

describe.each([
  ['users who lack an attribute', failOpen],
  ['users who write another value', escapedDenials],
])('%s', (_, search) => {
  test.each([
    ['excluded one after the other', neverMet, 0],
    ['asked for the attribute, too', (at: number): Conditions => ({ attributes: { name: { equals: `v${at}` } } }), 0],
  ])('all denials are decided where each rule below is %s', (_case, allowed, found) => {
    const [few, many] = [50, 100].map((count) => searched(search, count, { allowed }));
    expect([few, many]).toMatchObject([50, 100].map(() => ({ found, undecided: 0 })));
    // Each question takes a few steps for each rule, and no question is asked about each pair.
    expect(many?.taken).toBeLessThanOrEqual(4.5 * (few?.taken ?? 0));
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

test('three policies may take all that one may, and leave nothing to others', () => {
  const whole = checkBudgets();
  const [first, second, third, fourth] = [0, 1, 2, 3].map(() => policyBudgets(whole));
  expect([first?.questions.steps, first?.examples.steps]).toEqual([3_000_000, 500_000]);
  for (const budgets of [first, second, third])
    for (const budget of [budgets?.questions, budgets?.examples]) if (budget) budget.steps -= budget.steps;
  expect([fourth?.questions.steps, fourth?.examples.steps]).toEqual([0, 0]);
});
