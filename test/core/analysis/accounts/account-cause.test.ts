/** Which rules of the account policy are the cause of a denial. */
import { expect, test } from '@jest/globals';
import {
  accountCause,
  decidingAdditionRules,
  enoughAlone,
  withoutTerms,
} from '../../../../src/core/analysis/accounts/account-cause.ts';
import type { AccountRule } from '../../../../src/core/model/account-policy.ts';
import type { EnrollmentRule } from '../../../../src/core/model/enrollment-policy.ts';
import { compileAccountPolicy } from '../../../../src/core/policy/rules/account-policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import type { UserFacts } from '../../../../src/core/policy/theories/theory.ts';
import { allow, descriptor, enrollmentTerms, factors, factsOf, policiesOf, userWith } from '../../support/fixtures.ts';

const rule = (name: string, more: Partial<AccountRule> = {}): AccountRule => ({
  name,
  when: {},
  then: { kind: 'deny' },
  ...more,
});
const [apps, keys, phones] = [
  rule('apps', { change: { add: ['totp'] } }),
  rule('keys', { change: { add: ['webauthn'] } }),
  rule('phones', { change: { add: ['phone'] } }),
] as const;
const rest = rule('rest', { then: allow(factors(1)) });
const withRules = (...rules: readonly AccountRule[]): PolicySet => ({
  ...policiesOf(),
  accountPolicy: compileAccountPolicy({ name: 'account', rules }),
});

/** Denied until each of these rules asks for one factor alone. */
function heldUpBy(...names: readonly string[]) {
  return ({ accountPolicy }: PolicySet) =>
    names.some(
      (name) =>
        accountPolicy?.rules.some((candidate) => candidate.name === name && candidate.then.kind === 'deny') ?? false,
    );
}

test.each<[string, (policies: PolicySet) => boolean, readonly string[]]>([
  ['nothing that these rules say', () => true, []],
  ['the one that is enough', heldUpBy('keys'), ['keys']],
  ['several, without those that make no difference', heldUpBy('apps', 'phones'), ['apps', 'phones']],
  [
    'one that is enough, rather than several before it',
    (policies) => heldUpBy('phones')(policies) && heldUpBy('apps', 'keys')(policies),
    ['phones'],
  ],
  ['the first, where any is enough', (policies) => heldUpBy('apps')(policies) && heldUpBy('keys')(policies), ['apps']],
])('the cause is %s', (_, isDenied, expected) => {
  const rules = [apps, keys, phones];
  expect(accountCause(withRules(...rules, rest), rules, isDenied).map(({ name }) => name)).toEqual(expected);
});

test('what the rules are changed to asks for one factor, and nothing else changes', () => {
  const seen: unknown[] = [];
  const policies = withRules(apps, rest);
  accountCause(policies, [apps], ({ accountPolicy, ...others }) => {
    const { accountPolicy: _, ...known } = policies;
    expect(others).toEqual(known);
    seen.push(accountPolicy?.rules);
    return true;
  });
  expect(seen).toEqual([[{ ...apps, then: allow(factors(1)) }, rest]]);
});

test('what they are changed to says the same of everything but additions if they are about nothing else', () => {
  const others = [
    rule('all'),
    rule('some', { change: { add: ['totp'], remove: 'all' } }),
    rule('both', { change: { add: 'all', change: ['password'] } }),
  ];
  const isApart = (changed: AccountRule) => {
    const policies = withRules(changed, rest);
    let found: boolean | undefined;
    accountCause(policies, [changed], ({ accountPolicy }) => {
      found = accountPolicy?.apartFromAdditions === policies.accountPolicy;
      return true;
    });
    return found;
  };
  expect([apps, keys].map(isApart)).toEqual([true, true]);
  expect(others.map(isApart)).toEqual([false, false, false]);
});

test('without rules that decide, or a policy, none is the cause', () => {
  expect(accountCause(withRules(rest), [], () => false)).toEqual([]);
  expect(accountCause(policiesOf(), [apps], ({ accountPolicy }) => accountPolicy === undefined)).toEqual([]);
});

test('the rules that decide about additions are found by the facts, each once, in the order of the policy', () => {
  const subject = userWith(['password'], { groups: ['staff'] });
  const facts: UserFacts = { ...factsOf({ subject }), subject, signedInWith: [] };
  const staff = rule('staff', { when: { groups: { any: ['staff'] } }, change: { add: ['webauthn', 'totp'] } });
  const guests = rule('guests', { when: { groups: { any: ['guests'] } } });
  const found = (...rules: readonly AccountRule[]) =>
    decidingAdditionRules(
      { ...withRules(...rules), authenticators: [descriptor.webauthn, descriptor.phone, descriptor.totp] },
      facts,
    );
  expect(found(rest)).toEqual([rest]);
  expect(found(guests, staff, rest)).toEqual([staff, rest]);
  expect(found(phones, guests, staff)).toEqual([phones, staff]);
  expect(decidingAdditionRules(policiesOf(), facts)).toEqual([]);
});

test('nothing is added that cannot be enrolled', () => {
  const subject = userWith([]);
  const facts: UserFacts = { ...factsOf({ subject }), subject, signedInWith: [] };
  const authenticators = [descriptor.password, descriptor.recovery_code];
  expect(decidingAdditionRules({ ...withRules(rest), authenticators }, facts)).toEqual([]);
});

test.each<[string, (policies: PolicySet) => boolean, readonly string[]]>([
  ['none, where it takes several', heldUpBy('apps', 'phones'), []],
  ['each that is', (policies) => heldUpBy('apps')(policies) && heldUpBy('keys')(policies), ['apps', 'keys']],
])('of several rules these are enough alone: %s', (_, isDenied, expected) => {
  const rules = [apps, keys, phones];
  expect(enoughAlone(withRules(...rules, rest), rules, isDenied).map(({ name }) => name)).toEqual(expected);
});

test('to take the terms of one rule of the enrollment policy away leaves the other rules as they are', () => {
  const terms = (name: string): EnrollmentRule => ({
    name,
    when: {},
    then: {
      required: [{ anyOf: ['totp'] }],
      optional: ['phone'],
      promoted: [{ authenticator: 'email', cooldown: 60 }],
      disabled: ['webauthn'],
      useOnly: ['totp'],
    },
  });
  const [first, second] = [terms('first'), terms('second')];
  const policies: PolicySet = {
    ...withRules(apps),
    enrollment: compilePolicy({ name: 'enrollment', rules: [first, second] }),
  };
  const { enrollment, ...others } = withoutTerms(policies, second);
  const { enrollment: _, ...known } = policies;
  expect(others).toEqual(known);
  const nothing = enrollmentTerms();
  expect(enrollment?.rules.map(({ rule: each }) => each)).toEqual([first, { ...second, then: nothing }]);
  expect(withoutTerms(known, second)).toEqual(known);
});
