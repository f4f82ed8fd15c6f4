/** There is one verdict on what rules ask for, however many cases ask for it. */
import { expect, test } from '@jest/globals';
import { demandJudge } from '../../src/core/analysis/demand-verdict.ts';
import type { Rule } from '../../src/core/model/policy.ts';
import { allow, factors, policiesOf } from './support/fixtures.ts';

const ruleOf = (name: string, count: 1 | 2): Rule => ({ name, when: {}, then: allow(factors(count)) });
const caseOf = (app: Rule) => ({ session: ruleOf('session', 1), app, findFacts: () => undefined });

test('cases whose rules ask for the same share what was found', () => {
  const judge = demandJudge({ claim: { kind: 'proves', requirement: factors(2) } }, policiesOf());
  const [strict, alike, weak] = [ruleOf('a', 2), ruleOf('b', 2), ruleOf('c', 1)].map((app) => judge(caseOf(app)));
  expect(alike).toBe(strict);
  expect(weak).not.toBe(strict);
  expect([strict?.isFine, weak?.isFine]).toEqual([true, false]);
  const candidates = weak?.candidates() ?? [];
  expect(candidates.length).toBeGreaterThan(0);
  expect(weak?.candidates()).toBe(candidates);
});

test('what may not be used makes another demand', () => {
  const judge = demandJudge({ claim: { kind: 'without', authenticators: ['password'] } }, policiesOf());
  const terms = { required: [], optional: [], promoted: [], disabled: ['password'] };
  const enrollment = { name: 'no passwords', when: {}, then: terms };
  const app = ruleOf('app', 1);
  const [open, closed] = [judge(caseOf(app)), judge({ ...caseOf(app), enrollment })];
  expect([open.isFine, closed.isFine]).toEqual([false, true]);
});
