/** What a user is asked for next, as far as it is about setting up something. */
import { expect, test } from '@jest/globals';
import { requestsOf, type StepAfter, stepAfter } from '../../../../src/core/analysis/simulation/step-after.ts';
import type { RequiredEnrollment } from '../../../../src/core/model/enrollment-policy.ts';
import type { Requirement } from '../../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import type { UserFacts } from '../../../../src/core/policy/theories/theory.ts';
import {
  descriptor,
  enrollmentTerms,
  factors,
  factsOf,
  type Key,
  policiesOf,
  userWith,
} from '../../support/fixtures.ts';

const facts: UserFacts = { ...factsOf(), subject: userWith([]), signedInWith: [] };

interface Parts {
  readonly asked?: Requirement;
  readonly required?: readonly RequiredEnrollment[];
  readonly isAccountApp?: true;
}

function policiesFrom({ asked = factors(1), required = [], isAccountApp }: Parts): PolicySet {
  const then = enrollmentTerms({ required });
  return {
    ...policiesOf({ app: asked }),
    enrollment: compilePolicy({ name: 'enrollment', rules: [{ name: 'rest', when: {}, then }] }),
    ...(isAccountApp && { isAccountApp }),
  };
}

test('in the pages of the account each authenticator is asked for that can be enrolled', () => {
  const policies = policiesFrom({});
  expect(requestsOf(facts, policies)).toEqual([facts]);
  const requests = requestsOf(facts, { ...policies, isAccountApp: true });
  expect(requests.map(({ request }) => request.scopes)).toEqual(
    ['security_question', 'phone', 'totp', 'webauthn'].map((key) => ['openid', `account:enroll:${key}`]),
  );
  expect(requests.map(({ request: { scopes: _, ...rest }, ...others }) => ({ ...others, request: rest }))).toEqual(
    requests.map(() => {
      const { scopes: _, ...rest } = facts.request;
      return { ...facts, request: rest };
    }),
  );
});

const totp: RequiredEnrollment = { anyOf: ['totp'] };
const later: RequiredEnrollment = { anyOf: ['totp'], grace: { skips: 2 } };
const bySms = factors(1, { demands: [{ authenticators: ['phone.sms'] }] });
const byPassword = factors(1, { demands: [{ authenticators: ['password'] }] });
const offered: StepAfter = { kind: 'allowed', offered: ['totp'] };
const choosing: StepAfter = { kind: 'enroll', choices: ['totp'] };

test.each<[string, Parts, readonly Key[], readonly Key[], StepAfter]>([
  ['enough', {}, ['password'], [], { kind: 'allowed' }],
  ['nothing', {}, [], ['password'], { kind: 'refused' }],
  ['something else', { asked: byPassword }, ['totp'], ['password'], { kind: 'refused' }],
  ['the method that is asked for', { asked: bySms }, ['phone'], [], { kind: 'allowed' }],
  ['enough, where something is to be set up', { required: [totp] }, ['password'], [], choosing],
  ['enough, where that is there', { required: [totp] }, ['password'], ['totp'], { kind: 'allowed' }],
  ['enough, where it can be set up later', { required: [later] }, ['password'], [], offered],
  [
    'too little, where more is to be proved first',
    { required: [{ anyOf: ['webauthn'] }] },
    ['password'],
    ['totp'],
    { kind: 'refused' },
  ],
])('a user who proved %s', (_, parts, proved, has, expected) => {
  const keys = { proved: proved.map((key) => descriptor[key]), besides: has.map((key) => descriptor[key]) };
  expect(stepAfter(keys, facts, policiesFrom(parts))).toEqual(expected);
});

test('what a user asks for in the pages of the account is set up, and what can be left for later is not', () => {
  const policies = policiesFrom({ required: [later], isAccountApp: true });
  const given = { proved: [descriptor.password] };
  const [ofQuestion, , ofTotp] = requestsOf(facts, policies);
  expect(ofTotp && stepAfter(given, ofTotp, policies)).toEqual(choosing);
  expect(ofQuestion && stepAfter(given, ofQuestion, policies)).toEqual({
    kind: 'enroll',
    choices: ['security_question'],
  });
});

test('in the pages of the account what can be left for later is asked for, too', () => {
  const given = { proved: [descriptor.password] };
  expect(stepAfter(given, facts, policiesFrom({ required: [later] }))).toEqual(offered);
  expect(stepAfter(given, facts, policiesFrom({ required: [later], isAccountApp: true }))).toEqual(choosing);
  const afterProof = policiesFrom({ required: [{ ...later, anyOf: ['webauthn'] }], isAccountApp: true });
  expect(stepAfter({ ...given, besides: [descriptor.totp] }, facts, afterProof)).toEqual({ kind: 'refused' });
});
