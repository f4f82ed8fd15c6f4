/** Which cause a denial names, where several things stand in the way. */

import { describe, expect, test } from '@jest/globals';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import { changeScope, enrollScope, scopeOfChange } from '../../../src/core/enrollment/account-request.ts';
import { maxEnrollmentsPerAuthenticator } from '../../../src/core/enrollment/enrollment-limit.ts';
import type { AccountRule, ChangesNamed } from '../../../src/core/model/account-policy.ts';
import type { EnrollmentTerms } from '../../../src/core/model/enrollment-policy.ts';
import type { Enrollment, Facts, Subject } from '../../../src/core/model/facts.ts';
import { compileAccountPolicy } from '../../../src/core/policy/rules/account-policy.ts';
import { compilePolicy, type PolicySet } from '../../../src/core/policy/rules/compile.ts';
import {
  allow,
  always,
  enrolled,
  enrollmentTerms,
  factors,
  factsOf,
  type Key,
  policiesOf,
  proof,
  userWith,
} from '../support/fixtures.ts';

function withTerms(policies: PolicySet, terms: Partial<EnrollmentTerms>): PolicySet {
  const then = enrollmentTerms(terms);
  return { ...policies, enrollment: compilePolicy({ name: 'enrollment', rules: [{ name: 'all', when: {}, then }] }) };
}

function disabling(policies: PolicySet, ...disabled: readonly Key[]): PolicySet {
  return withTerms(policies, { disabled });
}

function withAccount(policies: PolicySet, ...rules: readonly AccountRule[]): PolicySet {
  return { ...policies, accountPolicy: compileAccountPolicy({ name: 'account', rules }) };
}

/** For this change, a rule asks for one of these; without any it denies. */
function takes(name: string, change: ChangesNamed | undefined, ...proofs: readonly Key[]): AccountRule {
  const then = allow(factors(1, { demands: [{ authenticators: proofs }] }));
  return { name, when: {}, then: proofs.length === 0 ? { kind: 'deny' } : then, ...(change && { change }) };
}

const rest: AccountRule = { name: 'Rest', when: {}, then: allow(factors(1)) };

function fullOf(key: Key): Subject {
  const [one] = enrolled(key) as [Enrollment];
  const many = Array.from({ length: maxEnrollmentsPerAuthenticator }, (_, index) => ({ ...one, id: `${key}${index}` }));
  return userWith([], { enrollments: [...enrolled('password'), ...many] });
}

/** No user can enroll `email`, so who has none never meets this. */
const mailOnly = factors(1, { demands: [{ authenticators: ['email'] }] });
const evidence = [proof('password', 'now')];
const knownUser = factsOf({ subject: userWith(['password', 'totp']), evidence });

test.each<[string, PolicySet, Facts]>([
  [
    'a full authenticator would not help',
    policiesOf({ app: mailOnly }),
    factsOf({ subject: fullOf('totp'), evidence }),
  ],
  ['a disabled authenticator would not help', disabling(policiesOf({ app: mailOnly }), 'totp'), knownUser],
  ['the minimum acr would not help', policiesOf({ app: mailOnly, minimumAcr: '1fa' }), knownUser],
])('no cause but the policy itself is to blame where %s', (_, policies, facts) => {
  const layer = { layer: 'app', rule: 'everybody' };
  expect(evaluate(policies, facts)).toEqual({
    kind: 'deny',
    reason: 'unsatisfiable',
    ...layer,
    trace: expect.anything(),
  });
});

test.each([
  ['the one that asks for too much', mailOnly, factors(1), { layer: 'session', rule: 'everybody' }],
  ['the other one', factors(1), mailOnly, { layer: 'app', rule: 'everybody' }],
  ['the first, if both do', mailOnly, mailOnly, { layer: 'session', rule: 'everybody' }],
] as const)('of session policy and sign-on policy, the denial names %s', (_, session, app, layer) => {
  const policies = policiesOf({ session: always(allow(session)), app });
  expect(evaluate(policies, knownUser)).toMatchObject({ kind: 'deny', reason: 'unsatisfiable', ...layer });
});

test.each(['suspended', 'deactivated'] as const)('an account that is %s denies whatever was proved', (status) => {
  const facts = factsOf({ subject: userWith(['password'], { status }), evidence });
  expect(evaluate(policiesOf(), facts)).toMatchObject({ kind: 'deny', reason: 'account_inactive' });
});

test('no policy is to blame for an account-management requirement that the user cannot meet', () => {
  // The passkey is assumed to prove presence only, while the account can reach two factor types with it.
  const policies: PolicySet = { ...policiesOf(), isAccountApp: true, presenceOnly: 'webauthn' };
  const facts = factsOf({ subject: userWith(['webauthn']), request: { scopes: ['openid', changeScope] } });
  expect(evaluate(policies, facts)).toMatchObject({ kind: 'challenge', withheld: { reason: 'unsatisfiable' } });
  expect(evaluate({ ...policies, minimumAcr: '1fa' }, facts)).toMatchObject({ withheld: { reason: 'unsatisfiable' } });
});

