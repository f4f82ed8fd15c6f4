/** Denials that are withheld until something is proved, and decoys. */

import { describe, expect, test } from '@jest/globals';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import type { DecoyDescriptor, Subject } from '../../../src/core/model/facts.ts';
import type { Policy } from '../../../src/core/model/policy.ts';
import { decoySubject } from '../../../src/core/step/decoy.ts';
import {
  allow,
  always,
  descriptor,
  factors,
  factsOf,
  type PolicyParts,
  policiesOf,
  proof,
  userWith,
} from '../support/fixtures.ts';

const staffDenied: Policy = {
  name: 'tested',
  rules: [
    { name: 'staff', when: { groups: { any: ['staff'] } }, then: { kind: 'deny' } },
    { name: 'all', when: {}, then: allow(factors(2)) },
  ],
};
const needsKey = factors(1, { demands: [{ characteristics: ['phishingResistant'] }] });
const withoutKeys = ['password', 'totp'] as const;

/** Denials that reveal something about the user, and the reason that is withheld. */
const distinguishingDenies: readonly [string, PolicyParts, Partial<Subject>, object][] = [
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
  ['nothing that can meet the requirement', { app: needsKey, enabled: withoutKeys }, {}, { reason: 'unsatisfiable' }],
];

describe.each(distinguishingDenies)('%s', (_, policies, more, withheld) => {
  const subject = userWith(['password', 'totp'], more);

  test('is withheld from a user who has only identified', () => {
    const decision = evaluate(policiesOf(policies), factsOf({ subject }));
    expect(decision).toMatchObject({ kind: 'challenge', withheld });
    expect(decision).toMatchObject({ options: [{ authenticator: 'password' }, { authenticator: 'totp' }] });
  });

  test('is shown after the first proof of any age', () => {
    const evidence = [proof('password', 1_000_000)];
    expect(evaluate(policiesOf(policies), factsOf({ subject, evidence }))).toMatchObject({ kind: 'deny', ...withheld });
  });

  test('is shown after a proof that is too old for the request', () => {
    const facts = factsOf({ subject, evidence: [proof('password', 500)], request: { maxAge: 60 } });
    expect(evaluate(policiesOf(policies), facts)).toMatchObject({ kind: 'deny', ...withheld });
  });

  test.each([
    ['of another user', { subject: 'bob' }],
    ['of an enrollment that is gone', { enrollment: 'gone' }],
    ['of a recovery', { origin: 'recovery' as const }],
  ])('is kept back with evidence %s', (_name, wrong) => {
    const evidence = [proof('password', 'now', wrong)];
    expect(evaluate(policiesOf(policies), factsOf({ subject, evidence }))).toMatchObject({
      kind: 'challenge',
      withheld,
    });
  });
});

describe('a denial that reveals nothing about the user is shown at once', () => {
  const closed = always({ kind: 'deny' });
  test.each<[string, PolicyParts, Partial<Subject>]>([
    ['by the app', { app: closed }, {}],
    ['by the session policy', { session: closed }, {}],
    ['by the app, to a suspended account', { app: closed }, { status: 'suspended' }],
    [
      'by the app, after a revealing one of the session policy',
      { session: staffDenied, app: closed },
      { groups: ['staff'] },
    ],
  ])('%s', (_, policies, more) => {
    const decision = evaluate(policiesOf(policies), factsOf({ subject: userWith(['password'], more) }));
    expect(decision).toMatchObject({ kind: 'deny', reason: 'rule', rule: 'everybody' });
  });
});

test('a suspended account is asked for exactly what an active one is asked for', () => {
  for (const app of [factors(1), factors(2), needsKey]) {
    const ask = (status: Subject['status']) =>
      evaluate(policiesOf({ app }), factsOf({ subject: userWith(['password', 'totp', 'webauthn'], { status }) }));
    const {
      withheld: _,
      trace: __,
      ...suspended
    } = ask('suspended') as Extract<ReturnType<typeof ask>, { kind: 'challenge' }>;
    const { trace: ___, ...active } = ask('active');
    expect(suspended).toEqual(active);
  }
});

test('a user without enrollments is asked for a password that does not exist', () => {
  const none = [{ authenticator: 'password', enrollments: ['none'] }];
  expect(evaluate(policiesOf(), factsOf({ subject: userWith([]) }))).toMatchObject({
    kind: 'challenge',
    options: none,
  });
  expect(
    evaluate(policiesOf({ enabled: ['totp', 'password'] }), factsOf({ subject: userWith(['email']) })),
  ).toMatchObject({ kind: 'challenge', options: none });
});

