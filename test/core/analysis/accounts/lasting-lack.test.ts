/** Users whose accounts can never have enough of something. */
import { expect, test } from '@jest/globals';
import { additionRules } from '../../../../src/core/analysis/accounts/addition-rules.ts';
import { findLastingLack } from '../../../../src/core/analysis/accounts/lasting-lack.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { AccountRule } from '../../../../src/core/model/account-policy.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { Rule } from '../../../../src/core/model/policy.ts';
import { compileAccountPolicy } from '../../../../src/core/policy/rules/account-policy.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { findRule } from '../../../../src/core/policy/rules/rules.ts';
import { allow, descriptor, factors } from '../../support/fixtures.ts';
import { anyZones } from '../../support/universe.ts';

const { password, totp, webauthn } = descriptor;
const authenticators = [password, totp, webauthn];
const deny: Rule['then'] = { kind: 'deny' };
const one = allow(factors(1));
const inA: Conditions = { groups: { any: ['a'] } };
const inOffice: Conditions = { network: { any: ['c'] } };
/** No value is known for which it is true. */
const opaque: Conditions = {
  expression: {
    ...{ written: 'x', aboutUser: true, varies: false, logic: { text: 'x' } },
    evaluate: () => 'miss',
    partOf: () => ({ evaluate: () => 'miss', reads: ['user.id'], texts: [], numbers: [] }),
  },
};

function add(key: string, then: Rule['then'], when: Conditions = {}): AccountRule {
  return { name: key, when, then, change: { add: [key] } };
}

const rest: AccountRule = { name: 'rest', when: {}, then: one };

/**
 * `groups: keys that the user can never have`. Among users of `when`, of whom each needs one of the keys, unless they
 * have none of `needed`.
 */
function lackOf(
  keys: readonly string[],
  rules: readonly AccountRule[],
  when: Conditions = {},
  needed: readonly string[] = ['password'],
): string | undefined {
  const space = ruleSpace([when, ...rules.map((rule) => rule.when)], anyZones);
  const accountPolicy = compileAccountPolicy({ name: 'account', rules });
  const given = [password];
  const search = {
    ...{ authenticators, given, space },
    additionRules: additionRules({ accountPolicy, authenticators }, given, space),
  };
  const found = findLastingLack([space.applies(when)], search, {
    isNeedless: (has) => !needed.some((key) => has.includes(key)),
    isEnough: (has) => keys.some((key) => has.includes(key)),
  });
  if (typeof found !== 'object') return found;
  expect(
    findRule(compilePolicy({ name: 'when', rules: [{ name: 'when', when, then: deny }] }), found.facts).rule,
  ).toBeDefined();
  return `${found.facts.subject.groups.join()}: ${found.never.join()}`;
}

test.each<[string, readonly string[], readonly AccountRule[], Conditions, string | undefined]>([
  ['every user may add it', ['webauthn'], [rest], {}, undefined],
  ['every user has it', ['password'], [add('webauthn', deny), rest], {}, undefined],
  ['no user may add it', ['webauthn'], [add('webauthn', deny), rest], {}, ': webauthn'],
  ['no user may add it, and another one is enough', ['webauthn', 'totp'], [add('webauthn', deny), rest], {}, undefined],
  ['some users may not add it', ['webauthn'], [add('webauthn', deny, inA), rest], {}, 'a: webauthn'],
  ['others may not add it', ['webauthn'], [add('webauthn', deny, inA), rest], { groups: { none: ['a'] } }, undefined],
  ['they may not add it here', ['webauthn'], [add('webauthn', deny, inOffice), rest], inOffice, undefined],
  ['no such user is known', ['webauthn'], [add('webauthn', deny, opaque), rest], {}, 'undecided'],
])('%s', (_, keys, rules, when, expected) => {
  expect(lackOf(keys, rules, when)).toBe(expected);
});

const groups = Array.from({ length: 40 }, (_, at) => `g${at}`);
const forEach = (key: string, then: (group: string) => Rule['then'] = () => one) =>
  groups.map((group) => add(key, then(group), { groups: { any: [group] } }));
const byApp = allow(factors(1, { demands: [{ authenticators: ['totp'] }] }));
const both = ['totp', 'webauthn'];

test.each<[string, readonly string[], readonly AccountRule[], string | undefined]>([
  ['each rule allows', ['webauthn'], [...forEach('webauthn'), rest], undefined],
  ['each rule for either key allows', both, [...forEach('webauthn'), ...forEach('totp'), rest], undefined],
  ['each rule takes what can be added', ['webauthn'], [...forEach('webauthn', () => byApp), rest], undefined],
  [
    'each rule takes what can be added by another one of many',
    ['webauthn'],
    [...forEach('webauthn', () => byApp), ...forEach('totp'), rest],
    undefined,
  ],
  [
    'one of them denies',
    ['webauthn'],
    [...forEach('webauthn', (group) => (group === 'g30' ? deny : one)), rest],
    'g30: webauthn',
  ],
  [
    'those do not matter whom another rule denies everything',
    ['webauthn'],
    [{ name: 'none', when: inA, then: deny, change: { add: both } }, ...forEach('webauthn'), ...forEach('totp'), rest],
    undefined,
  ],
  [
    'those do not matter who may add nothing',
    ['webauthn'],
    [add('totp', deny), ...forEach('webauthn', () => deny)],
    undefined,
  ],
])('of many groups: %s', (_, keys, rules, expected) => {
  expect(lackOf(keys, rules, {}, both)).toBe(expected);
});

test('users of the example are where they shall be, although they add something elsewhere', () => {
  const outside = { groups: { any: ['b'] }, network: { none: ['c'] } };
  const rules = [add('totp', one, outside), add('webauthn', deny, inA), add('totp', deny, inA), rest];
  expect(lackOf(['webauthn'], rules, inOffice, ['totp'])).toBe('a,b: webauthn');
});
