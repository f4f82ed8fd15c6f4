/** What proofs that are new open besides sign-ins. */
import { expect, test } from '@jest/globals';
import { newlyTaken } from '../../../../src/core/analysis/comparison/newly-accepted-proofs.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { AuthenticatorDescriptor } from '../../../../src/core/model/facts.ts';
import type { Rule } from '../../../../src/core/model/policy.ts';
import { compileAccountPolicy } from '../../../../src/core/policy/rules/account-policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { allow, descriptor, factors, policiesOf } from '../../support/fixtures.ts';
import { universe } from '../../support/universe.ts';

const password: AuthenticatorDescriptor = { ...descriptor.password, enrollable: true, underPasswordPolicy: true };
const { email, totp, phone } = descriptor;
const onlySms: AuthenticatorDescriptor = { ...phone, methods: ['sms'] };

const rule = (then: Rule['then'], when: Conditions = {}, name = 'rule'): Rule => ({ name, when, then });
const by = (...authenticators: readonly string[]) => allow(factors(1, { demands: [{ authenticators }] }));
const deny: Rule['then'] = { kind: 'deny' };
const inA: Conditions = { groups: { any: ['a'] } };

interface Policies {
  readonly recovery?: readonly Rule[];
  readonly account?: readonly Rule[];
}

function search(
  before: readonly AuthenticatorDescriptor[],
  now: readonly AuthenticatorDescriptor[],
  { recovery, account }: Policies,
) {
  const setOf = (authenticators: readonly AuthenticatorDescriptor[]): PolicySet => ({
    ...policiesOf(),
    authenticators,
    ...(recovery && { recovery: compilePolicy({ name: 'recovery', rules: recovery }) }),
    ...(account && { accountPolicy: compileAccountPolicy({ name: 'account', rules: account }) }),
  });
  const space = ruleSpace(
    (recovery ?? []).map(({ when }) => when),
    universe(),
  );
  return newlyTaken({ active: setOf(before), next: setOf(now) }, space);
}

const quiet = { recovered: [], undecided: [] };

test.each<[string, readonly AuthenticatorDescriptor[], readonly AuthenticatorDescriptor[], Rule['then']]>([
  ['nothing is new', [password, email], [password, email], by('email')],
  ['something is switched off', [password, email, totp], [password, email], by('email', 'totp')],
  ['the rule does not take what is new', [password, email], [password, email, totp], by('email')],
  ['the rule denies', [password, email], [password, email, totp], deny],
  ['what is new is a password, which recovers no password', [email], [password, email], allow(factors(1))],
])('quiet where %s', (_, before, now, then) => {
  expect(search(before, now, { recovery: [rule(then)] })).toEqual(quiet);
});

test('quiet without such policies', () => {
  expect(search([password], [password, email], {})).toEqual(quiet);
});

test.each<[string, readonly AuthenticatorDescriptor[], readonly AuthenticatorDescriptor[], Rule['then'], object]>([
  ['an authenticator', [password, email], [password, email, totp], by('email', 'totp'), { authenticator: 'totp' }],
  ['a method', [password, onlySms], [password, phone], by('phone'), { authenticator: 'phone', methods: ['voice'] }],
])('%s that is new sets a new password', (_, before, now, then, proof) => {
  const mine = rule(then);
  const { recovered, undecided } = search(before, now, { recovery: [mine] });
  expect(undecided).toEqual([]);
  expect(recovered).toMatchObject([{ rule: mine, evidence: [proof] }]);
});

test('the example is a user that the rule applies to, in as few groups as possible', () => {
  const either: Conditions = { any: [{ groups: { all: ['b', 'c'] } }, { groups: { any: ['d'] } }] };
  const rules = [rule(deny, inA), rule(by('totp'), either), rule(by('email'))];
  const { recovered, undecided } = search([password, email], [password, email, totp], { recovery: rules });
  expect(undecided).toEqual([]);
  expect(recovered.map((newlyRecovered) => [newlyRecovered.rule, newlyRecovered.facts.subject.groups])).toEqual([
    [rules[1], ['d']],
  ]);
});

test('the user of the example is in several groups only if the rule needs them, and no rule above decides', () => {
  const either: Conditions = { any: [{ groups: { all: ['b', 'c'] } }, { groups: { any: ['d'] } }] };
  const rules = [rule(deny, { groups: { any: ['d'] } }), rule(by('totp'), either), rule(by('email'))];
  const { recovered } = search([password, email], [password, email, totp], { recovery: rules });
  expect(recovered.map((newlyRecovered) => newlyRecovered.facts.subject.groups.toSorted())).toEqual([['b', 'c']]);
});

test('is undecided if no user is known to whom the rule applies', () => {
  const unknown = rule(by('totp'), { attributes: { nick: { equals: 'a*' } } });
  const never = rule(by('totp'));
  const rules = [unknown, rule(by('email')), never];
  expect(search([password, email], [password, email, totp], { recovery: rules })).toEqual({
    recovered: [],
    undecided: [unknown, never],
  });
});

test('undecided where no new password can be set, or could be before', () => {
  const mine = rule(by('totp'));
  expect(search([email], [email, totp], { recovery: [mine] })).toEqual({ recovered: [], undecided: [mine] });
});

test('changes of the account that take what is new are undecided', () => {
  const rules = [rule(by('totp')), rule(by('email')), rule(deny)];
  expect(search([password, email], [password, email, totp], { account: rules })).toEqual({
    recovered: [],
    undecided: [rules[0]],
  });
  const withPassword = rule(by('password'));
  expect(search([email], [password, email], { account: [withPassword] }).undecided).toEqual([withPassword]);
});
