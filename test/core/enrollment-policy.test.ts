import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { simulate } from '../../src/core/analysis/simulate.ts';
import { evaluate } from '../../src/core/decision/evaluate.ts';
import type { Decision } from '../../src/core/model/decision.ts';
import type { EnrollmentRule, EnrollmentTerms } from '../../src/core/model/enrollment-policy.ts';
import type { Evidence, Skips } from '../../src/core/model/facts.ts';
import { compilePolicy, type PolicySet } from '../../src/core/policy/compile.ts';
import { identifierPageSecret } from '../../src/core/queries/identifier-page-secret.ts';
import { evidenceOf, requirement, world } from './support/arbitraries.ts';
import { seeded } from './support/seeded.ts';
import {
  allow,
  always,
  descriptor,
  factors,
  factsOf,
  HERE,
  type Key,
  NOW,
  person,
  policiesOf,
  proof,
  silentFacts,
} from './support/world.ts';

const nothing: EnrollmentTerms = { required: [], optional: [], promoted: [], disabled: [] };
const day = 86_400;

function rule(terms: Partial<EnrollmentTerms>, when: EnrollmentRule['when'] = {}): EnrollmentRule {
  return { name: 'first', when, then: { ...nothing, ...terms } };
}

function withEnrollment(policies: PolicySet, ...rules: readonly EnrollmentRule[]): PolicySet {
  return { ...policies, enrollment: compilePolicy({ name: 'enrollment', rules }) };
}

interface Given {
  readonly has?: readonly Key[];
  readonly evidence?: readonly Evidence[];
  readonly skipped?: Readonly<Record<string, Skips>>;
  readonly skippedHere?: readonly string[];
  readonly requestedEnrollment?: string;
  readonly silent?: true;
}

