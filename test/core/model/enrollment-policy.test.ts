/** The enrollment policy: required, optional, promoted and disabled authenticators. */

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { simulate } from '../../../src/core/analysis/simulation/simulate.ts';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import type { Decision } from '../../../src/core/model/decision.ts';
import { oneDay } from '../../../src/core/model/durations.ts';
import type { EnrollmentRule, EnrollmentTerms } from '../../../src/core/model/enrollment-policy.ts';
import type { Evidence, Skips } from '../../../src/core/model/facts.ts';
import { compilePolicy, type PolicySet } from '../../../src/core/policy/rules/compile.ts';
import { identifierPageSecret } from '../../../src/core/queries/identifier-page-secret.ts';
import { evidenceOf, requirement, world } from '../support/arbitraries.ts';
import {
  allow,
  always,
  descriptor,
  enrollmentTerms,
  factors,
  factsOf,
  fixedNow,
  type Key,
  policiesOf,
  proof,
  silentFacts,
  thisTransaction,
  userWith,
} from '../support/fixtures.ts';
import { enough, seeded } from '../support/seeded.ts';

function rule(terms: Partial<EnrollmentTerms>, when: EnrollmentRule['when'] = {}): EnrollmentRule {
  return { name: 'first', when, then: enrollmentTerms(terms) };
}

function withEnrollment(policies: PolicySet, ...rules: readonly EnrollmentRule[]): PolicySet {
  return { ...policies, enrollment: compilePolicy({ name: 'enrollment', rules }) };
}

interface Setup {
  readonly has?: readonly Key[];
  readonly evidence?: readonly Evidence[];
  readonly skipped?: Readonly<Record<string, Skips>>;
  readonly skippedHere?: readonly string[];
  readonly requestedEnrollment?: string;
  readonly silent?: true;
}

function decide(terms: Partial<EnrollmentTerms>, setup: Setup = {}, policies = policiesOf()): Decision {
  const {
    has = ['password'],
    evidence = [proof('password', 'now')],
    skipped,
    skippedHere,
    requestedEnrollment,
    silent,
  } = setup;
  const facts = { subject: userWith(has, skipped ? { skipped } : {}), evidence };
  const transaction = {
    id: thisTransaction,
    startedAt: fixedNow - 60,
    ...(skippedHere && { skipped: skippedHere }),
    ...(requestedEnrollment && { requestedEnrollment }),
  };
  return evaluate(
    withEnrollment(policies, rule(terms)),
    silent ? silentFacts(facts) : factsOf({ ...facts, transaction }),
  );
}

const totp = { anyOf: ['totp'] } as const;
const inGrace = { required: [{ anyOf: ['totp'], grace: { skips: 3 } }] };
const untilLater = { required: [{ anyOf: ['totp'], grace: { until: fixedNow + 1 } }] };
const promoted = { promoted: [{ authenticator: 'webauthn', cooldown: 30 * oneDay, skips: 2 }] };
const reasons = ['grace', 'optional', 'promotion'] as const;
/** Skips for these reasons. */
const skippedFor = (why: readonly (keyof Skips)[], count: number, at = fixedNow) => {
  const skips: Skips = Object.fromEntries(why.map((reason) => [reason, { count, at }]));
  return { totp: skips, webauthn: skips };
};
const skippedBefore = (count: number, at = fixedNow) => skippedFor(reasons, count, at);

