/** The ruling of the enrollment policy, and what it leaves usable. */

import { describe, expect, test } from '@jest/globals';
import { capabilitiesIn, evaluationContext } from '../../../../src/core/decision/evaluation-context.ts';
import type { EnrollmentRule, EnrollmentTerms } from '../../../../src/core/model/enrollment-policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { enrollmentRuling, usablePolicies } from '../../../../src/core/policy/rules/enrollment-terms.ts';
import { descriptor, enrollmentTerms, factsOf, policiesOf, userWith } from '../../support/fixtures.ts';

const nothing = enrollmentTerms();
const subject = userWith(['password', 'totp']);

function withRule(when: EnrollmentRule['when'], then: EnrollmentTerms = nothing): PolicySet {
  const rules = [{ name: 'first', when, then }];
  return { ...policiesOf(), enrollment: compilePolicy({ name: 'enrollment', rules }) };
}

describe('the ruling of the enrollment policy', () => {
  const admins = { groups: { any: ['admins'] } };
  const condition = { condition: 'groups' };
  const traced = { layer: 'enrollment', policy: 'enrollment' };

  test('is empty without a policy', () => {
    expect(enrollmentRuling(policiesOf(), factsOf({ subject }))).toEqual({});
  });

  test('are those of the rule that holds', () => {
    const rules = [{ rule: 'first', result: 'hit', conditions: [] }];
    expect(enrollmentRuling(withRule({}), factsOf({ subject }))).toEqual({
      layer: { trace: { ...traced, rules, decidedBy: 'first', outcome: 'allow' } },
      terms: nothing,
      rule: 'first',
    });
  });

  test('is a denial where no rule holds', () => {
    const rules = [{ rule: 'first', result: 'miss', conditions: [{ ...condition, result: 'miss' }] }];
    expect(enrollmentRuling(withRule(admins), factsOf({ subject }))).toEqual({
      layer: { trace: { ...traced, rules, outcome: 'deny' }, denial: { reason: 'no_rule', layer: 'enrollment' } },
    });
  });

  test('is undecided where a rule may yet hold', () => {
    const rules = [{ rule: 'first', result: 'unknown', conditions: [{ ...condition, result: 'unknown' }] }];
    expect(enrollmentRuling(withRule(admins), factsOf())).toEqual({
      layer: { trace: { ...traced, rules, outcome: 'undecided' } },
    });
  });
});

describe('what is usable', () => {
  test('is everything but what is disabled, under the same policies', () => {
    const policies = policiesOf({ enabled: ['password', 'totp'], minimumAcr: '1fa' });
    expect(usablePolicies(policies, { ...nothing, disabled: ['totp', 'phone'] })).toEqual({
      ...policies,
      authenticators: [descriptor.password],
    });
  });

  test('is worked out once where nothing is disabled', () => {
    const policies = withRule({});
    expect(usablePolicies(policies, nothing)).toBe(policies);
    expect(usablePolicies(policies, undefined)).toBe(policies);
    const { capabilities, unrestricted } = capabilitiesIn(subject, evaluationContext(policies, factsOf({ subject })));
    expect(unrestricted).toBe(capabilities);
  });

  test('counts disabled authenticators among what the user could do without the policy', () => {
    const policies = withRule({}, { ...nothing, disabled: ['totp'] });
    const { capabilities, unrestricted } = capabilitiesIn(subject, evaluationContext(policies, factsOf({ subject })));
    expect(capabilities.enrollments.map(({ id }) => id)).toEqual(['password']);
    expect(unrestricted.enrollments.map(({ id }) => id)).toEqual(['password', 'totp']);
  });
});
