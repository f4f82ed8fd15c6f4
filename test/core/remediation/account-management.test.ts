/**
 * The account-management requirement (Law 7): also by what the enrollment policy of the app disables, and after the
 * user has lost an authenticator.
 */

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { simulate } from '../../../src/core/analysis/simulation/simulate.ts';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import { enrollScope } from '../../../src/core/enrollment/account-request.ts';
import { ageOf, meetsLayerRequirement } from '../../../src/core/evidence/requirement.ts';
import type { Decision } from '../../../src/core/model/decision.ts';
import type { EnrollmentTerms } from '../../../src/core/model/enrollment-policy.ts';
import type { Enrollment, Evidence } from '../../../src/core/model/facts.ts';
import type { Requirement } from '../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../src/core/policy/rules/compile.ts';
import { accountManagementRequirement } from '../../../src/core/remediation/account-management.ts';
import { nextStep } from '../../../src/core/step/next-step.ts';
import { newTransaction } from '../../../src/core/step/transaction.ts';
import { requirement, type World, world } from '../support/arbitraries.ts';
import {
  allow,
  always,
  descriptor,
  enrolled,
  enrollmentTerms,
  type FactParts,
  factors,
  factsOf,
  fixedNow,
  type Key,
  plainRequest,
  policiesOf,
  proof,
  thisTransaction,
  userWith,
} from '../support/fixtures.ts';
import { naivelyMeets } from '../support/naive-evaluator.ts';
import { enough, seeded } from '../support/seeded.ts';

const keys = Object.keys(descriptor) as Key[];

function restricted(policies: PolicySet, terms: Partial<EnrollmentTerms>): PolicySet {
  const rule = { name: 'first', when: {}, then: enrollmentTerms(terms) };
  return { ...policies, enrollment: compilePolicy({ name: 'enrollment', rules: [rule] }) };
}

type Have = readonly (Key | 'key')[];

const provedNow = (proved: Have) => proved.map((key) => proof(key, 'now'));
const factsFor = (has: Have, proved: Have, more: FactParts = {}) =>
  factsOf({ subject: userWith(has), evidence: provedNow(proved), ...more });

const two = policiesOf({ app: factors(2) });
const account: PolicySet = { ...policiesOf(), isAccountApp: true };
const accountRequest = (scopes: readonly string[]) => ({ request: { clientId: 'account', scopes } });
const change = accountRequest(['openid', 'account:change']);