describe('the enrollment policy asks for', () => {
  test.each<[string, Partial<EnrollmentTerms>, Setup, object]>([
    ['nothing', {}, {}, { kind: 'allow' }],
    ['a required enrollment that is missing', { required: [totp] }, {}, { kind: 'enroll', choices: ['totp'] }],
    [
      'one of several',
      { required: [{ anyOf: ['webauthn', 'totp'] }] },
      {},
      { kind: 'enroll', choices: ['webauthn', 'totp'] },
    ],
    [
      'nothing when the required enrollment exists',
      { required: [totp] },
      { has: ['password', 'totp'] },
      { kind: 'allow' },
    ],
    [
      'nothing when one of several exists',
      { required: [{ anyOf: ['webauthn', 'totp'] }] },
      { has: ['password', 'totp'] },
      { kind: 'allow' },
    ],
    [
      'a required enrollment, which stops single sign-on',
      { required: [totp] },
      { silent: true, evidence: [proof('password', 60)] },
      { kind: 'enroll' },
    ],
    [
      'a proof for the account-management requirement first',
      { required: [{ anyOf: ['webauthn'] }] },
      { has: ['password', 'totp'] },
      { kind: 'challenge', options: [{ authenticator: 'totp' }], toEnroll: ['webauthn'] },
    ],
    [
      'a fresh proof first',
      { required: [totp] },
      { evidence: [proof('password', 301)] },
      { kind: 'challenge', toEnroll: ['totp'] },
    ],
    [
      'an authenticator that the user cannot enroll',
      { required: [{ anyOf: ['email'] }] },
      {},
      { kind: 'deny', reason: 'unsatisfiable', layer: 'enrollment', rule: 'first' },
    ],
    [
      'an optional enrollment',
      { optional: ['totp', 'webauthn'] },
      {},
      { kind: 'enroll', choices: ['totp', 'webauthn'], skippable: { reason: 'optional' } },
    ],
    [
      'nothing after the optional enrollment was skipped',
      { optional: ['totp'] },
      { skipped: skippedBefore(1) },
      { kind: 'allow' },
    ],
    [
      'nothing when the optional enrollment is skipped',
      { optional: ['totp'] },
      { skippedHere: ['totp'] },
      { kind: 'allow' },
    ],
    [
      'no optional enrollment without an interaction',
      { optional: ['totp'] },
      { silent: true, evidence: [proof('password', 60)] },
      { kind: 'allow' },
    ],
    [
      'an optional enrollment below the account-management requirement, only to choose',
      { optional: ['webauthn'] },
      { has: ['password', 'totp'] },
      { kind: 'enroll', choices: ['webauthn'], skippable: { reason: 'optional' }, proofFirst: true },
    ],
    [
      'a proof for the account-management requirement, once the user has chosen',
      { ...promoted, optional: ['recovery_code'] },
      { has: ['password', 'totp'], requestedEnrollment: 'webauthn' },
      { kind: 'challenge', toEnroll: ['webauthn'], skippable: { reason: 'promotion', authenticators: ['webauthn'] } },
    ],
    [
      'the chosen enrollment, once the requirement is met',
      promoted,
      {
        has: ['password', 'totp'],
        evidence: [proof('password', 'now'), proof('totp', 'now')],
        requestedEnrollment: 'webauthn',
      },
      { kind: 'enroll', choices: ['webauthn'] },
    ],
    [
      'nothing of what is not offered, even if requested',
      promoted,
      { has: ['password', 'totp'], requestedEnrollment: 'email' },
      { kind: 'enroll', choices: ['webauthn'], proofFirst: true },
    ],
    [
      'no optional enrollment below the requirement without an interaction',
      promoted,
      { has: ['password', 'totp'], silent: true, evidence: [proof('password', 60)] },
      { kind: 'allow' },
    ],
    [
      'a required enrollment before an optional one',
      { optional: ['webauthn'], required: [totp] },
      {},
      { kind: 'enroll', choices: ['totp'] },
    ],
    ['a promotion', promoted, {}, { kind: 'enroll', choices: ['webauthn'], skippable: { reason: 'promotion' } }],
    [
      'no promotion during its cooldown',
      promoted,
      { skipped: skippedBefore(1, fixedNow - 30 * oneDay + 1) },
      { kind: 'allow' },
    ],
    [
      'a promotion again after its cooldown',
      promoted,
      { skipped: skippedBefore(1, fixedNow - 30 * oneDay) },
      { kind: 'enroll' },
    ],
    [
      'no promotion after the last skip',
      promoted,
      { skipped: skippedBefore(2, fixedNow - 300 * oneDay) },
      { kind: 'allow' },
    ],
    [
      'a promotion, where the enrollment is optional, too',
      { ...promoted, optional: ['webauthn'] },
      { skipped: skippedBefore(1, fixedNow - 31 * oneDay) },
      { kind: 'enroll', skippable: { reason: 'promotion' } },
    ],
    [
      'an enrollment in grace, with its skips',
      inGrace,
      { skipped: skippedBefore(1) },
      { kind: 'enroll', skippable: { reason: 'grace', authenticators: ['totp'], skipsLeft: 2 } },
    ],
    [
      'all skips of grace after a skipped optional enrollment',
      inGrace,
      { skipped: skippedFor(['optional', 'promotion'], 3) },
      { kind: 'enroll', skippable: { reason: 'grace', skipsLeft: 3 } },
    ],
    [
      'nothing when an enrollment in grace is skipped',
      inGrace,
      { skipped: skippedBefore(3), skippedHere: ['totp'] },
      { kind: 'allow' },
    ],
    [
      'the enrollment after more skips than allowed',
      inGrace,
      { skipped: skippedBefore(4), skippedHere: ['totp'] },
      { kind: 'enroll' },
    ],
    [
      'no enrollment in grace without an interaction',
      inGrace,
      { silent: true, evidence: [proof('password', 60)] },
      { kind: 'allow' },
    ],
    [
      'an enrollment in grace below the account-management requirement, only to choose',
      { required: [{ anyOf: ['webauthn'], grace: { skips: 1 } }] },
      { has: ['password', 'totp'] },
      { kind: 'enroll', choices: ['webauthn'], skippable: { skipsLeft: 1 }, proofFirst: true },
    ],
    [
      'a proof for the requirement in grace, once the user has chosen',
      { required: [{ anyOf: ['webauthn'], grace: { skips: 1 } }] },
      { has: ['password', 'totp'], requestedEnrollment: 'webauthn' },
      { kind: 'challenge', toEnroll: ['webauthn'], skippable: { skipsLeft: 1 } },
    ],
    [
      'all skips of grace after other skips',
      inGrace,
      { skipped: skippedFor(['optional', 'promotion'], 3) },
      { kind: 'enroll', skippable: { reason: 'grace', skipsLeft: 3 } },
    ],
    [
      'an optional enrollment that was skipped for other reasons',
      { optional: ['totp'] },
      { skipped: skippedFor(['grace', 'promotion'], 3) },
      { kind: 'enroll', skippable: { reason: 'optional' } },
    ],
    [
      'a promotion of what was skipped for other reasons',
      promoted,
      { skipped: skippedFor(['grace', 'optional'], 3) },
      { kind: 'enroll', skippable: { reason: 'promotion' } },
    ],
    [
      'an optional enrollment after another one was skipped',
      { optional: ['totp'] },
      { skipped: skippedFor(['optional'], 1) },
      { kind: 'allow' },
    ],
    ['an enrollment in grace until a moment', untilLater, {}, { kind: 'enroll', skippable: { until: fixedNow + 1 } }],
  ])('%s', (_, terms, setup, expected) => {
    expect(decide(terms, setup)).toMatchObject(expected);
  });

  test.each<[string, Partial<EnrollmentTerms>, Setup]>([
    ['so often', inGrace, { skipped: skippedBefore(3) }],
    ['so long', { required: [{ anyOf: ['totp'], grace: { until: fixedNow } }] }, { skippedHere: ['totp'] }],
  ])('grace is over after it was skipped %s', (_, terms, setup) => {
    const decision = decide(terms, setup);
    expect(decision).toMatchObject({ kind: 'enroll', choices: ['totp'] });
    expect(decision).not.toHaveProperty('skippable');
  });

  test('the authenticator that meets the app as well is preferred', () => {
    const policies = policiesOf({ app: factors(2) });
    expect(decide({ required: [{ anyOf: ['webauthn'] }] }, {}, policies)).toMatchObject({ choices: ['webauthn'] });
  });
});

