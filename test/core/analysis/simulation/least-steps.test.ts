/** What a sign-in asks for of a user who skips every offer. */
import { expect, test } from '@jest/globals';
import { askedInAll } from '../../../../src/core/analysis/simulation/asked-in-all.ts';
import { leastOfWays } from '../../../../src/core/analysis/simulation/least-steps.ts';
import { simulate } from '../../../../src/core/analysis/simulation/simulate.ts';
import type { EnrollmentTerms } from '../../../../src/core/model/enrollment-policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { allow, always, enrollmentTerms, factors, factsOf, policiesOf, userWith } from '../../support/fixtures.ts';

function policiesWith(terms: Partial<EnrollmentTerms>): PolicySet {
  const rules = [{ name: 'rule', when: {}, then: enrollmentTerms(terms) }];
  return {
    ...policiesOf({ app: always(allow(factors(1))), enabled: ['password', 'totp', 'webauthn'] }),
    enrollment: compilePolicy({ name: 'enrollment', rules }),
  };
}

const facts = factsOf({ subject: userWith(['password']) });
/** With one way to sign in. */
function leastSteps(policies: PolicySet) {
  const [only = []] = leastOfWays(policies, facts, askedInAll(policies, facts));
  return only;
}

const kinds = (steps: ReturnType<typeof simulate>) => steps.map(({ kind }) => kind);

test.each<[string, Partial<EnrollmentTerms>, readonly string[]]>([
  ['an offer', { optional: ['totp'] }, ['enroll']],
  ['two offers', { optional: ['totp', 'webauthn'] }, ['select', 'enroll']],
  ['what has to be set up after some sign-ins', { required: [{ anyOf: ['totp'], grace: { skips: 2 } }] }, ['enroll']],
])('%s is left out', (_, terms, skipped) => {
  const policies = policiesWith(terms);
  const all = kinds(simulate(policies, facts));
  const least = kinds(leastSteps(policies));
  expect(all).toEqual(expect.arrayContaining([...skipped]));
  expect(least).toEqual(all.filter((kind) => !['enroll', 'select'].includes(kind)));
  expect(least.at(-1)).toBe('complete');
});

test.each<[string, Partial<EnrollmentTerms>]>([
  ['nothing is offered', {}],
  ['something has to be set up', { required: [{ anyOf: ['totp'] }] }],
])('where %s, all steps are left', (_, terms) => {
  const policies = policiesWith(terms);
  expect(leastSteps(policies)).toEqual(simulate(policies, facts));
});

test('what has to be set up stays beside an offer', () => {
  const policies = policiesWith({ required: [{ anyOf: ['totp'] }], optional: ['webauthn'] });
  const setUp = leastSteps(policies).flatMap((step) => (step.kind === 'enroll' ? [step.authenticator] : []));
  expect(setUp).toEqual(['totp']);
});
