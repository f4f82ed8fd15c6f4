import { describe, expect, test } from '@jest/globals';
import { decoySubject } from '../../src/core/decoy.ts';
import { evaluate } from '../../src/core/evaluate.ts';
import type { Policy, Subject } from '../../src/core/model.ts';
import { allow, always, factors, factsOf, type PoliciesGiven, person, policiesOf, proof } from './support/world.ts';

const staffDenied: Policy = {
  name: 'tested',
  rules: [
    { name: 'staff', when: { groups: { any: ['staff'] } }, then: { kind: 'deny' } },
    { name: 'all', when: {}, then: allow(factors(2)) },
  ],
};
const needsKey = factors(1, { demands: [{ characteristics: ['phishingResistant'] }] });
const withoutKeys = ['password', 'totp'] as const;

/** A deny that tells something about the person, and the reason that is kept back. */
const tellingDenies: readonly [string, PoliciesGiven, Partial<Subject>, object][] = [
  ['a rule of the app', { app: staffDenied }, { groups: ['staff'] }, { reason: 'rule', layer: 'app', rule: 'staff' }],
  [
    'a rule of the session policy',
    { session: staffDenied },
    { groups: ['staff'] },
    { reason: 'rule', layer: 'session', rule: 'staff' },
  ],
  [
    'no rule',
    { app: { name: 'x', rules: [{ name: 'hr', when: { groups: { any: ['hr'] } }, then: allow(factors(1)) }] } },
    {},
    { reason: 'no_rule', layer: 'app' },
  ],
  ['a suspended account', {}, { status: 'suspended' }, { reason: 'account_inactive' }],
  ['a deactivated account', { app: factors(2) }, { status: 'deactivated' }, { reason: 'account_inactive' }],
  ['nothing that can do', { app: needsKey, enabled: withoutKeys }, {}, { reason: 'unsatisfiable' }],
];

describe.each(tellingDenies)('%s', (_, policies, more, withheld) => {
  const subject = person(['password', 'totp'], more);

  test('is kept back from somebody who has only identified', () => {
    const decision = evaluate(policiesOf(policies), factsOf({ subject }));
    expect(decision).toMatchObject({ kind: 'challenge', withheld });
    expect(decision).toMatchObject({ options: [{ authenticator: 'password' }, { authenticator: 'totp' }] });
  });

  test('is told after the first proof, however old', () => {
    const evidence = [proof('password', 1_000_000)];
    expect(evaluate(policiesOf(policies), factsOf({ subject, evidence }))).toMatchObject({ kind: 'deny', ...withheld });
  });

  test('is told after a proof that is too old for the request', () => {
    const given = factsOf({ subject, evidence: [proof('password', 500)], request: { maxAge: 60 } });
    expect(evaluate(policiesOf(policies), given)).toMatchObject({ kind: 'deny', ...withheld });
  });

  test.each([
    ['of somebody else', { subject: 'bob' }],
    ['of an enrollment that is gone', { enrollment: 'gone' }],
    ['of a recovery', { origin: 'recovery' as const }],
  ])('is kept back with evidence %s', (_name, wrong) => {
    const evidence = [proof('password', 'here', wrong)];
    expect(evaluate(policiesOf(policies), factsOf({ subject, evidence }))).toMatchObject({
      kind: 'challenge',
      withheld,
    });
  });
});

describe('a deny that tells nothing about the person is told at once', () => {
  const closed = always({ kind: 'deny' });
  test.each<[string, PoliciesGiven, Partial<Subject>]>([
    ['by the app', { app: closed }, {}],
    ['by the session policy', { session: closed }, {}],
    ['by the app, to a suspended account', { app: closed }, { status: 'suspended' }],
    [
      'by the app, after a telling one of the session policy',
      { session: staffDenied, app: closed },
      { groups: ['staff'] },
    ],
  ])('%s', (_, policies, more) => {
    const decision = evaluate(policiesOf(policies), factsOf({ subject: person(['password'], more) }));
    expect(decision).toMatchObject({ kind: 'deny', reason: 'rule', rule: 'everybody' });
  });
});

test('a suspended account is asked for exactly what an active one is asked for', () => {
  for (const app of [factors(1), factors(2), needsKey]) {
    const ask = (status: Subject['status']) =>
      evaluate(policiesOf({ app }), factsOf({ subject: person(['password', 'totp', 'webauthn'], { status }) }));
    const {
      withheld: _,
      trace: __,
      ...suspended
    } = ask('suspended') as Extract<ReturnType<typeof ask>, { kind: 'challenge' }>;
    const { trace: ___, ...active } = ask('active');
    expect(suspended).toEqual(active);
  }
});

test('somebody without any enrollment is asked for a password that does not exist', () => {
  const none = [{ authenticator: 'password', enrollments: ['none'] }];
  expect(evaluate(policiesOf(), factsOf({ subject: person([]) }))).toMatchObject({ kind: 'challenge', options: none });
  expect(
    evaluate(policiesOf({ enabled: ['totp', 'password'] }), factsOf({ subject: person(['email']) })),
  ).toMatchObject({ kind: 'challenge', options: none });
});

test('where there are no passwords, for the first authenticator that there is', () => {
  const options = [{ authenticator: 'webauthn', enrollments: ['none'] }];
  expect(evaluate(policiesOf({ enabled: ['webauthn'] }), factsOf({ subject: person([]) }))).toMatchObject({
    kind: 'challenge',
    options,
  });
});

describe('a decoy', () => {
  const [bare, withTotp] = [decoySubject('decoy-1', 4), decoySubject('decoy-1', 7)];

  test('is the same for the same identifier, and has an authenticator app, or a phone, half of the time', () => {
    expect(decoySubject('decoy-1', 4)).toEqual(bare);
    const all = Array.from({ length: 128 }, (_, entropy) => decoySubject('d', entropy));
    const having = (key: string) =>
      all.filter(({ enrollments }) => enrollments.some(({ authenticator }) => authenticator === key));
    expect(having('totp')).toHaveLength(64);
    expect(having('phone')).toHaveLength(64);
    expect(having('phone').filter((one) => having('totp').includes(one))).toHaveLength(32);
  });

  test.each([
    ['one factor', factors(1)],
    ['two factors', factors(2)],
    ['a key', needsKey],
  ])('is asked for the same as somebody real: %s', (_, app) => {
    const ask = (subject: Subject) => {
      const decision = evaluate(policiesOf({ app }), factsOf({ subject }));
      return decision.kind === 'challenge' ? decision.options.map(({ authenticator }) => authenticator) : decision.kind;
    };
    expect(ask(bare)).toEqual(ask(person(['password'])));
    expect(ask(withTotp)).toEqual(ask(person(['password', 'totp'])));
  });

  test('without a usable enrollment is still asked', () => {
    expect(evaluate(policiesOf({ enabled: ['webauthn'] }), factsOf({ subject: withTotp })).kind).toBe('challenge');
  });
});