describe('a disabled authenticator', () => {
  test('is neither asked for nor counted', () => {
    const has = ['password', 'totp', 'phone'] as const;
    const evidence = [proof('password', 'now'), proof('totp', 'now')];
    const decision = decide({ disabled: ['totp'] }, { has, evidence }, policiesOf({ app: factors(2) }));
    expect(decision).toMatchObject({ kind: 'challenge', options: [{ authenticator: 'phone' }] });
  });

  test('denies at an app that needs it with that reason, once something is proved', () => {
    const app = factors(2, { demands: [{ authenticators: ['totp'] }] });
    const setup = { has: ['password', 'totp'] } as const;
    expect(decide({ disabled: ['totp'] }, setup, policiesOf({ app }))).toMatchObject({
      kind: 'deny',
      reason: 'enrollment_forbids',
      layer: 'enrollment',
      rule: 'first',
    });
    expect(decide({ disabled: ['totp'] }, { ...setup, evidence: [] }, policiesOf({ app }))).toMatchObject({
      kind: 'challenge',
      options: [{ authenticator: 'password' }],
      withheld: { reason: 'enrollment_forbids' },
    });
  });

  test.each([[['password', 'security_question'] as const], [['password'] as const]])(
    'is asked for first where none is left that can begin a sign-in: %j',
    (has) => {
      const disabled = (Object.keys(descriptor) as Key[]).filter((key) => key !== 'security_question');
      expect(decide({ disabled }, { has, evidence: [] })).toMatchObject({
        kind: 'challenge',
        options: [{ authenticator: 'password', enrollments: ['password'] }],
        withheld: { reason: 'enrollment_forbids' },
      });
    },
  );

  test('is not asked for on the identifier page where a rule may yet disable it', () => {
    const policies = policiesOf();
    const contractors = rule({ disabled: ['password'] }, { groups: { any: ['contractors'] } });
    const rest = { ...rule({}), name: 'rest' };
    expect(identifierPageSecret(withEnrollment(policies, rest), factsOf())).toBe(
      identifierPageSecret(policies, factsOf()),
    );
    const asking = policiesOf({ app: factors(1, { demands: [{ authenticators: ['password'] }] }) });
    expect(identifierPageSecret(withEnrollment(asking, rest), factsOf())).toBe('password');
    expect(identifierPageSecret(withEnrollment(asking, contractors, rest), factsOf())).toBeUndefined();
  });
});