describe('an authenticator that the enrollment policy disables', () => {
  const noMail = { disabled: ['email'] };

  test.each<[string, PolicySet, Have, Have, object]>([
    [
      'is proved before the enrollment that the app needs, and the page can say why',
      restricted(two, noMail),
      ['password', 'email'],
      ['password'],
      { kind: 'challenge', options: [{ authenticator: 'email' }], toEnroll: ['phone', 'totp', 'webauthn'] },
    ],
    [
      'once proved, allows the enrollment that the app needs',
      restricted(two, noMail),
      ['password', 'email'],
      ['password', 'email'],
      { kind: 'enroll', choices: ['phone', 'totp', 'webauthn'] },
    ],
    [
      'is proved before the enrollment that the policy requires',
      restricted(policiesOf(), { ...noMail, required: [{ anyOf: ['totp'] }] }),
      ['password', 'email'],
      ['password'],
      { kind: 'challenge', options: [{ authenticator: 'email' }], toEnroll: ['totp'] },
    ],
    [
      'once proved, allows the enrollment that the policy requires',
      restricted(policiesOf(), { ...noMail, required: [{ anyOf: ['totp'] }] }),
      ['password', 'email'],
      ['password', 'email'],
      { kind: 'enroll', choices: ['totp'] },
    ],
    [
      'is proved before an optional enrollment, which can only be chosen until then',
      restricted(policiesOf(), { ...noMail, optional: ['totp'] }),
      ['password', 'email'],
      ['password'],
      { kind: 'enroll', choices: ['totp'], proofFirst: true },
    ],
    [
      'does not let the user into the app',
      restricted(two, noMail),
      ['password', 'email', 'totp'],
      ['password', 'email'],
      { kind: 'challenge', options: [{ authenticator: 'totp' }] },
    ],
    [
      'is what the account-management requirement asks for where nothing else is phishing-resistant',
      restricted(two, { disabled: ['webauthn'] }),
      ['password', 'webauthn'],
      ['password'],
      { kind: 'challenge', options: [{ authenticator: 'webauthn' }] },
    ],
    [
      'is not asked for where nothing has to be enrolled',
      restricted(policiesOf(), noMail),
      ['password', 'email'],
      ['password'],
      { kind: 'allow', assurance: { amr: ['pwd'] } },
    ],
  ])('%s', (_, policies, has, proved, expected) => {
    expect(evaluate(policies, factsFor(has, proved))).toMatchObject(expected);
  });

  test('is not revealed to a user who has only identified', () => {
    const decision = evaluate(restricted(two, noMail), factsFor(['password', 'email'], []));
    expect(decision).toMatchObject({ kind: 'challenge', options: [{ authenticator: 'password' }, {}] });
    expect(decision).not.toHaveProperty('toEnroll');
  });

  test('comes after the others, in the order of the configuration', () => {
    const decision = evaluate(restricted(two, { disabled: ['email'] }), factsFor(['email', 'password'], []));
    expect(decision).toMatchObject({ options: [{ authenticator: 'password' }, { authenticator: 'email' }] });
  });

  test('counts for the account-management requirement at the account app, and never supports the sign-in', () => {
    const policies = restricted(account, noMail);
    const asked = evaluate(policies, factsFor(['password', 'email'], ['password'], change));
    expect(asked).toMatchObject({ kind: 'challenge', options: [{ authenticator: 'email' }] });
    const decision = evaluate(policies, factsFor(['password', 'email'], ['password', 'email'], change));
    expect(decision).toMatchObject({ kind: 'allow', assurance: { amr: ['pwd'] } });
    const enrolling = accountRequest([enrollScope('totp')]);
    expect(evaluate(policies, factsFor(['password', 'email'], ['password'], enrolling)).kind).toBe('challenge');
    expect(evaluate(policies, factsFor(['password', 'email'], ['password', 'email'], enrolling))).toMatchObject({
      kind: 'enroll',
      choices: ['totp'],
    });
  });

  test('is never remembered by a browser', () => {
    const rule = { ...allow(factors(2)), remember: 3600 } as ReturnType<typeof allow>;
    const policies = restricted(policiesOf({ app: always(rule) }), noMail);
    const decision = evaluate(policies, factsFor(['password', 'email'], ['password']));
    expect(decision).toMatchObject({ kind: 'challenge', options: [{ authenticator: 'email' }] });
    expect(decision).not.toHaveProperty('rememberable');
  });

  test('appears in the simulated steps', () => {
    const steps = simulate(restricted(two, noMail), factsOf({ subject: userWith(['password', 'email']) }));
    expect(steps).toMatchObject([
      { kind: 'identify', identifyWith: 'password' },
      { kind: 'challenge', authenticator: 'email', toEnroll: ['phone', 'totp', 'webauthn'] },
      { kind: 'select', purpose: 'enroll' },
      { kind: 'enroll' },
      { kind: 'complete' },
    ]);
  });
});

test('denies with the reason where nothing is left that could meet the account-management requirement', () => {
  const subject = userWith([], {
    enrollments: enrolled('recovery_code').map((enrollment) => ({ ...enrollment, consumed: true })),
  });
  const facts = factsOf({ subject, evidence: [proof('recovery_code', 1000)] });
  const policies = restricted(policiesOf(), { required: [{ anyOf: ['totp'] }] });
  const missingEnrollment = { authenticators: ['totp'], enrollmentRule: 'first' };
  const denial = { kind: 'deny', reason: 'authenticator_not_enrollable', missingEnrollment };
  expect(evaluate(policies, facts)).toMatchObject(denial);
  const fresh = { ...facts, evidence: [proof('recovery_code', 100)] };
  expect(evaluate(policies, fresh)).toMatchObject({ kind: 'enroll', choices: ['totp'] });
});

