/** How users can add authenticators, and whether what they come to have is enough. */
import { describe, expect, test } from '@jest/globals';
import { additionRules, canBeMet } from '../../../../src/core/analysis/accounts/addition-rules.ts';
import { isLockedOut, isSignInDenied } from '../../../../src/core/analysis/simulation/simulated-outcome.ts';
import { findModel, newBudget } from '../../../../src/core/analysis/space/find-model.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { AccountRule } from '../../../../src/core/model/account-policy.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { EnrollmentRule, EnrollmentTerms } from '../../../../src/core/model/enrollment-policy.ts';
import type { Rule } from '../../../../src/core/model/policy.ts';
import { compileAccountPolicy } from '../../../../src/core/policy/rules/account-policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import type { UserFacts } from '../../../../src/core/policy/theories/theory.ts';
import {
  allow,
  always,
  descriptor,
  enrollmentTerms,
  factors,
  factsOf,
  type PolicyParts,
  policiesOf,
  userWith,
} from '../../support/fixtures.ts';
import { universe } from '../../support/universe.ts';

const deny: Rule['then'] = { kind: 'deny' };
const inA: Conditions = { groups: { any: ['a'] } };
const inB: Conditions = { groups: { any: ['b'] } };
const terms = (more: Partial<EnrollmentTerms>, when: Conditions = {}): EnrollmentRule => {
  return { name: 'terms', when, then: enrollmentTerms(more) };
};
const account = (name: string, then: Rule['then'], more: Partial<AccountRule> = {}): AccountRule => {
  return { name, when: {}, then, ...more };
};
const one = allow(factors(1));

describe('what users add', () => {
  const { password, totp, webauthn, email } = descriptor;

  /** By authenticator: the rule of the account policy, and the groups in which the way is open. */
  function ways(enrollment?: readonly EnrollmentRule[], rules?: readonly AccountRule[]) {
    const space = ruleSpace(
      [...(enrollment ?? []), ...(rules ?? [])].map(({ when }) => when),
      universe(),
    );
    const policies: PolicySet = {
      ...policiesOf(),
      authenticators: [password, email, totp, webauthn],
      ...(enrollment && { enrollment: compilePolicy({ name: 'enrollment', rules: enrollment }) }),
      ...(rules && { accountPolicy: compileAccountPolicy({ name: 'account', rules }) }),
    };
    return additionRules(policies, [password, webauthn], space).flatMap(({ descriptor: { key }, rule, formulas }) => {
      const found = findModel(formulas, newBudget());
      const groups = typeof found === 'object' ? space.factsOf(found.model).subject.groups : found;
      return [[key, rule?.name, groups]];
    });
  }

  test('is what can be enrolled and is not given', () => {
    expect(ways()).toEqual([['totp', undefined, []]]);
  });

  test.each<[string, readonly EnrollmentRule[], readonly unknown[]]>([
    ['anywhere', [terms({}, inA), terms({})], [['totp', undefined, []]]],
    ['where no rule closes it', [terms({}, inA), terms({ disabled: ['totp'] })], [['totp', undefined, ['a']]]],
    ['where it is not for use only', [terms({}, inA), terms({ useOnly: ['totp'] })], [['totp', undefined, ['a']]]],
    ['where others are closed', [terms({ disabled: ['email'], useOnly: ['webauthn'] })], [['totp', undefined, []]]],
    ['nowhere', [terms({ disabled: ['totp'] })], []],
  ])('is added %s', (_, enrollment, expected) => {
    expect(ways(enrollment)).toEqual(expected);
  });

  test('is added under each rule of the account policy that is about it and allows', () => {
    const rules = [
      account('other', one, { change: { add: ['webauthn'] } }),
      account('a', one, { when: inA }),
      account('b', deny, { when: inB }),
      account('rest', one),
    ];
    expect(ways(undefined, rules)).toEqual([
      ['totp', 'a', ['a']],
      ['totp', 'rest', []],
    ]);
    expect(ways(undefined, [account('none', deny)])).toEqual([]);
    const both = [terms({}, inB), terms({ disabled: ['totp'] })];
    const [first, ...others] = ways(both, [account('a', one, { when: inA })]);
    expect([first?.[0], first?.[1], [...(first?.[2] ?? [])].sort(), others]).toEqual(['totp', 'a', ['a', 'b'], []]);
  });

  test('is added by those who can prove what the rule asks for', () => {
    expect(canBeMet(undefined, [])).toBe(true);
    expect(canBeMet(account('one', one), [])).toBe(false);
    expect(canBeMet(account('one', one), [password])).toBe(true);
    expect(canBeMet(account('two', allow(factors(2))), [password])).toBe(false);
    expect(canBeMet(account('two', allow(factors(2))), [password, totp])).toBe(true);
    expect(canBeMet(account('none', deny), [password, totp])).toBe(false);
  });
});

