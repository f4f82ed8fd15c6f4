/** Which evidence counts, its age, and the evidence that a decision rests on. */

import { describe, expect, test } from '@jest/globals';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import { countedEvidence } from '../../../src/core/evidence/counted-evidence.ts';
import type { Enrollment, Evidence } from '../../../src/core/model/facts.ts';
import type { Requirement } from '../../../src/core/model/policy.ts';
import {
  allow,
  always,
  enrolled,
  factors,
  factsOf,
  fixedNow,
  policiesOf,
  proof,
  silentFacts,
  thisTransaction,
  userWith,
} from '../support/fixtures.ts';

describe('whose evidence counts', () => {
  const ann = userWith(['password', 'totp']);
  const decide = (evidence: readonly Evidence[], enabled?: readonly ['password']) =>
    evaluate(policiesOf(enabled ? { enabled } : {}), factsOf({ subject: ann, evidence })).kind;

  test.each<[string, Partial<Evidence>, string]>([
    ["the user's own", {}, 'allow'],
    ['from an enrollment', { origin: 'enrollment' }, 'allow'],
    ['from an account recovery', { origin: 'recovery' }, 'challenge'],
    ["another user's", { subject: 'bob' }, 'challenge'],
    ['an enrollment that is gone', { enrollment: 'old-totp' }, 'challenge'],
    ['an enrollment of another authenticator', { enrollment: 'password' }, 'challenge'],
    ['a minute of clock skew', { at: fixedNow + 60 }, 'allow'],
    ['from the future', { at: fixedNow + 61 }, 'challenge'],
    ['without a valid time', { at: Number.NaN }, 'challenge'],
    ['from the future, in this transaction', { at: fixedNow + 61, transaction: thisTransaction }, 'challenge'],
  ])('%s: %j gives %s', (_, more, expected) => {
    expect(decide([proof('totp', 5, more)])).toBe(expected);
  });

  test('evidence of a disabled authenticator does not count', () => {
    expect(decide([proof('totp', 'now')], ['password'])).toBe('challenge');
  });

  test('evidence without a transaction does not belong to a sign-in without one', () => {
    const evidence = [proof('password', 5, { transaction: undefined as unknown as string })];
    const decision = evaluate(policiesOf(), silentFacts({ subject: ann, evidence, request: { maxAge: 0 } }));
    expect(decision.kind).toBe('challenge');
  });
});

describe('of two equal proofs of one enrollment', () => {
  const ann = userWith(['password', 'totp']);
  const agesOf = (...evidence: readonly Evidence[]) =>
    countedEvidence(ann, policiesOf(), factsOf({ subject: ann, evidence })).map(({ age }) => age);
  const earlier = (age: number) => proof('totp', age, { transaction: `tx-${age}` });

  test('the newer one counts', () => {
    expect(agesOf(earlier(300), earlier(20))).toEqual([20]);
    expect(agesOf(earlier(20), earlier(300))).toEqual([20]);
  });

  test('one of this transaction counts', () => {
    expect(agesOf(earlier(300), proof('totp', 'now'))).toEqual(['now']);
    expect(agesOf(proof('totp', 'now', { at: fixedNow - 30 }), proof('totp', 'now'))).toEqual(['now']);
  });

  test('both count when the newer one is of another transaction', () => {
    expect(agesOf(proof('totp', 'now', { at: fixedNow - 30 }), earlier(20))).toEqual([20, 'now']);
  });

  test('both count when one shows more than the other, in whatever order', () => {
    const owner = userWith(['webauthn']);
    const [more, less] = [proof('webauthn', 20), { factors: ['possession'] } as const];
    for (const evidence of [
      [{ ...more, ...less }, proof('webauthn', 300)],
      [more, proof('webauthn', 300, less)],
    ])
      expect(countedEvidence(owner, policiesOf(), factsOf({ evidence })).map(({ age }) => age)).toEqual([20, 300]);
  });

  test('both count when they are of two enrollments of one authenticator', () => {
    const [totp] = enrolled('totp');
    const owner = userWith([], { enrollments: [totp, { ...totp, id: 'totp2' }] as readonly Enrollment[] });
    const evidence = [proof('totp', 300), proof('totp', 20, { enrollment: 'totp2' })];
    expect(countedEvidence(owner, policiesOf(), factsOf({ evidence })).map(({ age }) => age)).toEqual([20, 300]);
  });

  test.each<[string, readonly Evidence[]]>([
    ['transactions', ['a', 'b', 'c'].map((transaction) => proof('totp', 20, { transaction, amr: [transaction] }))],
    ['authenticators', [proof('email', 20), proof('password', 20), proof('totp', 20)]],
    ['enrollments', ['a', 'b', 'c'].map((enrollment) => proof('totp', 20, { enrollment }))],
    ['what they show', ['a', 'b', 'c'].map((amr) => proof('totp', 20, { amr: [amr] }))],
  ])('the order is the same in whatever order they come, and of equal time: %s', (_, all) => {
    const [one, two, three] = all as [Evidence, Evidence, Evidence];
    const owner = userWith(['email', 'password', 'totp']);
    const [totp] = enrolled('totp');
    const more = ['a', 'b', 'c'].map((id) => ({ ...totp, id })) as readonly Enrollment[];
    const subject = { ...owner, enrollments: [...owner.enrollments, ...more] };
    for (const given of [
      [one, two, three],
      [one, three, two],
      [two, one, three],
      [two, three, one],
      [three, one, two],
      [three, two, one],
    ])
      expect(
        countedEvidence(subject, policiesOf(), factsOf({ subject, evidence: given })).map(({ evidence }) => evidence),
      ).toEqual([one, two, three]);
  });

  test('both count when they differ in characteristics, amr or enrollment', () => {
    expect(agesOf(earlier(300), { ...earlier(20), amr: ['swk'] })).toEqual([20, 300]);
    expect(agesOf(earlier(300), { ...earlier(20), characteristics: [] })).toEqual([20, 300]);
    expect(agesOf(earlier(300), proof('password', 20))).toEqual([20, 300]);
  });
});

