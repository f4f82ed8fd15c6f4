/** Whatever a user is asked to set up, and whichever choice the user takes, leads into the app. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decisionAt, takeTurn } from '../../../src/core/analysis/simulation/simulate.ts';
import {
  identifiedAs,
  type Progress,
  prove,
  type Simulation,
} from '../../../src/core/analysis/simulation/simulated-answers.ts';
import type { AccountRule } from '../../../src/core/model/account-policy.ts';
import { defaultPasswordTerms } from '../../../src/core/model/password-policy.ts';
import type { Requirement } from '../../../src/core/model/policy.ts';
import { compileAccountPolicy } from '../../../src/core/policy/rules/account-policy.ts';
import { compilePolicy } from '../../../src/core/policy/rules/compile.ts';
import { picked } from '../../../src/core/step/transitions.ts';
import {
  allow,
  descriptor,
  enrolled,
  enrollmentTerms,
  factors,
  factsOf,
  fixedNow,
  policiesOf,
  userWith,
} from '../support/fixtures.ts';
import { enough, seeded } from '../support/seeded.ts';

const keys = ['password', 'email', 'phone', 'totp', 'webauthn'] as const;
const key = fc.constantFrom(...keys);
const few = fc.uniqueArray(key, { minLength: 1, maxLength: 2 });

const requirement: fc.Arbitrary<Requirement> = fc.oneof(
  fc.constantFrom<1 | 2 | 3>(1, 2, 3).map((count) => factors(count)),
  few.map((authenticators) => factors(1, { demands: [{ authenticators }] })),
  fc.constant(factors(1, { demands: [{ characteristics: ['phishingResistant'] }] })),
  fc.constant(factors(2, { demands: [{ factor: 'knowledge' }] })),
  fc.tuple(few, few).map(([one, other]) => ({ chains: [[{ authenticators: one }, { authenticators: other }]] })),
);

const parts = {
  app: requirement,
  change: fc.option(requirement, { nil: undefined }),
  add: fc.dictionary(key, fc.option(requirement, { nil: undefined, freq: 6 })),
  required: fc.array(
    fc.record(
      {
        anyOf: few,
        count: fc.constant(2),
        grace: fc.constantFrom({ skips: 2 }, { until: fixedNow + 1000 }),
      },
      { requiredKeys: ['anyOf'] },
    ),
    { maxLength: 2 },
  ),
  enrollable: fc.uniqueArray(key, { minLength: 3 }),
  has: fc.uniqueArray(key, { minLength: 1, maxLength: 3 }),
  isOld: fc.boolean(),
  /** By mail. */
  isRecovered: fc.constant<boolean>(false),
};
const world = fc.record(parts);

const byMail = factors(1, { demands: [{ authenticators: ['email'] }] });
/** A user who recovered the password by mail, where the account policy often asks for the mailbox. */
const recoveredWorld = fc.record({
  ...parts,
  app: fc.oneof(
    fc.constantFrom<2 | 3>(2, 3).map((count) => factors(count)),
    requirement,
  ),
  add: fc.record({
    ...{ password: fc.constantFrom(byMail, factors(1)), phone: fc.constantFrom(byMail, factors(1)) },
    ...{ totp: fc.constantFrom(byMail, factors(1)), webauthn: fc.constantFrom(byMail, byMail, factors(1)) },
  }),
  enrollable: fc.subarray([...keys], { minLength: 3 }),
  has: fc.subarray(['password', 'phone', 'totp'] as const, { maxLength: 1 }).map((some) => ['email' as const, ...some]),
  isOld: fc.constant(false),
  isRecovered: fc.constant<boolean>(true),
});

type World = typeof world extends fc.Arbitrary<infer Drawn> ? Drawn : never;

