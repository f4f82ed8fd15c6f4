/** What the evaluator's answers depend on: rules by what they say, and what is read of the facts. */
import { describe, expect, test } from '@jest/globals';
import { evaluationKey, textBesidePolicies } from '../../../../src/core/analysis/comparison/evaluation-key.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { EnrollmentRule } from '../../../../src/core/model/enrollment-policy.ts';
import type { Requirement, Rule } from '../../../../src/core/model/policy.ts';
import { compileAccountPolicy } from '../../../../src/core/policy/rules/account-policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import type { UserFacts } from '../../../../src/core/policy/theories/theory.ts';
import { allow, enrollmentTerms, factors, policiesOf } from '../../support/fixtures.ts';
import { universe } from '../../support/universe.ts';

const plain = ruleSpace([], universe()).factsOf(new Map());
const inA: Conditions = { groups: { any: ['a'] } };

function of(more: Partial<UserFacts['subject']>, facts: Partial<UserFacts> = {}): UserFacts {
  return { ...plain, ...facts, subject: { ...plain.subject, ...more } };
}

function asking(requirement: Requirement, more: Partial<PolicySet> = {}): PolicySet {
  return { ...policiesOf({ enabled: ['password', 'totp', 'webauthn'], app: requirement }), ...more };
}

function account(...rules: readonly (readonly [string, Rule['then'], Conditions?])[]): Partial<PolicySet> {
  const changes = rules.map(([name, then, when = {}]) => ({ name, change: { add: ['webauthn'] }, when, then }));
  return { accountPolicy: compileAccountPolicy({ name: 'account', rules: changes }) };
}

const two = allow(factors(2));
const three = allow(factors(3));

test('rules count by what they say', () => {
  const [one, other] = [account(['One', two]), account(['Other', two, inA], ['Last', two])];
  const key = evaluationKey(asking(factors(1), one), plain);
  expect(evaluationKey(asking(factors(1), other), of({ groups: ['a'] }))).toBe(key);
  expect(evaluationKey(asking(factors(1), other), plain)).toBe(key);
  expect(evaluationKey(asking(factors(2), one), plain)).not.toBe(key);
  expect(evaluationKey(asking(factors(1), account(['One', three])), plain)).not.toBe(key);
  expect(evaluationKey(asking(factors(1)), plain)).not.toBe(key);
});

describe('the rules that decide about the user count', () => {
  test.each<[string, Partial<PolicySet>]>([
    ['of the account policy', account(['A', three, inA], ['Rest', two])],
    [
      'of the profile policy',
      {
        profile: compilePolicy({
          name: 'profile',
          rules: [{ name: 'A', when: inA, then: { required: [], optional: [], terms: [] } }],
        }),
      },
    ],
    [
      'of the enrollment policy, however the user signs in',
      { enrollment: compilePolicy({ name: 'enrollment', rules: requiring([inA]) }) },
    ],
    [
      'of the enrollment policy, by how the user signs in',
      {
        enrollment: compilePolicy({
          name: 'enrollment',
          rules: requiring([{ ...inA, authenticated: { any: ['password'] } }]),
        }),
      },
    ],
  ])('%s', (_, more) => {
    const policies = asking(factors(1), more);
    expect(evaluationKey(policies, of({ groups: ['a'] }))).not.toBe(evaluationKey(policies, plain));
    expect(evaluationKey(policies, of({ groups: ['b'] }))).toBe(evaluationKey(policies, plain));
  });

  function requiring(whens: readonly Conditions[]): readonly EnrollmentRule[] {
    const rules = whens.map((when): EnrollmentRule => {
      return { name: 'Some', when, then: enrollmentTerms({ required: [{ anyOf: ['totp'] }] }) };
    });
    return [...rules, { name: 'All', when: {}, then: enrollmentTerms({}) }];
  }
});

test('which proof a rule asks about counts', () => {
  const after = (name: string) => {
    const terms = enrollmentTerms({ required: [{ anyOf: ['totp'] }] });
    const rules: readonly EnrollmentRule[] = [
      { name: 'Some', when: { authenticated: { any: [name] } }, then: terms },
      { name: 'All', when: {}, then: enrollmentTerms({}) },
    ];
    return evaluationKey(asking(factors(1), { enrollment: compilePolicy({ name: 'enrollment', rules }) }), plain);
  };
  expect(after('password')).toBe(after('password'));
  expect(after('password')).not.toBe(after('totp'));
});

test('what the evaluator reads of the facts counts', () => {
  const policies = asking(factors(1));
  const key = evaluationKey(policies, plain);
  expect(evaluationKey(policies, of({ groups: ['a'], userType: 'temp' }))).toBe(key);
  expect(evaluationKey(policies, of({ skipped: { totp: { grace: { count: 1, at: 1 } } } }))).not.toBe(key);
  expect(evaluationKey(policies, of({}, { now: plain.now + 1 }))).not.toBe(key);
  const request = { ...plain.request, acrValues: ['high'] };
  expect(evaluationKey(policies, of({}, { request }))).not.toBe(key);
});

test('what is no policy is named beside the key', () => {
  const text = textBesidePolicies(asking(factors(1)));
  expect(textBesidePolicies(asking(factors(2)))).toBe(text);
  expect(textBesidePolicies(asking(factors(1), { minimumAcr: 'high' }))).not.toBe(text);
  expect(textBesidePolicies({ ...asking(factors(1)), authenticators: [] })).not.toBe(text);
});