describe('an authenticator that the user asks to enroll in the account app', () => {
  const account: PolicySet = { ...policiesOf(), isAccountApp: true };
  const wanting = (key: string, subject: Subject, more: Partial<Facts> = {}) =>
    evaluate(account, factsOf({ subject, evidence, ...more, request: { scopes: ['openid', enrollScope(key)] } }));

  test('denies where no user can enroll it', () => {
    const denial = { kind: 'deny', reason: 'unsatisfiable', layer: 'app' };
    expect(wanting('password', userWith(['password']))).toMatchObject(denial);
    expect(wanting('unknown', userWith(['password']))).toMatchObject(denial);
  });
});

describe('an enrollment that is needed, and that the account policy keeps from the user', () => {
  const facts = factsOf({ subject: userWith(['password']), evidence });
  const requiring = (...anyOf: readonly Key[]) => withTerms(policiesOf(), { required: [{ anyOf }] });
  const accountLayers = (policies: PolicySet) =>
    evaluate(policies, facts).trace.layers.flatMap(({ layer, change, decidedBy, satisfied }) =>
      layer === 'account' ? [[change?.of, decidedBy, satisfied]] : [],
    );

  test('is denied by the rule that asks for what the user cannot prove', () => {
    const policies = withAccount(requiring('totp'), takes('By mail', { add: ['totp'] }, 'email'), rest);
    expect(evaluate(policies, facts)).toMatchObject({
      kind: 'deny',
      reason: 'authenticator_not_enrollable',
      layer: 'account',
      rule: 'By mail',
      missingEnrollment: { authenticators: ['totp'], enrollmentRule: 'all' },
    });
    expect(accountLayers(policies)).toEqual([['totp', 'By mail', false]]);
  });

  test('is denied by the rule that forbids it', () => {
    const policies = withAccount(requiring('totp'), takes('Never', { add: ['totp'] }), rest);
    expect(evaluate(policies, facts)).toMatchObject({
      reason: 'enrollment_forbids',
      layer: 'account',
      rule: 'Never',
      missingEnrollment: { authenticators: ['totp'], enrollmentRule: 'all' },
    });
    expect(accountLayers(policies)).toEqual([['totp', 'Never', undefined]]);
  });

  test('is told in the same way where the app needs it', () => {
    const two = policiesOf({ app: factors(2), enabled: ['password', 'email', 'totp', 'webauthn'] });
    const asking = withAccount(two, takes('By mail', { add: 'all' }, 'email'));
    const missingEnrollment = { authenticators: ['totp', 'webauthn'] };
    const denial = { kind: 'deny', layer: 'account', missingEnrollment };
    expect(evaluate(asking, facts)).toMatchObject({
      ...denial,
      reason: 'authenticator_not_enrollable',
      rule: 'By mail',
    });
    expect(accountLayers(asking)).toEqual(['totp', 'webauthn'].map((key) => [key, 'By mail', false]));
    const forbidding = withAccount(two, takes('Never', { add: 'all' }));
    expect(evaluate(forbidding, facts)).toMatchObject({ ...denial, reason: 'enrollment_forbids', rule: 'Never' });
    expect(evaluate(forbidding, { ...facts, evidence: [] })).toMatchObject({
      kind: 'challenge',
      withheld: { missingEnrollment },
    });
  });

  test('of several rules the first that asks for a proof is named, before one that forbids', () => {
    const rules = [
      takes('Never', { add: ['totp'] }),
      takes('By mail', { add: ['phone'] }, 'email'),
      takes('By app', { add: ['webauthn'] }, 'totp'),
    ];
    const policies = withAccount(requiring('totp', 'webauthn', 'phone'), ...rules, rest);
    const [first] = policies.authenticators.filter(({ key }) => key === 'phone' || key === 'webauthn');
    const rule = first?.key === 'phone' ? 'By mail' : 'By app';
    expect(evaluate(policies, facts)).toMatchObject({
      layer: 'account',
      rule,
      missingEnrollment: { authenticators: [first?.key] },
    });
  });

  test('a rule is named without which the others would still be in the way, where it takes two enrollments', () => {
    const chain = [{ authenticators: ['totp'] }, { authenticators: ['webauthn'] }];
    const two = policiesOf({ app: { chains: [chain] } });
    const policies = withAccount(
      two,
      takes('Never', { add: ['webauthn'] }),
      takes('By mail', { add: 'all' }, 'email'),
      rest,
    );
    expect(evaluate(policies, facts)).toMatchObject({
      rule: 'By mail',
      missingEnrollment: { authenticators: ['totp'] },
    });
  });

  test('is told where an acr that must be reached takes it', () => {
    const request = { acrValues: ['phr'], acrEssential: true };
    const requesting = { ...facts, request: { ...facts.request, ...request } };
    const denial = { kind: 'deny', reason: 'acr_unattainable' };
    const ruled = withAccount(policiesOf(), takes('Never', { add: ['webauthn'] }), rest);
    const found = evaluate(ruled, requesting);
    expect(found).toMatchObject({
      ...denial,
      layer: 'account',
      rule: 'Never',
      missingEnrollment: { authenticators: ['webauthn'] },
    });
    expect(found.trace.layers.at(-1)).toMatchObject({ layer: 'account', decidedBy: 'Never' });
    const without = { ...ruled, authenticators: ruled.authenticators.filter(({ key }) => key !== 'webauthn') };
    expect(evaluate(without, requesting)).toMatchObject({ ...denial, layer: 'request' });
  });

  test('no rule is named where the account-management requirement (Law 7) is out of reach all the same', () => {
    // The passkey is assumed to prove presence only, while the account can reach two factor types with it.
    const policies: PolicySet = { ...requiring('totp'), presenceOnly: 'webauthn' };
    const subject = userWith(['password', 'webauthn']);
    const own = factsOf({ subject, evidence });
    for (const some of [policies, withAccount(policies, takes('By mail', { add: 'all' }, 'email'))]) {
      const found = evaluate(some, own);
      expect(found).toMatchObject({
        reason: 'authenticator_not_enrollable',
        missingEnrollment: { authenticators: ['totp'], enrollmentRule: 'all' },
      });
      expect(found).not.toHaveProperty('layer');
      expect(found).not.toHaveProperty('rule');
    }
  });

  test('the enrollment policy is to blame for what no user can enroll', () => {
    // No user can enroll `email`.
    const policies = withAccount(requiring('email'), takes('Never', { add: 'all' }));
    expect(evaluate(policies, facts)).toMatchObject({ reason: 'unsatisfiable', layer: 'enrollment', rule: 'all' });
  });
});

