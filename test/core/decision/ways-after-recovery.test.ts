/** What a user may set up whose account was recovered by mail, where the account policy asks for the mailbox. */
import { describe, expect, test } from '@jest/globals';
import { decisionAt, takeTurn } from '../../../src/core/analysis/simulation/simulate.ts';
import {
  identifiedAs,
  type Progress,
  prove,
  type Simulation,
} from '../../../src/core/analysis/simulation/simulated-answers.ts';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import type { Decision } from '../../../src/core/model/decision.ts';
import { picked } from '../../../src/core/step/transitions.ts';
import { type EnrollingWorld, factsIn, policiesIn } from '../support/enrolling-worlds.ts';
import { allow, enrollmentTerms, factors, fixedNow, type Key } from '../support/fixtures.ts';

const by = (...proofs: readonly Key[]) => allow(factors(1, { demands: [{ authenticators: proofs }] }));

function worldOf(more: Partial<EnrollingWorld>): EnrollingWorld {
  return {
    app: [{ when: {}, then: allow(factors(3)) }],
    session: [{ when: {}, then: allow(factors(1)) }],
    enrollment: undefined,
    account: [
      { name: 'By mail', when: {}, then: by('email'), change: { add: 'all' } },
      { name: 'Rest', when: {}, then: allow(factors(1)) },
    ],
    profile: undefined,
    enrollable: ['password', 'phone', 'totp', 'webauthn'],
    has: ['email'],
    isOld: false,
    isRecovered: true,
    isNew: false,
    acrValues: [],
    acrEssential: false,
    ...more,
  };
}

test('a password that must be replaced denies nothing at once: a new one may end the memory of the recovery', () => {
  const old = worldOf({
    ...{ app: [{ when: {}, then: allow(factors(1)) }], session: [{ when: {}, then: allow(factors(2)) }] },
    enrollment: [{ name: 'E', when: {}, then: enrollmentTerms({ required: [{ anyOf: ['totp'], count: 2 }] }) }],
    ...{ enrollable: ['password', 'totp'], has: ['password', 'email'], isOld: true },
  });
  const decision = evaluate(policiesIn(old), factsIn(old));
  expect(decision.kind).toBe('challenge');
  expect(decision).not.toHaveProperty('withheld');
});

const requiring = (...required: readonly (readonly [anyOf: readonly Key[], count?: number])[]) => [
  {
    name: 'All',
    when: {},
    then: enrollmentTerms({ required: required.map(([anyOf, count]) => ({ anyOf, ...(count && { count }) })) }),
  },
];

type Step = `prove ${Key}` | `enroll ${Key}`;

function taken(step: Step, progress: Progress, simulation: Simulation): Progress {
  const decision = decisionAt(progress, simulation);
  const [, key = ''] = step.split(' ');
  const enrollment = progress.subject.enrollments.find(({ authenticator }) => authenticator === key);
  if (decision.kind === 'challenge' && step.startsWith('prove') && enrollment) {
    expect(decision.options).toContainEqual({ authenticator: key, enrollments: [enrollment.id] });
    return prove(progress, enrollment, { origin: 'sign_in', at: fixedNow });
  }
  expect(decision).toMatchObject({ kind: 'enroll', choices: expect.arrayContaining([key]) });
  const transaction = picked(progress.transaction, { purpose: 'enroll', authenticator: key });
  const { next } = takeTurn({ ...progress, transaction }, simulation);
  if (next === undefined) throw new Error(`${step} leads nowhere`);
  return next;
}

/** What is decided after these steps, each of which must be offered. */
function decidedAfter(world: EnrollingWorld, ...steps: readonly Step[]): Decision {
  const simulation = { policies: policiesIn(world), facts: factsIn(world) };
  const { subject } = simulation.facts;
  let progress: Progress = identifiedAs(subject, simulation.facts);
  for (const step of steps) progress = taken(step, progress, simulation);
  return decisionAt(progress, simulation);
}