describe('after the user has lost an authenticator', () => {
  const options = (decision: Decision) =>
    decision.kind === 'challenge' ? decision.options.map(({ authenticator }) => authenticator) : decision.kind;

  test.each<[string, Have, Have, readonly string[] | string]>([
    [
      'the key is offered before the recovery code',
      ['password', 'webauthn', 'recovery_code'],
      ['password'],
      ['webauthn', 'recovery_code'],
    ],
    [
      'password and recovery code are enough',
      ['password', 'webauthn', 'recovery_code'],
      ['password', 'recovery_code'],
      'allow',
    ],
    [
      'password and key are enough as before',
      ['password', 'webauthn', 'recovery_code'],
      ['password', 'webauthn'],
      'allow',
    ],
    [
      'a key without user verification changes nothing',
      ['password', 'key', 'recovery_code'],
      ['password', 'recovery_code'],
      'allow',
    ],
    [
      'the recovery code alone is not enough',
      ['password', 'webauthn', 'recovery_code'],
      ['recovery_code'],
      ['password', 'webauthn'],
    ],
    [
      'the recovery code and a key without user verification are not enough',
      ['password', 'key', 'recovery_code'],
      ['recovery_code', 'key'],
      ['password'],
    ],
    [
      'the recovery code and a one-time code are not enough',
      ['password', 'webauthn', 'totp', 'recovery_code'],
      ['recovery_code', 'totp'],
      ['password', 'webauthn'],
    ],
    ['without a password only the key is enough', ['webauthn', 'recovery_code'], ['recovery_code'], ['webauthn']],
    ['no other authenticator replaces the key', ['password', 'webauthn', 'totp'], ['password', 'totp'], ['webauthn']],
    [
      'a security question is no second factor',
      ['webauthn', 'security_question', 'recovery_code'],
      ['security_question', 'recovery_code'],
      ['webauthn'],
    ],
    [
      'without a key the recovery code is offered like other codes',
      ['password', 'totp', 'recovery_code'],
      ['password'],
      ['totp', 'recovery_code'],
    ],
  ])('%s', (_, has, proved, expected) => {
    expect(options(evaluate(account, factsFor(has, proved, change)))).toEqual(expected);
  });

  test('the authenticator used last comes first, except the recovery code', () => {
    const decision = evaluate(account, factsFor(['password', 'webauthn', 'recovery_code'], ['password'], change));
    const begun = newTransaction({ id: 'tx', request: plainRequest, now: fixedNow, lifetime: 600 });
    const plan = (lastUsed: readonly string[]) =>
      nextStep(decision, {
        transaction: begun,
        view: { labels: () => undefined, canKeep: false, lastUsed },
        now: fixedNow,
      });
    expect(plan(['recovery_code'])).toMatchObject({ kind: 'start', authenticator: 'webauthn' });
    expect(plan(['recovery_code', 'webauthn'])).toMatchObject({ authenticator: 'webauthn' });
  });

  test('the last code of a set counts, too', () => {
    const [code] = enrolled('recovery_code') as [Enrollment];
    const subject = userWith([], { enrollments: [...enrolled('password', 'webauthn'), { ...code, consumed: true }] });
    const facts = factsOf({ subject, evidence: provedNow(['password', 'recovery_code']), ...change });
    expect(evaluate(account, facts).kind).toBe('allow');
  });

  test('the proof must be fresh, and a proof of a password recovery does not count', () => {
    const subject = userWith(['password', 'webauthn', 'recovery_code']);
    const at = (more: readonly Evidence[]) => evaluate(account, factsOf({ subject, evidence: more, ...change })).kind;
    expect(at([proof('password', 300), proof('recovery_code', 300)])).toBe('allow');
    expect(at([proof('password', 300), proof('recovery_code', 301)])).toBe('challenge');
    expect(at([proof('password', 301), proof('recovery_code', 300)])).toBe('challenge');
    expect(at([proof('password', 10), proof('recovery_code', 10, { origin: 'recovery' })])).toBe('challenge');
  });

  test('the sign-in and the account app ask for the same', () => {
    const app = policiesOf({ app: factors(1, { demands: [{ authenticators: ['totp'] }] }) });
    const has = ['password', 'webauthn', 'recovery_code'] as const;
    expect(evaluate(app, factsFor(has, ['password', 'recovery_code']))).toMatchObject({
      kind: 'enroll',
      choices: ['totp'],
    });
    const required = restricted(policiesOf(), { required: [{ anyOf: ['totp'] }] });
    expect(evaluate(required, factsFor(has, ['password', 'recovery_code']))).toMatchObject({ kind: 'enroll' });
  });
});