describe('the rule that decides', () => {
  const office = rule({ required: [totp] }, { network: { any: ['office'] }, apps: { none: ['notes'] } });

  test('is undecided before the user has identified, and nothing is restricted', () => {
    const policies = withEnrollment(
      policiesOf(),
      rule({ disabled: ['password'] }, { groups: { any: ['a'] } }),
      rule({}),
    );
    const decision = evaluate(policies, factsOf());
    expect(decision.kind).toBe('identify');
    expect(decision.trace.layers.at(-1)).toMatchObject({ layer: 'enrollment', outcome: 'undecided' });
  });

  test('is in the trace, with whether its terms are met', () => {
    expect(decide({ required: [totp] }).trace.layers.at(-1)).toMatchObject({ decidedBy: 'first', satisfied: false });
    expect(decide(inGrace).trace.layers.at(-1)).toMatchObject({ decidedBy: 'first', satisfied: true });
  });

  test('is simulated with the proof that the enrollment takes', () => {
    const steps = simulate(
      withEnrollment(policiesOf(), rule(promoted)),
      factsOf({ subject: userWith(['password', 'totp']) }),
    );
    expect(steps.slice(-4)).toMatchObject([
      { kind: 'select', options: ['webauthn'], skippable: { reason: 'promotion' } },
      { kind: 'challenge', authenticator: 'totp', skippable: { reason: 'promotion' } },
      { kind: 'enroll', authenticator: 'webauthn' },
      { kind: 'complete' },
    ]);
  });

  test('denies when there is none (Law 4)', () => {
    const facts = factsOf({ subject: userWith(['password']), evidence: [proof('password', 'now')] });
    expect(evaluate(withEnrollment(policiesOf(), office), facts)).toMatchObject({
      reason: 'no_rule',
      layer: 'enrollment',
    });
  });

  test('is simulated with its optional enrollment', () => {
    const steps = simulate(withEnrollment(policiesOf(), rule(inGrace)), factsOf({ subject: userWith(['password']) }));
    expect(steps.at(-2)).toMatchObject({ kind: 'enroll', authenticator: 'totp', skippable: { skipsLeft: 3 } });
  });
});

/** An enrollment that may be skipped comes after all proofs, so it is no worse than `allow`. */
function rank(decision: Decision): number {
  if ('skippable' in decision && decision.skippable) return 2;
  const asksLater = { profile: 2, consent: 2, select_account: 2, keep_account: 2 };
  return { deny: 0, identify: 0, challenge: 1, enroll: 1, ...asksLater, allow: 2 }[decision.kind];
}