describe('age', () => {
  const inAlternative = (maxAge: number): Requirement => factors(1, { maxAge });
  const inDemand = (maxAge: number): Requirement => factors(1, { demands: [{ factor: 'knowledge', maxAge }] });
  const inChain = (maxAge: number): Requirement => ({ chains: [[{ authenticators: ['password'], maxAge }]] });

  describe.each([
    ['alternative', inAlternative],
    ['demand', inDemand],
    ['chain', inChain],
  ])('of a %s', (_, requirement) => {
    test.each<[number, number | 'now', string]>([
      [60, 59, 'allow'],
      [60, 60, 'allow'],
      [60, 61, 'challenge'],
      [60, 'now', 'allow'],
      [5, 'now', 'allow'],
      [0, 0, 'challenge'],
      [0, 1, 'challenge'],
      [0, 'now', 'allow'],
      [-1, 0, 'challenge'],
      [Number.NaN, 0, 'challenge'],
    ])('max age %d, proved %s: %s', (maxAge, age, expected) => {
      const facts = factsOf({ subject: userWith(['password']), evidence: [proof('password', age)] });
      expect(evaluate(policiesOf({ app: requirement(maxAge) }), facts).kind).toBe(expected);
    });
  });

  test('each demand has its own age: only proofs that are too old are asked for again', () => {
    const app = factors(2, {
      demands: [
        { factor: 'knowledge', maxAge: 43_200 },
        { factor: 'possession', maxAge: 3600 },
      ],
    });
    const decide = (password: number, totp: number) =>
      evaluate(
        policiesOf({ app }),
        factsOf({
          subject: userWith(['password', 'totp']),
          evidence: [proof('password', password), proof('totp', totp)],
        }),
      );
    expect(decide(43_200, 3600).kind).toBe('allow');
    expect(decide(43_200, 3601)).toMatchObject({ kind: 'challenge', options: [{ authenticator: 'totp' }] });
    expect(decide(43_201, 3600)).toMatchObject({ kind: 'challenge', options: [{ authenticator: 'password' }] });
  });

  test('a factor that is too old for the alternative does not count', () => {
    const app = factors(2, { maxAge: 600 });
    const facts = factsOf({
      subject: userWith(['password', 'totp']),
      evidence: [proof('password', 601), proof('totp', 5)],
    });
    expect(evaluate(policiesOf({ app }), facts)).toMatchObject({
      kind: 'challenge',
      options: [{ authenticator: 'password' }],
    });
  });

  test('the absolute lifetime of the session bounds all evidence', () => {
    const session = always(allow(factors(1), { idle: 600, absolute: 3600 }));
    const decide = (age: number | 'now') =>
      evaluate(
        policiesOf({ session }),
        factsOf({ subject: userWith(['password']), evidence: [proof('password', age)] }),
      ).kind;
    expect([decide(3600), decide(3601), decide('now')]).toEqual(['allow', 'challenge', 'allow']);
  });

  test.each<[number, number]>([
    [3600, 60],
    [60, 3600],
  ])('the stricter of session (%d) and request (%d) counts', (absolute, maxAge) => {
    const session = always(allow(factors(1), { idle: 600, absolute }));
    const decide = (age: number) =>
      evaluate(
        policiesOf({ session }),
        factsOf({ subject: userWith(['password']), evidence: [proof('password', age)], request: { maxAge } }),
      ).kind;
    expect([decide(60), decide(61)]).toEqual(['allow', 'challenge']);
  });

  test('without a transaction no evidence is of this transaction', () => {
    const evidence = [proof('password', 'now')];
    expect(
      evaluate(policiesOf({ app: inAlternative(0) }), silentFacts({ subject: userWith(['password']), evidence })).kind,
    ).toBe('challenge');
  });
});

