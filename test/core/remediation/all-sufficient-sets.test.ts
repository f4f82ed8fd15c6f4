/** All minimal sufficient sets, against trying every set. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { askedInAll } from '../../../src/core/analysis/simulation/asked-in-all.ts';
import { requiredOf } from '../../../src/core/decision/required-evidence.ts';
import { type AssessedEvidence, meetsAll } from '../../../src/core/evidence/requirement.ts';
import type { Enrollment, Evidence, Factor } from '../../../src/core/model/facts.ts';
import type { Requirement } from '../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../src/core/policy/rules/compile.ts';
import {
  type Action,
  allSufficientEvidence,
  setsOfActions,
} from '../../../src/core/remediation/all-sufficient-sets.ts';
import { provable } from '../../../src/core/remediation/capabilities.ts';
import { requirement } from '../support/arbitraries.ts';
import {
  descriptor,
  enrollmentTerms,
  factors,
  factsOf,
  type Key,
  policiesOf,
  proof,
  userWith,
} from '../support/fixtures.ts';
import { subsets } from '../support/naive-evaluator.ts';
import { seeded } from '../support/seeded.ts';

const keys = Object.keys(descriptor) as Key[];
const names = (sets: readonly (readonly Action[])[]) =>
  sets.map((set) => set.map(({ authenticator, method }) => (method ? `${authenticator}.${method}` : authenticator)));

/** One for each method where the requirement tells them apart. */
function byName(shown: AssessedEvidence, app: Requirement): readonly { name: string; proof: AssessedEvidence }[] {
  const { authenticator, methods } = shown;
  if (!methods || !JSON.stringify(app).includes(`"${authenticator}.`)) return [{ name: authenticator, proof: shown }];
  return methods.map((method) => ({ name: `${authenticator}.${method}`, proof: { ...shown, methods: [method] } }));
}

function setsOf(app: ReturnType<typeof factors>, has: readonly Key[]): readonly (readonly string[])[] {
  const subject = userWith(has);
  return names(askedInAll(policiesOf({ app }), factsOf({ subject }))?.proofs.sets ?? []);
}