describe('a user is locked out', () => {
  const [single, double] = [always(one), always(allow(factors(2)))];

  test.each<[string, PolicyParts, EnrollmentRule | undefined, boolean]>([
    ['not where one factor is enough', { enabled: ['password'] }, undefined, false],
    ['where the app asks for a second one', { enabled: ['password'], app: double }, undefined, true],
    ['where the session policy does', { enabled: ['password'], session: double }, undefined, true],
    ['where the minimum does', { enabled: ['password'], minimumAcr: '2fa' }, undefined, true],
    ['not where there is one', { enabled: ['password', 'totp'], app: double }, undefined, false],
    ['where it is disabled', { enabled: ['password', 'totp'], app: double }, terms({ disabled: ['totp'] }), true],
    ['not where another is', { enabled: ['password', 'totp'], app: double }, terms({ disabled: ['email'] }), false],
  ])('%s', (_, { session = single, app = single, ...more }, enrollment, expected) => {
    const policies = policiesOf({ session, app, ...more });
    const [own, other] = [policies.session.rules[0]?.rule, policies.app?.rules[0]?.rule];
    if (own === undefined || other === undefined) throw new Error('no rules');
    expect(isLockedOut(policies, { session: own, app: other, ...(enrollment && { enrollment }) })).toBe(expected);
  });

  test('by no rule that denies, which is no requirement', () => {
    const rule: Rule = { name: 'none', when: {}, then: deny };
    expect(isLockedOut(policiesOf(), { session: rule, app: rule })).toBe(false);
  });
});

describe('a sign-in ends in a denial', () => {
  const facts: UserFacts = { ...factsOf(), subject: userWith(['email']), signedInWith: [] };
  const twoApps = { chains: [[{ authenticators: ['totp'] }, { authenticators: ['totp'] }]] };

  test.each<[string, PolicyParts, readonly string[], boolean]>([
    ['not with enough', { enabled: ['password'] }, ['password'], false],
    ['not with what can be set up', { enabled: ['password', 'totp'], app: factors(2) }, ['password'], false],
    ['with too little', { enabled: ['password'], app: factors(2) }, ['password'], true],
    ['with what is not enabled', { enabled: ['password'], app: factors(2) }, ['password', 'totp'], true],
    ['without what the facts say besides', { enabled: ['password', 'email'], app: factors(2) }, ['password'], true],
    ['not with two of a kind', { enabled: ['totp'], app: twoApps }, ['totp', 'totp'], false],
  ])('%s', (_, parts, keys, expected) => {
    expect(isSignInDenied(policiesOf(parts), facts, keys)).toBe(expected);
  });

  test('with two of a kind, when the user has one', () => {
    const policies = policiesOf({ enabled: ['totp'], app: twoApps });
    const once = policies.authenticators.map((each) => ({ ...each, maxEnrollments: 1 as const }));
    expect(isSignInDenied({ ...policies, authenticators: once }, facts, ['totp', 'totp'])).toBe(true);
  });

  test('whatever was proved before', () => {
    const before: UserFacts = { ...facts, evidence: [], signedInWith: ['password'] };
    expect(isSignInDenied(policiesOf({ enabled: ['password'], app: factors(2) }), before, ['password'])).toBe(true);
  });
});
