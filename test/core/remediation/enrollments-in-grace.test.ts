/** A user who may still skip a required enrollment is nowhere worse off than once it cannot be skipped any more. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import type { AccountRule } from '../../../src/core/model/account-policy.ts';
import type { Decision } from '../../../src/core/model/decision.ts';
import type { RequiredEnrollment } from '../../../src/core/model/enrollment-policy.ts';
import type { AuthenticatorDescriptor, Evidence, Subject } from '../../../src/core/model/facts.ts';
import { compileAccountPolicy } from '../../../src/core/policy/rules/account-policy.ts';
import { compilePolicy, type PolicySet } from '../../../src/core/policy/rules/compile.ts';
import {
  allow,
  always,
  descriptor,
  enrolled,
  enrollmentTerms,
  factors,
  factsOf,
  fixedNow,
  type Key,
  policiesOf,
  proof,
  thisTransaction,
  userWith,
} from '../support/fixtures.ts';
import { enough, seeded } from '../support/seeded.ts';

const keys = ['password', 'email', 'phone', 'totp', 'webauthn'] as const satisfies readonly Key[];
type Used = (typeof keys)[number];
const authenticators = keys.map((key): AuthenticatorDescriptor => ({ ...descriptor[key], enrollable: true }));

const by = (...proofs: readonly Key[]) => factors(1, { demands: [{ authenticators: proofs }] });
const asked = fc.constantFrom(factors(1), factors(1), by('webauthn'), by('totp', 'phone'));
const rulings = fc.constantFrom(by('totp', 'phone'), factors(2), factors(2), factors(3), undefined);
const graces = fc.constantFrom<RequiredEnrollment['grace']>(undefined, { skips: 1 }, { until: fixedNow + 1 });

const worlds = fc.record({
  session: asked,
  app: asked,
  before: fc.record(
    { password: rulings, email: rulings, phone: rulings, totp: rulings, webauthn: rulings },
    { requiredKeys: [] },
  ),
  required: fc.array(fc.tuple(fc.subarray([...keys], { minLength: 1, maxLength: 2 }), graces), {
    ...{ minLength: 1, maxLength: 2 },
  }),
});

type World = typeof worlds extends fc.Arbitrary<infer Value> ? Value : never;

function policiesFor({ session, app, before, required }: World, hasGrace: boolean): PolicySet {
  const rules = Object.entries(before).map(([key, ruling]): AccountRule => {
    const then = ruling ? allow(ruling) : ({ kind: 'deny' } as const);
    return { name: key, when: {}, then, change: { add: [key] } };
  });
  const rest: AccountRule = { name: 'Rest', when: {}, then: allow(factors(1)) };
  const terms = enrollmentTerms({
    required: required.map(([anyOf, grace]) => ({ anyOf, ...(hasGrace && grace && { grace }) })),
  });
  return {
    ...policiesOf({ session: always(allow(session)), app }),
    ...{ authenticators, accountPolicy: compileAccountPolicy({ name: 'account', rules: [...rules, rest] }) },
    enrollment: compilePolicy({ name: 'enrollment', rules: [{ name: 'All', when: {}, then: terms }] }),
  };
}

interface State {
  readonly subject: Subject;
  readonly evidence: readonly Evidence[];
  readonly skipped: readonly string[];
}

/** Every next state: the user gives one proof after the other, enrolls any choice, or skips it. */
function nextStates(decision: Decision, state: State): readonly State[] {
  const { subject, evidence, skipped } = state;
  if (decision.kind === 'challenge') {
    const [first] = decision.options;
    return [{ ...state, evidence: [...evidence, proof(first?.authenticator as Used, 'now')] }];
  }
  if (decision.kind !== 'enroll') return [];
  const enrolling = decision.proofFirst ? [] : decision.choices;
  const made = enrolling.map((key): State => {
    const id = `${key} ${subject.enrollments.length}`;
    const enrollments = enrolled(key as Used).map((enrollment) => ({ ...enrollment, id }));
    return {
      ...{ skipped, subject: { ...subject, enrollments: [...subject.enrollments, ...enrollments] } },
      evidence: [...evidence, { ...proof(key as Used, 'now', { origin: 'enrollment' }), enrollment: id }],
    };
  });
  return decision.skippable
    ? [...made, { ...state, skipped: [...skipped, ...decision.skippable.authenticators] }]
    : made;
}

function kindsOfEnds(policies: PolicySet, state: State): ReadonlySet<Decision['kind']> {
  const { subject, evidence, skipped } = state;
  const transaction = { id: thisTransaction, startedAt: fixedNow - 60, skipped };
  const decision = evaluate(policies, factsOf({ subject, evidence, transaction }));
  const next = nextStates(decision, state);
  if (next.length === 0) return new Set([decision.kind]);
  return new Set(next.flatMap((each) => [...kindsOfEnds(policies, each)]));
}

test('a user who gets in without grace, by any choice, gets in with it', () => {
  const seen = { open: 0, closed: 0, chained: 0 };
  fc.assert(
    fc.property(worlds, fc.subarray([...keys], { minLength: 1, maxLength: 3 }), (world, has) => {
      const state: State = { subject: userWith(has), evidence: [proof(has[0] as Used, 'now')], skipped: [] };
      const [inGrace, after] = [true, false].map((hasGrace) => kindsOfEnds(policiesFor(world, hasGrace), state));
      const isOpen = after?.has('deny') === false;
      if (isOpen) expect([...(inGrace ?? [])]).toEqual(['allow']);
      seen[isOpen ? 'open' : 'closed'] += 1;
      const withoutRequired = policiesFor({ ...world, required: [] }, false);
      if (isOpen && kindsOfEnds(withoutRequired, state).has('deny')) seen.chained += 1;
    }),
    seeded(1000),
  );
  expect(seen.open).toBeGreaterThan(enough(200));
  expect(seen.closed).toBeGreaterThan(enough(200));
  expect(seen.chained).toBeGreaterThan(enough(5));
});