describe('in the account app', () => {
  const at = (policies: PolicySet, scope: string, has: readonly Key[] = ['password']) =>
    evaluate(
      { ...policies, isAccountApp: true },
      factsOf({ subject: userWith(has), evidence, request: { scopes: ['openid', scope] } }),
    );

  test('a change is denied by the rule that asks for what the user cannot prove', () => {
    const policies = withAccount(policiesOf(), takes('By mail', undefined, 'email'));
    const denial = { kind: 'deny', layer: 'account', rule: 'By mail' };
    const change = scopeOfChange({ action: 'change', of: 'username' });
    expect(at(policies, change)).toMatchObject({ ...denial, reason: 'unsatisfiable' });
    expect(at(policies, enrollScope('totp'))).toMatchObject({
      ...denial,
      reason: 'authenticator_not_enrollable',
      missingEnrollment: { authenticators: ['totp'] },
    });
  });

  test('a rule about every change is named, also where it keeps the user from what the sign-in needs', () => {
    const byKey = factors(1, { demands: [{ authenticators: ['webauthn'] }] });
    const app: PolicySet = { ...policiesOf({ app: byKey }), isAccountApp: true };
    const policies = withAccount(app, takes('All', undefined, 'email'));
    const request = { scopes: ['openid', enrollScope('totp')] };
    const facts = factsOf({ subject: userWith(['password']), evidence, request });
    expect(evaluate(policies, facts)).toMatchObject({ kind: 'deny', layer: 'account', rule: 'All' });
  });

  test('the rule before the change is named, also where another one forbids what the sign-in needs', () => {
    const byKey = factors(1, { demands: [{ authenticators: ['webauthn'] }] });
    const rules = [takes('By app', { change: ['password'] }, 'totp'), takes('Never', { add: 'all' }), rest];
    const app = policiesOf({ app: byKey });
    const authenticators = app.authenticators.map((each) =>
      each.key === 'password' ? { ...each, enrollable: true, maxEnrollments: 1 as const } : each,
    );
    expect(at({ ...withAccount(app, ...rules), authenticators }, enrollScope('password'))).toMatchObject({
      kind: 'deny',
      layer: 'account',
      rule: 'By app',
    });
  });

  test('an enrollment that the enrollment policy disables is denied by its rule', () => {
    expect(at(disabling(policiesOf(), 'totp'), enrollScope('totp'))).toMatchObject({
      kind: 'deny',
      reason: 'enrollment_forbids',
      layer: 'enrollment',
      rule: 'all',
    });
  });
});

describe('a user who has only disabled authenticators', () => {
  const policies = disabling(policiesOf({ app: factors(1, { demands: [{ authenticators: ['totp'] }] }) }), 'totp');
  const has = ['totp'] as const;

  test('is asked for one of them before the denial shows', () => {
    expect(evaluate(policies, factsOf({ subject: userWith(has) }))).toMatchObject({
      kind: 'challenge',
      options: [{ authenticator: 'totp', enrollments: ['totp'] }],
      withheld: { reason: 'enrollment_forbids' },
    });
  });

  test('learns the reason after that', () => {
    const facts = factsOf({ subject: userWith(has), evidence: [proof('totp', 'now')] });
    expect(evaluate(policies, facts)).toMatchObject({ kind: 'deny', reason: 'enrollment_forbids' });
  });
});