function decide(terms: Partial<EnrollmentTerms>, given: Given = {}, policies = policiesOf()): Decision {
  const {
    has = ['password'],
    evidence = [proof('password', 'here')],
    skipped,
    skippedHere,
    requestedEnrollment,
    silent,
  } = given;
  const facts = { subject: person(has, skipped ? { skipped } : {}), evidence };
  const transaction = {
    id: HERE,
    startedAt: NOW - 60,
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
const untilLater = { required: [{ anyOf: ['totp'], grace: { until: NOW + 1 } }] };
const promoted = { promoted: [{ authenticator: 'webauthn', cooldown: 30 * day, skips: 2 }] };
const reasons = ['grace', 'optional', 'promotion'] as const;
/** For these reasons. */
const skippedFor = (why: readonly (keyof Skips)[], count: number, at = NOW) => {
  const skips: Skips = Object.fromEntries(why.map((reason) => [reason, { count, at }]));
  return { totp: skips, webauthn: skips };
};
const skippedBefore = (count: number, at = NOW) => skippedFor(reasons, count, at);

describe('what the policy wants', () => {
  test.each<[string, Partial<EnrollmentTerms>, Given, object]>([
    ['nothing', {}, {}, { kind: 'allow' }],
    ['one that is missing', { required: [totp] }, {}, { kind: 'enroll', choices: ['totp'] }],
    [
      'one of several',
      { required: [{ anyOf: ['webauthn', 'totp'] }] },
      {},
      { kind: 'enroll', choices: ['webauthn', 'totp'] },
    ],
    ['one that is there', { required: [totp] }, { has: ['password', 'totp'] }, { kind: 'allow' }],
    [
      'either is enough',
      { required: [{ anyOf: ['webauthn', 'totp'] }] },
      { has: ['password', 'totp'] },
      { kind: 'allow' },
    ],
    [
      'what stops single sign-on',
      { required: [totp] },
      { silent: true, evidence: [proof('password', 60)] },
      { kind: 'enroll' },
    ],
    [
      'the bar first',
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
      'what nobody can enroll',
      { required: [{ anyOf: ['email'] }] },
      {},
      { kind: 'deny', reason: 'unsatisfiable', layer: 'enrollment', rule: 'first' },
    ],
    [
      'an offer',
      { optional: ['totp', 'webauthn'] },
      {},
      { kind: 'enroll', choices: ['totp', 'webauthn'], skippable: { reason: 'optional' } },
    ],
    ['an offer that was skipped before', { optional: ['totp'] }, { skipped: skippedBefore(1) }, { kind: 'allow' }],
    ['an offer that is skipped', { optional: ['totp'] }, { skippedHere: ['totp'] }, { kind: 'allow' }],
    [
      'an offer, without an interaction',
      { optional: ['totp'] },
      { silent: true, evidence: [proof('password', 60)] },
      { kind: 'allow' },
    ],
    [
      'an offer below the bar: only to choose from',
      { optional: ['webauthn'] },
      { has: ['password', 'totp'] },
      { kind: 'enroll', choices: ['webauthn'], skippable: { reason: 'optional' }, proofFirst: true },
    ],
    [
      'the bar, for who wants what is offered',
      { ...promoted, optional: ['recovery_code'] },
      { has: ['password', 'totp'], requestedEnrollment: 'webauthn' },
      { kind: 'challenge', toEnroll: ['webauthn'], skippable: { reason: 'promotion', authenticators: ['webauthn'] } },
    ],
    [
      'what is wanted, once the bar is cleared',
      promoted,
      {
        has: ['password', 'totp'],
        evidence: [proof('password', 'here'), proof('totp', 'here')],
        requestedEnrollment: 'webauthn',
      },
      { kind: 'enroll', choices: ['webauthn'] },
    ],
    [
      'a wish for what is not offered',
      promoted,
      { has: ['password', 'totp'], requestedEnrollment: 'email' },
      { kind: 'enroll', choices: ['webauthn'], proofFirst: true },
    ],
    [
      'an offer below the bar, without an interaction',
      promoted,
      { has: ['password', 'totp'], silent: true, evidence: [proof('password', 60)] },
      { kind: 'allow' },
    ],
    [
      'what is required before what is optional',
      { optional: ['webauthn'], required: [totp] },
      {},
      { kind: 'enroll', choices: ['totp'] },
    ],
    ['a promotion', promoted, {}, { kind: 'enroll', choices: ['webauthn'], skippable: { reason: 'promotion' } }],
    ['a promotion, too early', promoted, { skipped: skippedBefore(1, NOW - 30 * day + 1) }, { kind: 'allow' }],
    ['a promotion again', promoted, { skipped: skippedBefore(1, NOW - 30 * day) }, { kind: 'enroll' }],
    ['a promotion too often', promoted, { skipped: skippedBefore(2, NOW - 300 * day) }, { kind: 'allow' }],
    [
      'optional and promoted: by the promotion',
      { ...promoted, optional: ['webauthn'] },
      { skipped: skippedBefore(1, NOW - 31 * day) },
      { kind: 'enroll', skippable: { reason: 'promotion' } },
    ],
    [
      'grace by skips',
      inGrace,
      { skipped: skippedBefore(1) },
      { kind: 'enroll', skippable: { reason: 'grace', authenticators: ['totp'], skipsLeft: 2 } },
    ],
    [
      'grace after an offer that was skipped: all of it',
      inGrace,
      { skipped: skippedFor(['optional', 'promotion'], 3) },
      { kind: 'enroll', skippable: { reason: 'grace', skipsLeft: 3 } },
    ],
    ['grace that is skipped', inGrace, { skipped: skippedBefore(3), skippedHere: ['totp'] }, { kind: 'allow' }],
    [
      'grace skipped more often than allowed',
      inGrace,
      { skipped: skippedBefore(4), skippedHere: ['totp'] },
      { kind: 'enroll' },
    ],
    ['grace, without an interaction', inGrace, { silent: true, evidence: [proof('password', 60)] }, { kind: 'allow' }],
    [
      'grace below the bar: only to choose from',
      { required: [{ anyOf: ['webauthn'], grace: { skips: 1 } }] },
      { has: ['password', 'totp'] },
      { kind: 'enroll', choices: ['webauthn'], skippable: { skipsLeft: 1 }, proofFirst: true },
    ],
    [
      'the bar in grace, for who does it now',
      { required: [{ anyOf: ['webauthn'], grace: { skips: 1 } }] },
      { has: ['password', 'totp'], requestedEnrollment: 'webauthn' },
      { kind: 'challenge', toEnroll: ['webauthn'], skippable: { skipsLeft: 1 } },
    ],
    [
      'grace that nothing but offers were skipped before',
      inGrace,
      { skipped: skippedFor(['optional', 'promotion'], 3) },
      { kind: 'enroll', skippable: { reason: 'grace', skipsLeft: 3 } },
    ],
    [
      'an offer that was skipped for other reasons before',
      { optional: ['totp'] },
      { skipped: skippedFor(['grace', 'promotion'], 3) },
      { kind: 'enroll', skippable: { reason: 'optional' } },
    ],
    [
      'a promotion of what was skipped for other reasons before',
      promoted,
      { skipped: skippedFor(['grace', 'optional'], 3) },
      { kind: 'enroll', skippable: { reason: 'promotion' } },
    ],
    [
      'an offer, whatever else was skipped',
      { optional: ['totp'] },
      { skipped: skippedFor(['optional'], 1) },
      { kind: 'allow' },
    ],
    ['grace until later', untilLater, {}, { kind: 'enroll', skippable: { until: NOW + 1 } }],
  ])('%s', (_, terms, given, expected) => {
    expect(decide(terms, given)).toMatchObject(expected);
  });

  test.each<[string, Partial<EnrollmentTerms>, Given]>([
    ['so often', inGrace, { skipped: skippedBefore(3) }],
    ['so long', { required: [{ anyOf: ['totp'], grace: { until: NOW } }] }, { skippedHere: ['totp'] }],
  ])('grace is over after it was skipped %s', (_, terms, given) => {
    const decision = decide(terms, given);
    expect(decision).toMatchObject({ kind: 'enroll', choices: ['totp'] });
    expect(decision).not.toHaveProperty('skippable');
  });

  test('what meets the app as well is preferred', () => {
    const policies = policiesOf({ app: factors(2) });
    expect(decide({ required: [{ anyOf: ['webauthn'] }] }, {}, policies)).toMatchObject({ choices: ['webauthn'] });
  });
});

describe('disabled', () => {
  test('it is neither asked for nor counted', () => {
    const has = ['password', 'totp', 'phone'] as const;
    const evidence = [proof('password', 'here'), proof('totp', 'here')];
    const decision = decide({ disabled: ['totp'] }, { has, evidence }, policiesOf({ app: factors(2) }));
    expect(decision).toMatchObject({ kind: 'challenge', options: [{ authenticator: 'phone' }] });
  });

  test('an app that needs it is denied with that reason, once something is proved', () => {
    const app = factors(2, { demands: [{ authenticators: ['totp'] }] });
    const given = { has: ['password', 'totp'] } as const;
    expect(decide({ disabled: ['totp'] }, given, policiesOf({ app }))).toMatchObject({
      kind: 'deny',
      reason: 'enrollment_forbids',
      layer: 'enrollment',
      rule: 'first',
    });
    expect(decide({ disabled: ['totp'] }, { ...given, evidence: [] }, policiesOf({ app }))).toMatchObject({
      kind: 'challenge',
      options: [{ authenticator: 'password' }],
      withheld: { reason: 'enrollment_forbids' },
    });
  });

  test('the identify page does not ask for a password that may turn out to be disabled', () => {
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

describe('which rule', () => {
  const office = rule({ required: [totp] }, { network: { any: ['office'] }, apps: { none: ['notes'] } });

  test('before somebody has identified, the layer is undecided and nothing is restricted', () => {
    const policies = withEnrollment(
      policiesOf(),
      rule({ disabled: ['password'] }, { groups: { any: ['a'] } }),
      rule({}),
    );
    const decision = evaluate(policies, factsOf());
    expect(decision.kind).toBe('identify');
    expect(decision.trace.layers.at(-1)).toMatchObject({ layer: 'enrollment', outcome: 'undecided' });
  });

  test('is in the trace, and whether it is met', () => {
    expect(decide({ required: [totp] }).trace.layers.at(-1)).toMatchObject({ decidedBy: 'first', satisfied: false });
    expect(decide(inGrace).trace.layers.at(-1)).toMatchObject({ decidedBy: 'first', satisfied: true });
  });

  test('is simulated with what has to be proved for the offer', () => {
    const steps = simulate(
      withEnrollment(policiesOf(), rule(promoted)),
      factsOf({ subject: person(['password', 'totp']) }),
    );
    expect(steps.slice(-4)).toMatchObject([
      { kind: 'select', options: ['webauthn'], skippable: { reason: 'promotion' } },
      { kind: 'challenge', authenticator: 'totp', skippable: { reason: 'promotion' } },
      { kind: 'enroll', authenticator: 'webauthn' },
      { kind: 'complete' },
    ]);
  });

  test('none denies (Law 4)', () => {
    const facts = factsOf({ subject: person(['password']), evidence: [proof('password', 'here')] });
    expect(evaluate(withEnrollment(policiesOf(), office), facts)).toMatchObject({
      reason: 'no_rule',
      layer: 'enrollment',
    });
  });

  test('is simulated with its offer', () => {
    const steps = simulate(withEnrollment(policiesOf(), rule(inGrace)), factsOf({ subject: person(['password']) }));
    expect(steps.at(-2)).toMatchObject({ kind: 'enroll', authenticator: 'totp', skippable: { skipsLeft: 3 } });
  });
});

/** A skippable offer stands where everything is proved: it is no worse than to be let in. */
function rank(decision: Decision): number {
  if ('skippable' in decision && decision.skippable) return 2;
  return { deny: 0, identify: 0, challenge: 1, enroll: 1, allow: 2 }[decision.kind];
}

test('more evidence never makes a decision worse, and never makes something required', () => {
  const keys = Object.keys(descriptor) as Key[];
  const some = fc.subarray(keys, { maxLength: 2 });
  const terms = fc.record({
    required: fc.subarray(keys, { minLength: 1, maxLength: 3 }),
    grace: fc.boolean(),
    optional: some,
    disabled: some,
  });
  const worlds = world({ requirement, enrollments: 4, evidence: 3 }).chain((given) =>
    fc.record({ given: fc.constant(given), terms, added: evidenceOf(given.has) }),
  );
  let requestedEnrollment = 0;
  fc.assert(
    fc.property(worlds, ({ given, terms: drawn, added }) => {
      const { required, grace, optional, disabled } = drawn;
      const group = { anyOf: required, ...(grace && { grace: { skips: 1 } }) };
      const plain = policiesOf({ session: always(allow(given.session)), app: given.app });
      const policies = withEnrollment(plain, rule({ required: [group], optional, disabled }));
      const at = (evidence: readonly Evidence[]) =>
        evaluate(
          policies,
          factsOf({ subject: person([], { enrollments: given.has }), evidence, request: given.request }),
        );
      const before = at(given.evidence);
      const after = at([...given.evidence, added]);
      if (before.kind === 'challenge' && before.withheld) return;
      if (after.kind === 'enroll') requestedEnrollment += 1;
      expect(rank(after)).toBeGreaterThanOrEqual(rank(before));
    }),
    seeded(2000),
  );
  expect(requestedEnrollment).toBeGreaterThan(50);
});
