/** How many differences are told apart. */
import { expect, test } from '@jest/globals';
import { Tally } from '../../../../../src/cli/config/shadow/tally.ts';
import type { DecisionSummary } from '../../../../../src/core/analysis/comparison/compare-decisions.ts';

const asks: DecisionSummary = { outcome: 'ask', asks: 'identify', rule: '' };
const by = (rule: string) => ({
  ...{ kind: 'sign_in' as const, client: 'notes', change: 'admitted' as const, at: 1, zones: [], after: asks },
  before: { outcome: 'deny' as const, reason: 'rule', rule },
});

test('many differences without a user leave room for those of users, and the others are counted', () => {
  const tally = new Tally();
  for (let rule = 0; rule < 600; rule += 1) tally.addUnidentified(by(`rule ${rule}`), 2);
  tally.addUser([by('rule 0'), by('rule 700')]);
  const differences = tally.differences();
  expect([tally.users, tally.unidentified, tally.left]).toEqual([1, 1200, 500]);
  expect(differences.filter(({ signIns }) => signIns === 2)).toHaveLength(100);
  expect(differences.filter(({ users }) => users === 1).map(({ before }) => before.rule)).toEqual([
    'rule 0',
    'rule 700',
  ]);
});