describe('the supporting evidence', () => {
  const both = userWith(['password', 'totp', 'email']);
  const assurance = (app: Requirement, evidence: readonly Evidence[], other: Parameters<typeof factsOf>[0] = {}) => {
    const decision = evaluate(policiesOf({ app }), factsOf({ subject: both, evidence, ...other }));
    if (decision.kind !== 'allow') throw new Error(decision.kind);
    return decision.assurance;
  };
  const of = (transaction: string) => ({ transaction });

  test('auth_time is the time of the oldest', () => {
    expect(assurance(factors(2), [proof('password', 500), proof('totp', 20)]).authTime).toBe(fixedNow - 500);
  });

  test('it is the newest evidence that meets the requirement', () => {
    const found = assurance(factors(1), [proof('password', 500, of('a')), proof('totp', 20, of('b'))]);
    expect(found).toMatchObject({ authTime: fixedNow - 20, amr: ['otp'], acr: '1fa' });
  });

  test('of two proofs of one enrollment it is the newer', () => {
    const found = assurance(factors(2), [
      proof('password', 500, of('a')),
      proof('totp', 400, of('b')),
      proof('password', 300, of('c')),
    ]);
    expect(found).toMatchObject({ authTime: fixedNow - 400, amr: ['mfa', 'otp', 'pwd'] });
    expect(found.supportingEvidence).toHaveLength(2);
  });

  test('a lesser proof from the same enrollment does not outdate a fuller one', () => {
    const lesser = proof('webauthn', 100, { factors: ['possession'], transaction: 'b' });
    const found = evaluate(
      policiesOf({ app: factors(2) }),
      factsOf({ subject: userWith(['webauthn']), evidence: [proof('webauthn', 500), lesser] }),
    );
    expect(found).toMatchObject({ kind: 'allow', assurance: { authTime: fixedNow - 500 } });
  });

  test('evidence of another event that no rule asks for is left out', () => {
    const password = factors(1, { demands: [{ authenticators: ['password'] }] });
    const found = assurance(password, [proof('password', 500, of('a')), proof('totp', 20, of('b'))]);
    expect(found).toMatchObject({ authTime: fixedNow - 500, amr: ['pwd'] });
  });

  test('of two that would do it is the newer', () => {
    const evidence = [proof('password', 500, of('a')), proof('email', 400, of('b')), proof('totp', 20, of('c'))];
    expect(assurance(factors(2), evidence)).toMatchObject({ authTime: fixedNow - 500, amr: ['mfa', 'otp', 'pwd'] });
  });

  test('a sign-in is one event: a one-factor app sees both factors that were proved in it', () => {
    const found = assurance(factors(1), [proof('password', 500, of('a')), proof('totp', 480, of('a'))]);
    expect(found).toMatchObject({ authTime: fixedNow - 500, amr: ['mfa', 'otp', 'pwd'], acr: '2fa' });
  });

  test('evidence that is too old for the request does not belong to the event', () => {
    const evidence = [proof('password', 500, of('a')), proof('totp', 480, of('a'))];
    const found = assurance(factors(1), evidence, { request: { maxAge: 490 } });
    expect(found).toMatchObject({ authTime: fixedNow - 480, amr: ['otp'], acr: '1fa' });
  });

  test('amr never takes mfa from an authenticator', () => {
    expect(assurance(factors(1), [proof('totp', 20, { amr: ['otp', 'mfa'] })]).amr).toEqual(['otp']);
  });
});
