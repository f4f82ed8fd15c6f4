/** The rules of a policy that say whether users get in. */
import { expect, test } from '@jest/globals';
import { entryRules } from '../../../../src/core/analysis/accounts/entry-rules.ts';
import type { CompiledExpression, Conditions } from '../../../../src/core/model/conditions.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { allow, factors } from '../../support/fixtures.ts';

const expression: CompiledExpression = {
  written: 'x',
  aboutUser: true,
  varies: false,
  evaluate: () => 'error',
  logic: { userType: 'any' },
};
const inGroup: Conditions = { groups: { any: ['a'] } };
const all: Conditions = {};

const allows = (name: string, when: Conditions) => ({ name, when, then: allow(factors(1)) });
const denies = (name: string, when: Conditions) => ({ name, when, then: { kind: 'deny' as const } });

test.each([
  ['only says how', [allows('A', inGroup), allows('Rest', all)], [], true],
  ['may fail', [allows('A', { expression }), allows('Rest', all)], ['A'], true],
  [
    'stands above one that may fail',
    [allows('A', inGroup), allows('B', { expression }), allows('Rest', all)],
    ['A', 'B'],
    true,
  ],
  ['denies', [denies('A', inGroup), allows('B', inGroup), allows('Rest', all)], ['A'], true],
  ['stands above a denial', [allows('A', inGroup), denies('B', inGroup), allows('Rest', all)], ['A', 'B'], true],
  ['stands above a denial of all', [allows('A', inGroup), denies('Rest', all)], ['A', 'Rest'], false],
  ['is below one for all', [denies('A', inGroup), allows('Rest', all), denies('B', inGroup)], ['A'], true],
  ['is below nothing', [allows('A', inGroup)], ['A'], false],
])('a rule that %s', (_, rules, names, isOpenBelow) => {
  const found = entryRules(compilePolicy({ name: 'p', rules }));
  expect([found.rules.map(({ name }) => name), found.isOpenBelow]).toEqual([names, isOpenBelow]);
});