describe('everything that is asked for', () => {
  test('two factors: one passkey, or the password with one of the others', () => {
    expect(setsOf(factors(2), ['password', 'totp', 'phone', 'webauthn'])).toEqual([
      ['webauthn'],
      ['password', 'phone'],
      ['password', 'totp'],
    ]);
  });

  test('one factor: each alone, whatever the first page asks for', () => {
    expect(setsOf(factors(1), ['password', 'email', 'webauthn'])).toEqual([['password'], ['email'], ['webauthn']]);
  });

  test('a chain of two of one kind takes both', () => {
    const subject = userWith(['password', 'totp']);
    const [first, totp] = subject.enrollments;
    const twice = {
      ...subject,
      enrollments: [first, totp, { ...totp, id: 'other' }].flatMap((each) => each ?? []),
    };
    const app = { chains: [[{ authenticators: ['totp'] }, { authenticators: ['totp'] }]] };
    const asked = askedInAll(policiesOf({ app }), factsOf({ subject: twice as typeof subject }));
    expect(names(asked?.proofs.sets ?? [])).toEqual([['totp', 'totp']]);
  });

  test('a user without a second factor proves the first and enrolls one', () => {
    const app = factors(2);
    const asked = askedInAll(policiesOf({ app }), factsOf({ subject: userWith(['password']) }));
    expect(asked?.proofs.sets).toContainEqual([
      { authenticator: 'password' },
      { authenticator: 'totp', toEnroll: true },
    ]);
    expect(asked?.ways.map(({ after }) => after.map(({ kind }) => kind))).toEqual([['complete']]);
  });

  test('proved authenticators are not asked for again', () => {
    const facts = factsOf({ subject: userWith(['password', 'totp', 'phone']), evidence: [proof('password', 'now')] });
    expect(names(askedInAll(policiesOf({ app: factors(2) }), facts)?.proofs.sets ?? [])).toEqual([['phone'], ['totp']]);
  });

  test('what an enrollment takes is asked for with it', () => {
    const app = factors(1, { demands: [{ authenticators: ['webauthn'] }] });
    const asked = askedInAll(policiesOf({ app }), factsOf({ subject: userWith(['password', 'phone']) }));
    expect(asked?.proofs.sets).toEqual([
      [{ authenticator: 'password' }, { authenticator: 'phone' }, { authenticator: 'webauthn', toEnroll: true }],
    ]);
  });

  const enrollment = (...required: readonly (readonly string[])[]) => {
    const then = enrollmentTerms({ required: required.map((anyOf) => ({ anyOf })) });
    return { enrollment: compilePolicy({ name: 'enrollment', rules: [{ name: 'all', when: {}, then }] }) };
  };

  test('of what could be enrolled only what the page offers', () => {
    const facts = factsOf({ subject: userWith(['password']) });
    const toEnroll = (policies: PolicySet) =>
      askedInAll(policies, facts)?.proofs.sets.map((set) => set.filter((action) => action.toEnroll));
    const app = factors(2);
    const [phone, totp] = (['phone', 'totp'] as const).map((authenticator) => [{ authenticator, toEnroll: true }]);
    expect(toEnroll({ ...policiesOf({ app }), ...enrollment(['totp', 'phone']) })).toEqual([phone, totp]);
    expect(toEnroll({ ...policiesOf({ app }), ...enrollment(['totp']) })).toEqual([totp]);
    // The phone is asked for only after that.
    expect(toEnroll({ ...policiesOf({ app }), ...enrollment(['totp'], ['phone']) })).toEqual([totp]);
    expect(askedInAll(policiesOf({ app }), facts)?.proofs.isComplete).toBe(true);
  });

  test('what comes after the proofs follows in order', () => {
    const policies: PolicySet = {
      ...policiesOf({ app: factors(2) }),
      ...enrollment(['webauthn']),
      profile: compilePolicy({
        name: 'profile',
        rules: [{ name: 'all', when: {}, then: { required: ['name'], optional: [], terms: [] } }],
      }),
    };
    const subject = userWith(['password', 'totp']);
    const kinds = (evidence: readonly Evidence[]) => {
      const asked = askedInAll(policies, factsOf({ subject, evidence }));
      return [names(asked?.proofs.sets ?? []), asked?.ways.map(({ after: steps }) => steps.map(({ kind }) => kind))];
    };
    const after = [['enroll', 'profile', 'complete']];
    expect(kinds([])).toEqual([[['password', 'totp']], after]);
    // The session is enough to go on, and an enrollment takes one proof of now.
    expect(kinds([proof('password', 60), proof('totp', 60)])).toEqual([[['password'], ['totp']], after]);
  });

  test('a user who has not identified, or is denied after the proofs, is asked for nothing', () => {
    const app = factors(1);
    expect(askedInAll(policiesOf({ app }), factsOf())).toBeUndefined();
    const forbidding = { ...policiesOf({ app, enabled: ['password'] }), ...enrollment(['totp']) };
    expect(askedInAll(forbidding, factsOf({ subject: userWith(['password']) }))).toBeUndefined();
  });

  test('a user who does not get in is asked for nothing', () => {
    const app = factors(1, { demands: [{ authenticators: ['email'] }] });
    expect(askedInAll(policiesOf({ app }), factsOf({ subject: userWith(['password']) }))).toBeUndefined();
  });
});