test('more evidence never makes a decision worse, and never adds a required enrollment', () => {
  const keys = Object.keys(descriptor) as Key[];
  const some = fc.subarray(keys, { maxLength: 2 });
  const terms = fc.record({
    required: fc.subarray(keys, { minLength: 1, maxLength: 3 }),
    grace: fc.boolean(),
    optional: some,
    disabled: some,
  });
  const worlds = world({ requirement, enrollments: 4, evidence: 3 }).chain((setup) =>
    fc.record({ setup: fc.constant(setup), terms, added: evidenceOf(setup.has) }),
  );
  let requestedEnrollment = 0;
  fc.assert(
    fc.property(worlds, ({ setup, terms: drawn, added }) => {
      const { required, grace, optional, disabled } = drawn;
      const group = { anyOf: required, ...(grace && { grace: { skips: 1 } }) };
      const plain = policiesOf({ session: always(allow(setup.session)), app: setup.app });
      const policies = withEnrollment(plain, rule({ required: [group], optional, disabled }));
      const at = (evidence: readonly Evidence[]) =>
        evaluate(
          policies,
          factsOf({ subject: userWith([], { enrollments: setup.has }), evidence, request: setup.request }),
        );
      const before = at(setup.evidence);
      const after = at([...setup.evidence, added]);
      if (before.kind === 'challenge' && before.withheld) return;
      if (after.kind === 'enroll') requestedEnrollment += 1;
      expect(rank(after)).toBeGreaterThanOrEqual(rank(before));
    }),
    seeded(2000),
  );
  expect(requestedEnrollment).toBeGreaterThan(enough(50));
});

describe('so many of a kind', () => {
  const two = { required: [{ anyOf: ['webauthn'], count: 2 }] };
  const keys = (count: number): Setup['has'] =>
    (['password', 'webauthn', 'key'] as unknown as Key[]).slice(0, count + 1);

  test.each<[number, Decision['kind']]>([
    [0, 'enroll'],
    [1, 'enroll'],
    [2, 'allow'],
  ])('two are required, and the user has %i', (count, kind) => {
    const proved = count === 0 ? [proof('password', 'now')] : [proof('password', 'now'), proof('webauthn', 'now')];
    const decision = decide(two, { has: keys(count) ?? [], evidence: proved });
    expect(decision).toMatchObject(kind === 'enroll' ? { kind, choices: ['webauthn'] } : { kind });
  });

  test('are not to be had of what there is only one of', () => {
    const questions = { required: [{ anyOf: ['security_question'], count: 2 }] };
    expect(decide(questions, { has: ['password', 'security_question'] })).toMatchObject({
      kind: 'deny',
      reason: 'unsatisfiable',
      layer: 'enrollment',
    });
    const grace = { required: [{ anyOf: ['security_question'], count: 2, grace: { skips: 3 } }] };
    expect(decide(grace, { has: ['password', 'security_question'] }).kind).toBe('allow');
  });
});

describe('what may be used only', () => {
  const secondFactor = policiesOf({ app: factors(2), enabled: ['password', 'totp'] });

  test('counts where the user has it', () => {
    const setup: Setup = { has: ['password', 'totp'], evidence: [proof('password', 'now')] };
    expect(decide({ useOnly: ['totp'] }, setup, secondFactor)).toMatchObject({
      kind: 'challenge',
      options: [{ authenticator: 'totp' }],
    });
  });

  test('cannot be enrolled, not even where the app takes it', () => {
    expect(decide({ useOnly: ['totp'] }, {}, secondFactor)).toMatchObject({
      kind: 'deny',
      reason: 'enrollment_forbids',
      rule: 'first',
    });
    const wide = policiesOf({ app: factors(2), enabled: ['password', 'totp', 'webauthn'] });
    expect(decide({ useOnly: ['totp'] }, {}, wide)).toMatchObject({ kind: 'enroll', choices: ['webauthn'] });
  });

  test('and is required denies, grace aside', () => {
    expect(decide({ required: [{ anyOf: ['totp'] }], useOnly: ['totp'] })).toMatchObject({
      kind: 'deny',
      reason: 'unsatisfiable',
      layer: 'enrollment',
    });
    expect(decide({ ...inGrace, useOnly: ['totp'] }).kind).toBe('allow');
    expect(decide({ required: [{ anyOf: ['totp'] }], useOnly: ['totp'] }, { has: ['password', 'totp'] }).kind).toBe(
      'allow',
    );
  });
});