describe('offers only what leads in', () => {
  test('beside another factor, after which no password is in the way of a passkey', () => {
    const world = worldOf({ has: ['email', 'totp'], enrollable: ['password', 'webauthn'] });
    expect(decidedAfter(world, 'prove email')).toMatchObject({ kind: 'enroll', choices: ['webauthn'] });
    expect(decidedAfter(world, 'prove email', 'enroll webauthn')).toMatchObject({
      kind: 'enroll',
      choices: ['password'],
    });
    expect(decidedAfter(world, 'prove email', 'enroll webauthn', 'enroll password').kind).toBe('allow');
  });

  test('every choice where nothing is in the way', () => {
    const world = worldOf({ has: ['email', 'totp'], enrollable: ['password', 'webauthn'], account: undefined });
    expect(decidedAfter(world, 'prove totp')).toMatchObject({ kind: 'enroll', choices: ['password', 'webauthn'] });
  });

  test('with two that are required', () => {
    const world = worldOf({ enrollment: requiring([['phone', 'totp'], 2]) });
    expect(decidedAfter(world, 'prove email')).toMatchObject({ kind: 'enroll', choices: ['webauthn'] });
    const inTheApp = ['prove email', 'enroll webauthn', 'enroll password'] as const;
    expect(decidedAfter(world, ...inTheApp, 'enroll phone', 'enroll totp').kind).toBe('allow');
  });

  test('what is required later first, if nothing is in its way then', () => {
    const world = worldOf({
      app: [{ when: {}, then: allow(factors(1)) }],
      has: ['email', 'password'],
      enrollment: requiring([['totp']], [['phone']]),
    });
    expect(decidedAfter(world, 'prove email')).toMatchObject({ kind: 'enroll', choices: ['phone'] });
    expect(decidedAfter(world, 'prove email', 'enroll phone', 'enroll totp').kind).toBe('allow');
  });

  test('nothing after which an old password could not be replaced, nor what is required be set up', () => {
    const world = worldOf({
      app: [{ when: {}, then: allow(factors(2)) }],
      has: ['email', 'password'],
      isOld: true,
      enrollment: requiring([['phone']]),
    });
    expect(decidedAfter(world, 'prove email')).toMatchObject({ kind: 'enroll', choices: ['phone'] });
    expect(decidedAfter(world, 'prove email', 'enroll phone', 'enroll webauthn').kind).toBe('allow');
  });
});

describe('where all enrollments together are not enough, offers first what stands for itself', () => {
  test('so that a number counts beside the recovered password', () => {
    const world = worldOf({
      ...{ session: [{ when: {}, then: by('email', 'phone') }], account: undefined },
      ...{ has: ['password', 'email'], enrollable: ['phone', 'webauthn'] },
    });
    const first = evaluate(policiesIn(world), factsIn(world));
    expect(first).toMatchObject({ kind: 'challenge' });
    expect(first).not.toHaveProperty('toEnroll');
    expect(first).not.toHaveProperty('withheld');
    expect(decidedAfter(world, 'prove email')).toMatchObject({ kind: 'enroll', choices: ['webauthn'] });
    const decision = decidedAfter(world, 'prove email', 'enroll webauthn', 'prove password', 'enroll phone');
    expect(decision.kind).toBe('allow');
  });

  test('so that a new password counts beside the mailbox', () => {
    const world = worldOf({
      app: [{ when: {}, then: by('email') }],
      session: [
        { when: {}, then: allow({ chains: [[{ authenticators: ['email'] }, { authenticators: ['password'] }]] }) },
      ],
      ...{ account: undefined, enrollable: ['password', 'totp'] },
    });
    expect(decidedAfter(world, 'prove email')).toMatchObject({ kind: 'enroll', choices: ['totp'] });
    expect(decidedAfter(world, 'prove email', 'enroll totp', 'enroll password').kind).toBe('allow');
  });

  test('and denies at once where that is not enough either', () => {
    const world = worldOf({
      ...{ session: [{ when: {}, then: by('phone') }], account: undefined },
      ...{ has: ['password', 'email'], enrollable: ['webauthn'] },
    });
    const denial = { kind: 'deny', reason: 'unsatisfiable', layer: 'session' };
    expect(decidedAfter(world, 'prove email')).toMatchObject(denial);
  });
});

describe('where nothing leads in', () => {
  const has = ['email', 'password'] as const;
  const world = worldOf({
    app: [{ when: {}, then: allow(factors(1)) }],
    has: [...has],
    enrollment: requiring([['totp']], [['webauthn']]),
  });
  const denial = { reason: 'authenticator_not_enrollable', layer: 'account', rule: 'By mail' };
  const missingEnrollment = { authenticators: ['totp', 'webauthn'], enrollmentRule: 'All' };

  test('denies before anything is set up', () => {
    expect(decidedAfter(world, 'prove email')).toMatchObject({ kind: 'deny', ...denial, missingEnrollment });
  });

  test('and reveals it only after a proof', () => {
    const decision = evaluate(policiesIn(world), factsIn(world));
    expect(decision).toMatchObject({ kind: 'challenge', withheld: { ...denial, missingEnrollment } });
  });

  test('also where the app takes what cannot be set up', () => {
    const both = allow({ chains: [[{ authenticators: ['totp'] }, { authenticators: ['webauthn'] }]] });
    const decision = decidedAfter(worldOf({ app: [{ when: {}, then: both }], has: [...has] }), 'prove email');
    expect(decision).toMatchObject({
      ...{ kind: 'deny', ...denial },
      missingEnrollment: { authenticators: ['totp', 'webauthn'] },
    });
  });

  test('lets in a user who need not set up both', () => {
    expect(
      decidedAfter({ ...world, enrollment: requiring([['totp', 'webauthn']]) }, 'prove email', 'enroll totp').kind,
    ).toBe('allow');
  });
});