function simulationOf({ app, change, add, required, enrollable, has, isOld, isRecovered }: World) {
  const then = (asked: Requirement | undefined) => (asked ? allow(asked) : ({ kind: 'deny' } as const));
  const rules: readonly AccountRule[] = [
    { name: 'New password', when: {}, then: then(change), change: { change: ['password'] } },
    ...Object.entries(add).map(
      ([name, asked]): AccountRule => ({ name, when: {}, then: then(asked), change: { add: [name] } }),
    ),
    { name: 'Rest', when: {}, then: allow(factors(1)) },
  ];
  const policies = {
    ...policiesOf({ app }),
    authenticators: keys.map((each) => ({
      ...{ ...descriptor[each], enrollable: each === 'password' || enrollable.includes(each) },
      ...(each === 'password' && { underPasswordPolicy: true as const, maxEnrollments: 1 as const }),
    })),
    accountPolicy: compileAccountPolicy({ name: 'account', rules }),
    enrollment: compilePolicy({
      name: 'enrollment',
      rules: [{ name: 'All', when: {}, then: enrollmentTerms({ required }) }],
    }),
    password: compilePolicy({
      name: 'password',
      rules: [{ name: 'Month', when: {}, then: { ...defaultPasswordTerms, maxAge: 1000 } }],
    }),
  };
  const createdAt = isOld ? fixedNow - 5000 : fixedNow;
  const enrollments = enrolled(...has).map((each) =>
    each.authenticator === 'password' ? { ...each, createdAt } : each,
  );
  const recovery = isRecovered ? { recovery: { at: fixedNow - 60, by: ['email'] } } : {};
  return { policies, facts: factsOf({ subject: userWith([], { enrollments, ...recovery }) }) };
}

interface Walked extends Simulation {
  /** Choices after which the user gets in by no way. */
  readonly inVain: string[];
  /** What was set up before the password was replaced. */
  readonly beforeReplacement: string[];
}

/** Whether the user gets in by some way, whatever is proved. What can be skipped is skipped. */
function getsIn(progress: Progress, walked: Walked): boolean {
  const decision = decisionAt(progress, walked);
  if (decision.kind === 'challenge')
    return decision.options
      .flatMap(({ enrollments }) => progress.subject.enrollments.filter(({ id }) => enrollments.includes(id)))
      .map((enrollment) => getsIn(prove(progress, enrollment, { origin: 'sign_in', at: fixedNow }), walked))
      .includes(true);
  if (decision.kind !== 'enroll') return decision.kind === 'allow';
  if (decision.skippable) return true;
  return decision.choices
    .map((authenticator) => {
      const transaction = picked(progress.transaction, { purpose: 'enroll', authenticator });
      const { next } = takeTurn({ ...progress, transaction }, walked);
      const isIn = next !== undefined && getsIn(next, walked);
      if (!isIn) walked.inVain.push(authenticator);
      if (decision.passwordToReplace && !decision.replacementReason) walked.beforeReplacement.push(authenticator);
      return isIn;
    })
    .includes(true);
}

function walk(drawn: World): Walked & { readonly isIn: boolean } {
  const simulation = simulationOf(drawn);
  const walked: Walked = { ...simulation, inVain: [], beforeReplacement: [] };
  const { subject } = simulation.facts;
  return { ...walked, isIn: subject !== undefined && getsIn(identifiedAs(subject, simulation.facts), walked) };
}

test('nothing is set up in vain', () => {
  let count = 0;
  fc.assert(
    fc.property(world, (drawn) => {
      const { inVain, beforeReplacement } = walk(drawn);
      expect(inVain).toEqual([]);
      if (beforeReplacement.length > 0) count += 1;
    }),
    seeded(1500),
  );
  expect(count).toBeGreaterThan(enough(2));
});

test('nor after a recovery', () => {
  let count = 0;
  fc.assert(
    fc.property(recoveredWorld, (drawn) => {
      const { inVain, isIn } = walk(drawn);
      expect(inVain).toEqual([]);
      if (isIn) count += 1;
    }),
    seeded(1500),
  );
  expect(count).toBeGreaterThan(enough(300));
});