/** A naive reading of Law 7 for a user with these enrollments, without recovery. */
function plainRequirement(has: readonly Enrollment[]): Requirement {
  const solid = has.filter(({ authenticator }) => authenticator !== 'security_question');
  const resistant = solid.some(({ characteristics }) => characteristics.includes('phishingResistant'));
  const demands = resistant ? [{ characteristics: ['phishingResistant'] as const }] : [];
  const covered = new Set(solid.flatMap((enrollment) => enrollment.factors)).size;
  return { anyOf: [{ factors: Math.max(1, covered) as 1 | 2 | 3, demands, maxAge: 300 }] };
}

const when = { now: fixedNow, transaction: thisTransaction };
const isRecovery = ({ authenticator }: Evidence) => authenticator === 'recovery_code';

test('a recovery code adds only an alternative next to another factor type to the account-management requirement', () => {
  const seen = { recovered: 0, cleared: 0, not: 0 };
  fc.assert(
    fc.property(world({ requirement, enrollments: 6, evidence: 4 }), ({ has, evidence }) => {
      const facts = factsOf({ subject: userWith([], { enrollments: has }), evidence });
      const enrollments = has.map((enrollment) =>
        enrollment.authenticator === 'security_question' ? { ...enrollment, auxiliary: true as const } : enrollment,
      );
      const required = accountManagementRequirement(enrollments, Object.values(descriptor));
      const meets = (some: readonly Evidence[]) =>
        meetsLayerRequirement(
          required,
          some.flatMap((shown) => {
            const age = ageOf(shown, facts);
            const auxiliary = shown.authenticator === 'security_question' && { auxiliary: true as const };
            return age === undefined ? [] : [{ ...shown, age, ...auxiliary }];
          }),
        );
      const others = evidence.filter((shown) => !isRecovery(shown));
      expect(meets(others)).toBe(naivelyMeets(plainRequirement(has), others, when));
      const recovered: Requirement = {
        anyOf: [{ factors: 2, demands: [{ authenticators: ['recovery_code'] }], maxAge: 300 }],
      };
      const expected = [plainRequirement(has), recovered].some((alternative) =>
        naivelyMeets(alternative, evidence, when),
      );
      expect(meets(evidence)).toBe(expected);
      const kind = expected ? (meets(others) ? 'cleared' : 'recovered') : 'not';
      seen[kind] += 1;
    }),
    seeded(3000),
  );
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(enough(50));
});

test('a disabled authenticator neither enrolls anything below the requirement nor lets a user in', () => {
  const terms = fc.record({
    disabled: fc.subarray(keys, { minLength: 1, maxLength: 3 }),
    required: fc.subarray(keys, { maxLength: 2 }),
  });
  const worlds = world({ requirement, enrollments: 4, evidence: 4 });
  const seen = { enroll: 0, allow: 0, challenge: 0 };
  fc.assert(
    fc.property(worlds, terms, (drawn: World, { disabled, required }) => {
      const enrolling = required.filter((key) => !disabled.includes(key));
      const policies = restricted(policiesOf({ session: always(allow(drawn.session)), app: drawn.app }), {
        disabled,
        required: enrolling.map((key) => ({ anyOf: [key] })),
      });
      const facts = factsOf({
        subject: userWith([], { enrollments: drawn.has }),
        evidence: drawn.evidence,
        request: drawn.request,
      });
      const decision = evaluate(policies, facts);
      const usable = (enrollment: { readonly authenticator: string }) =>
        !(disabled as readonly string[]).includes(enrollment.authenticator);
      const maxAge = drawn.request.promptLogin ? 0 : drawn.request.maxAge;
      if (decision.kind === 'enroll') {
        seen.enroll += 1;
        const requirements = [
          plainRequirement(drawn.has),
          { anyOf: [{ factors: 2 as const, demands: [{ authenticators: ['recovery_code'] }], maxAge: 300 }] },
        ];
        expect(requirements.some((alternative) => naivelyMeets(alternative, drawn.evidence, { ...when, maxAge }))).toBe(
          true,
        );
        for (const key of decision.choices) expect(disabled).not.toContain(key);
      }
      if (decision.kind === 'challenge' && !decision.withheld) {
        seen.challenge += 1;
        expect(decision.options.length).toBeGreaterThan(0);
      }
      if (decision.kind !== 'allow') return;
      seen.allow += 1;
      expect(decision.assurance.supportingEvidence.every(usable)).toBe(true);
      for (const one of [drawn.session, drawn.app])
        expect(naivelyMeets(one, drawn.evidence.filter(usable), { ...when, maxAge })).toBe(true);
    }),
    seeded(4000),
  );
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(enough(45));
});
