/** A user who may still skip a required enrollment is nowhere worse off than once it cannot be skipped any more. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import type { Decision } from '../../../src/core/model/decision.ts';
import type { RequiredEnrollment } from '../../../src/core/model/enrollment-policy.ts';
import { compileAccountPolicy } from '../../../src/core/policy/rules/account-policy.ts';
import type { PolicySet } from '../../../src/core/policy/rules/compile.ts';
import {
  by,
  type EnrollableKey,
  enrollableAuthenticators,
  enrollableKeys,
  policyRequiring,
  rulesBefore,
  type SignInState,
  withEnrolled,
} from '../support/enrolling-parts.ts';
import {
  allow,
  always,
  factors,
  factsOf,
  fixedNow,
  policiesOf,
  proof,
  thisTransaction,
  userWith,
} from '../support/fixtures.ts';
import { enough, seeded } from '../support/seeded.ts';

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
  required: fc.array(fc.tuple(fc.subarray([...enrollableKeys], { minLength: 1, maxLength: 2 }), graces), {
    ...{ minLength: 1, maxLength: 2 },
  }),
});

type World = typeof worlds extends fc.Arbitrary<infer Value> ? Value : never;

function policiesFor({ session, app, before, required }: World, hasGrace: boolean): PolicySet {
  const rules = rulesBefore(before);
  const enrollment = policyRequiring(
    ...required.map(([anyOf, grace]) => ({ anyOf, ...(hasGrace && grace && { grace }) })),
  );
  return {
    ...policiesOf({ session: always(allow(session)), app }),
    authenticators: enrollableAuthenticators,
    accountPolicy: compileAccountPolicy({ name: 'account', rules }),
    enrollment,
  };
}

interface State extends SignInState {
  readonly skipped: readonly string[];
}

/** Every next state: the user gives one proof after the other, enrolls any choice, or skips it. */
function nextStates(decision: Decision, state: State): readonly State[] {
  const { subject, evidence, skipped } = state;
  if (decision.kind === 'challenge') {
    const [first] = decision.options;
    return [{ ...state, evidence: [...evidence, proof(first?.authenticator as EnrollableKey, 'now')] }];
  }
  if (decision.kind !== 'enroll') return [];
  const enrolling = decision.proofFirst ? [] : decision.choices;
  const made = enrolling.map(
    (key): State => ({ skipped, ...withEnrolled(key as EnrollableKey, { subject, evidence }) }),
  );
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
    fc.property(worlds, fc.subarray([...enrollableKeys], { minLength: 1, maxLength: 3 }), (world, has) => {
      const state: State = { subject: userWith(has), evidence: [proof(has[0] as EnrollableKey, 'now')], skipped: [] };
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
  expect(seen.closed).toBeGreaterThan(enough(180));
  expect(seen.chained).toBeGreaterThan(enough(0));
});