describe('minimal sets', () => {
  type Own = Pick<Enrollment, 'authenticator' | 'factors'> & Partial<Enrollment>;
  const [k, p]: readonly Factor[] = ['knowledge', 'possession'];
  const one = (authenticator: string, ...own: readonly (Factor | undefined)[]): Own => ({
    authenticator,
    factors: own.flatMap((factor) => factor ?? []),
  });
  const asked = (...proofs: readonly string[]) => ({
    factors: 1 as const,
    demands: proofs.map((name) => ({ authenticators: [name] })),
  });
  const found = (anyOf: readonly Requirement[], own: readonly Own[]) => {
    const enrollments = own.map((each, at): Enrollment => ({ id: String(at), characteristics: [], ...each }));
    const capabilities = {
      ...{ evidence: [], enrollments, policies: policiesOf() },
      accountManagement: { evidence: [], enrollments: [], authenticators: [] },
    };
    const { sets, isComplete } = setsOfActions(allSufficientEvidence([{ layer: 'app', anyOf }], capabilities));
    return isComplete ? names(sets) : 'incomplete';
  };

  test.each<[string, readonly Requirement[], readonly Own[], readonly (readonly string[])[]]>([
    ['are as large as the factors ask for', [factors(2)], [one('a', k), one('b', p)], [['a', 'b']]],
    [
      'of different sizes may share a proof',
      [{ anyOf: [asked('a', 'b'), asked('a', 'c', 'd')] }],
      ['a', 'b', 'c', 'd'].map((name) => one(name, p)),
      [
        ['a', 'b'],
        ['a', 'c', 'd'],
      ],
    ],
    ['take the better one of two of a kind', [factors(2)], [one('a', k, p), one('a', p), one('b', k)], [['a']]],
    [
      'take as many of a kind as a chain does, also where something else would do',
      [{ chains: [[{ authenticators: ['a'] }, { authenticators: ['a'] }]] }, { anyOf: [asked('b')] }],
      [one('a', p), one('a', p), one('b', k)],
      [['b'], ['a', 'a']],
    ],
    [
      'of two of a kind are none of one of it',
      [
        {
          chains: [
            [{ authenticators: ['a'] }, { authenticators: ['a'] }],
            [{ authenticators: ['a'] }, { authenticators: ['b'] }],
          ],
        },
      ],
      [one('a', p), one('a', p), one('b', k)],
      [
        ['a', 'a'],
        ['a', 'b'],
      ],
    ],
    [
      'tell methods apart',
      [{ anyOf: [asked('a.x'), asked('a.y', 'b')] }],
      [{ ...one('a', p), methods: ['x', 'y'] }, one('b', k)],
      [['a.x'], ['a.y', 'b']],
    ],
  ])('%s', (_, anyOf, own, expected) => {
    expect(found(anyOf, own)).toEqual(expected);
  });

  const many = (count: number, ...own: readonly Factor[]) =>
    Array.from({ length: count }, (_, at) => one(`a${at}`, ...own));

  test('are looked for 20,000 times', () => {
    expect(found([factors(1)], many(20_000))).toEqual([]);
    expect(found([factors(1)], many(20_001))).toBe('incomplete');
  });

  test('are not searched among equal authenticators, nor where less is enough', () => {
    const alike = Array.from({ length: 300 }, () => one('a', 'possession'));
    expect(found([factors(2)], alike)).toEqual([]);
    expect(found([factors(2)], [...many(199, 'possession'), one('b', k, p)])).toEqual([['b']]);
  });
});

test('all of them, and no others', () => {
  fc.assert(
    fc.property(requirement, fc.subarray(keys, { minLength: 1 }), (app, has) => {
      const policies = policiesOf({ app });
      const subject = userWith(has);
      const { requirements, capabilities } = requiredOf(policies, factsOf({ subject }), subject);
      const proofs = provable(capabilities).flatMap((evidence) => byName(evidence, app));
      const suffices = (some: readonly string[]) =>
        meetsAll(
          requirements,
          proofs.flatMap(({ name, proof: shown }) => (some.includes(name) ? [shown] : [])),
        );
      const sufficient = subsets(proofs.map(({ name }) => name)).filter(suffices);
      const minimal = sufficient.filter((set) => set.every((key) => !suffices(set.filter((other) => other !== key))));
      fc.pre(minimal.length > 0);
      const { sets, isComplete } = setsOfActions(allSufficientEvidence(requirements, capabilities));
      const plain = (all: readonly (readonly string[])[]) => all.map((set) => set.toSorted().join()).toSorted();
      expect(isComplete).toBe(true);
      expect(plain(names(sets))).toEqual(plain(minimal));
    }),
    seeded(300),
  );
});
