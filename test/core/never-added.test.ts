/** What accounts can come to have under the account policy, by and by. */
import { expect, test } from '@jest/globals';
import { addable } from '../../src/core/analysis/never-added.ts';
import { ruleSpace } from '../../src/core/analysis/rule-space.ts';
import type { AccountRule } from '../../src/core/model/account-policy.ts';
import type { AuthenticatorDescriptor } from '../../src/core/model/facts.ts';
import type { Rule } from '../../src/core/model/policy.ts';
import { compileAccountPolicy } from '../../src/core/policy/account-policy.ts';
import { allow, descriptor, factors } from './support/fixtures.ts';
import { universe } from './support/universe.ts';

const { password, email, totp, phone, webauthn } = descriptor;
const authenticators = [password, email, totp, phone, webauthn];
const deny: Rule['then'] = { kind: 'deny' };
const by = (...names: readonly string[]) => allow(factors(1, { demands: [{ authenticators: names }] }));
const rest: AccountRule = { name: 'rest', when: {}, then: allow(factors(1)) };

function add(key: string, then: Rule['then'], when: Rule['when'] = {}): AccountRule {
  return { name: key, when, then, change: { add: [key] } };
}

function found(rules: readonly AccountRule[], given: readonly AuthenticatorDescriptor[] = [password]) {
  const space = ruleSpace(
    rules.map(({ when }) => when),
    universe(),
  );
  const accountPolicy = compileAccountPolicy({ name: 'account', rules });
  const { had, never } = addable({ accountPolicy, authenticators }, given, space);
  return { had: [...had].sort(), never: never.map(({ key, rules: own }) => [key, own.map(({ name }) => name)]) };
}

const all = authenticators.map(({ key }) => key).sort();

test.each<[string, readonly AccountRule[]]>([
  ['one factor is asked for', [rest]],
  ['one follows another', [add('webauthn', by('totp')), add('totp', by('phone')), add('phone', by('password')), rest]],
  ['some rule lets it', [add('totp', deny, { groups: { any: ['a'] } }), rest]],
  ['two factors are asked for, of which one can be added', [add('webauthn', allow(factors(2))), rest]],
])('everything, where %s', (_, rules) => {
  expect(found(rules)).toEqual({ had: all, never: [] });
  expect(found(rules, [email, password])).toEqual({ had: all, never: [] });
});

test.each<[string, readonly AccountRule[], readonly (readonly [string, readonly string[]])[]]>([
  ['what asks for itself', [add('webauthn', by('webauthn')), rest], [['webauthn', ['webauthn']]]],
  ['what is denied', [add('totp', deny), rest], [['totp', ['totp']]]],
  [
    'what waits for each other',
    [add('webauthn', by('totp')), add('totp', by('webauthn')), rest],
    [
      ['totp', ['totp']],
      ['webauthn', ['webauthn']],
    ],
  ],
  [
    'what no rule lets in that can decide',
    [add('totp', deny, { groups: { any: ['a'] } }), add('totp', by('totp')), rest],
    [['totp', ['totp', 'totp']]],
  ],
  [
    'all that another factor type is asked for, where only the first can be had',
    [{ ...rest, then: allow(factors(2)) }],
    ['email', 'totp', 'phone', 'webauthn'].map((key) => [key, ['rest']] as const),
  ],
])('never %s', (_, rules, expected) => {
  const never = expected.map(([key]) => key);
  expect(found(rules)).toEqual({ had: all.filter((key) => !never.includes(key)), never: expected });
});

test('without an account policy everything', () => {
  const space = ruleSpace([], universe());
  expect(addable({ authenticators }, [], space)).toEqual({ had: authenticators.map(({ key }) => key), never: [] });
});