test('a user without enrollments is asked for the first authenticator where there are no passwords', () => {
  const options = [{ authenticator: 'webauthn', enrollments: ['none'] }];
  expect(evaluate(policiesOf({ enabled: ['webauthn'] }), factsOf({ subject: userWith([]) }))).toMatchObject({
    kind: 'challenge',
    options,
  });
});

describe('a decoy', () => {
  const all = Object.values(descriptor);
  const decoy = (entropy: number, identifierKind?: 'address' | 'number') =>
    decoySubject({ id: 'decoy-1', entropy, ...(identifierKind && { identifierKind }) }, all);
  const keysOf = ({ enrollments }: Subject) => enrollments.map(({ authenticator }) => authenticator);
  /** The first decoy that has exactly these. */
  const decoyWith = (...keys: readonly string[]): Subject => {
    const found = Array.from({ length: 4096 }, (_, entropy) => decoy(entropy)).find(
      (candidate) => keysOf(candidate).join() === keys.join(),
    );
    if (!found) throw new Error(`no decoy has ${keys.join()}`);
    return found;
  };
  const [bare, withTotp] = [decoyWith('password'), decoyWith('password', 'totp')];

  test('is the same for the same identifier', () => {
    expect(decoy(0xdeadbeef)).toEqual(decoy(0xdeadbeef));
  });

  // Consecutive numbers are the worst case: real entropy comes from a keyed hash and is spread already.
  describe.each([
    ['one after another', (at: number) => at],
    ['far apart', (at: number) => (at * 2_654_435_761) % 2 ** 32],
    ['with only the highest bits set', (at: number) => at * 2 ** 20],
  ])('for entropies %s', (_, entropyOf) => {
    const many = (kind?: 'address' | 'number') =>
      Array.from({ length: 4096 }, (_item, at) => keysOf(decoy(entropyOf(at), kind)));
    const shareOf = (keys: readonly (readonly string[])[], ...wanted: readonly string[]) =>
      keys.filter((owned) => wanted.every((key) => owned.includes(key))).length / keys.length;
    const [others, addresses, numbers] = [many(), many('address'), many('number')];

    test.each(all.map(({ key, ...rest }) => [key, 'decoys' in rest ? rest.decoys : undefined] as const))(
      'has %s as often as its descriptor says',
      (key, decoys: DecoyDescriptor | undefined) => {
        const share = decoys?.share ?? 0;
        expect(Math.abs(shareOf(others, key) - share)).toBeLessThan(0.05);
        expect(Math.abs(shareOf(addresses, key) - (decoys?.shareOfAddresses ?? share))).toBeLessThan(0.05);
        expect(Math.abs(shareOf(numbers, key) - (decoys?.shareOfNumbers ?? share))).toBeLessThan(0.05);
      },
    );

    test('has each authenticator independently of the others', () => {
      expect(Math.abs(shareOf(others, 'totp', 'phone') - 1 / 4)).toBeLessThan(0.05);
      expect(Math.abs(shareOf(others, 'totp', 'webauthn') - 1 / 8)).toBeLessThan(0.05);
    });
  });

  test('has the characteristics that most real users have', () => {
    const key = decoyWith('password', 'webauthn').enrollments.find(({ authenticator }) => authenticator === 'webauthn');
    expect(key?.characteristics).toEqual(descriptor.webauthn.decoys.characteristics);
    expect(key?.factors).toEqual(descriptor.webauthn.factors);
  });

  test.each([
    ['one factor', factors(1)],
    ['two factors', factors(2)],
    ['a key', needsKey],
  ])('is asked for the same as a real user: %s', (_, app) => {
    const ask = (subject: Subject) => {
      const decision = evaluate(policiesOf({ app }), factsOf({ subject }));
      return decision.kind === 'challenge' ? decision.options.map(({ authenticator }) => authenticator) : decision.kind;
    };
    expect(ask(bare)).toEqual(ask(userWith(['password'])));
    expect(ask(withTotp)).toEqual(ask(userWith(['password', 'totp'])));
  });

  test('without a usable enrollment is still asked for a proof', () => {
    expect(evaluate(policiesOf({ enabled: ['webauthn'] }), factsOf({ subject: withTotp })).kind).toBe('challenge');
  });
});
