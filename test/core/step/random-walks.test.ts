/** Random walks through the step loop: no order of submissions completes without the required proofs. */

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import type { Decision } from '../../../src/core/model/decision.ts';
import type { EnrollmentRule } from '../../../src/core/model/enrollment-policy.ts';
import type { Enrollment, Evidence, RequestFacts, Subject } from '../../../src/core/model/facts.ts';
import type { Requirement } from '../../../src/core/model/policy.ts';
import { type CompiledPolicy, compilePolicy } from '../../../src/core/policy/rules/compile.ts';
import { decoySubject } from '../../../src/core/step/decoy.ts';
import { nextStep, type Plan } from '../../../src/core/step/next-step.ts';
import { newTransaction, type Transaction } from '../../../src/core/step/transaction.ts';
import {
  forgetSubject,
  identified,
  picked,
  proved,
  selecting,
  skipping,
  started,
} from '../../../src/core/step/transitions.ts';
import { allEnrollments, request, requirement, verificationOf } from '../support/arbitraries.ts';
import {
  allow,
  always,
  descriptor,
  enrolled,
  factorsOf,
  factsOf,
  fixedNow,
  type Key,
  plainRequest,
  policiesOf,
  proof,
  userWith,
} from '../support/fixtures.ts';
import { naivelyMeets } from '../support/naive-evaluator.ts';
import { enough, seeded } from '../support/seeded.ts';

type Act =
  | { readonly kind: 'identify'; readonly who: 'ann' | 'bob' | 'sue' | 'nobody' }
  /** A true proof: of what is asked for, or of any enrollment of the user. */
  | { readonly kind: 'prove'; readonly asked: boolean; readonly nth: number; readonly lesser: boolean }
  | { readonly kind: 'enroll'; readonly nth: number }
  | { readonly kind: 'foreign_proof'; readonly of: 'ann' | 'bob' | 'decoy'; readonly where: 'now' | 'elsewhere' }
  | { readonly kind: 'pick'; readonly purpose: 'challenge' | 'enroll'; readonly key: Key }
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'select' | 'forget' | 'skip' };

const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ kind: fc.constant('identify' as const), who: fc.constantFrom('ann', 'ann', 'bob', 'sue', 'nobody') }),
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('prove' as const),
      asked: fc.boolean(),
      nth: fc.nat(4),
      lesser: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('enroll' as const), nth: fc.nat(2) }) },
  fc.record({
    kind: fc.constant('foreign_proof' as const),
    of: fc.constantFrom('ann', 'bob', 'decoy'),
    where: fc.constantFrom('now', 'elsewhere'),
  }),
  fc.record({
    kind: fc.constant('pick' as const),
    purpose: fc.constantFrom('challenge', 'enroll'),
    key: fc.constantFrom(...(Object.keys(descriptor) as Key[])),
  }),
  fc.record({ kind: fc.constant('wait' as const), seconds: fc.constantFrom(1, 70, 400) }),
  fc.record({ kind: fc.constantFrom('select', 'forget', 'skip') }),
) as fc.Arbitrary<Act>;

interface Run {
  readonly transaction: Transaction;
  readonly users: Readonly<Record<string, Subject>>;
  readonly now: number;
}

interface Demands {
  readonly session: Requirement;
  readonly app: Requirement;
  readonly request: Partial<RequestFacts>;
  /** Authenticators that the enrollment policy promotes. */
  readonly promoted: readonly Key[];
}

const decoyId = 'decoy-nobody';

function subjectOf({ transaction: { subject }, users }: Run): Subject | undefined {
  if (subject === undefined) return undefined;
  return subject.decoy ? decoySubject({ id: subject.id, entropy: 1 }, Object.values(descriptor)) : users[subject.id];
}

function promoting(keys: readonly Key[]): CompiledPolicy<EnrollmentRule> {
  const promoted = keys.map((authenticator) => ({ authenticator, cooldown: 1 }));
  const rule = { name: 'promotes', when: {}, then: { required: [], optional: [], promoted, disabled: [] } };
  return compilePolicy({ name: 'enrollment', rules: [rule] });
}

/** A small engine: gather facts, decide, start what has to be started, show. */
function advance(run: Run, demands: Demands): { readonly run: Run; readonly decision: Decision; readonly plan: Plan } {
  const { transaction, now } = run;
  const subject = subjectOf(run);
  const facts = factsOf({
    now,
    transaction: {
      id: transaction.event,
      startedAt: transaction.startedAt,
      ...(transaction.skipped && { skipped: transaction.skipped }),
      ...(transaction.requestedEnrollment && { requestedEnrollment: transaction.requestedEnrollment }),
    },
    evidence: transaction.evidence,
    request: transaction.request,
    ...(subject && { subject }),
  });
  const policies = policiesOf({ session: always(allow(demands.session)), app: demands.app });
  const decision = evaluate({ ...policies, enrollment: promoting(demands.promoted) }, facts);
  const plan = nextStep(decision, { transaction, view: { canKeep: false, labels: () => undefined }, now });
  if (plan.kind === 'step') return { run, decision, plan };
  const { kind: _, left, ...choice } = plan;
  const pending = left ?? { ...choice, inputs: [], public: {}, private: {}, expires: now + 300 };
  return advance({ ...run, transaction: started(transaction, pending) }, demands);
}

function evidenceBy(run: Run, subject: Subject, { id, authenticator }: Enrollment, more: Partial<Evidence>): Evidence {
  return {
    ...proof(authenticator as Key, 0),
    enrollment: id,
    subject: subject.id,
    at: run.now,
    transaction: run.transaction.event,
    ...more,
  };
}

function submit(run: Run, action: Act, decision: Decision, plan: Plan): Run {
  const { transaction } = run;
  const subject = subjectOf(run);
  switch (action.kind) {
    case 'identify': {
      const isDecoy = action.who === 'nobody';
      const result = identified(transaction, {
        id: isDecoy ? decoyId : action.who,
        identifier: action.who,
        decoy: isDecoy,
      });
      return result.ok ? { ...run, transaction: result.transaction } : run;
    }
    case 'prove': {
      const isAsked = plan.kind === 'step' && plan.step.kind === 'challenge';
      const asked = isAsked ? transaction.pending?.enrollment : undefined;
      const has = subject?.enrollments.filter(({ id }) => !action.asked || id === asked) ?? [];
      const enrollment = has[action.nth % Math.max(1, has.length)];
      if (subject === undefined || enrollment === undefined) return run;
      const evidence = evidenceBy(run, subject, enrollment, verificationOf(enrollment, action.lesser));
      if (transaction.subject?.decoy) {
        expect(isRefused(() => proved(transaction, evidence))).toBe(true);
        return run;
      }
      return { ...run, transaction: proved(transaction, evidence) };
    }
    case 'enroll':
      return enroll(run, action.nth, decision);
    case 'foreign_proof': {
      const id = action.of === 'decoy' ? decoyId : action.of;
      if (id === transaction.subject?.id && action.where === 'now') return run;
      const evidence = {
        ...proof('webauthn', 0),
        subject: id,
        at: run.now,
        transaction: action.where === 'now' ? transaction.event : 'elsewhere',
      };
      expect(isRefused(() => proved(transaction, evidence))).toBe(true);
      return run;
    }
    case 'pick':
      return { ...run, transaction: picked(transaction, { purpose: action.purpose, authenticator: action.key }) };
    case 'wait':
      return { ...run, now: run.now + action.seconds };
    case 'select':
      return { ...run, transaction: selecting(transaction) };
    case 'skip':
      if (!('skippable' in decision) || !decision.skippable) return run;
      return { ...run, transaction: skipping(transaction, decision.skippable.authenticators) };
    case 'forget':
      return transaction.evidence.length > 0 ? run : { ...run, transaction: forgetSubject(transaction) };
  }
}

/** Not `toThrow`: that reads the stack of each error, which is a tenth of the walks. */
function isRefused(run: () => unknown): boolean {
  try {
    run();
    return false;
  } catch {
    return true;
  }
}

/** Fresh enough to stand for what was lost (seconds, decision 20). */
const lossWindow = 300;

/**
 * The strongest that the account can reach; or, after a loss, a code for recovery beside another factor type (decision
 * 20).
 */
function reachesLaw7({ transaction: { evidence, event }, now }: Run, subject: Subject): boolean {
  const meets = (factors: 1 | 2 | 3): boolean =>
    naivelyMeets({ anyOf: [{ factors, demands: [] }] }, evidence, { now, transaction: event });
  const isAfterLoss = evidence.some(
    ({ authenticator, at }) =>
      (authenticator === 'recovery_code' || authenticator === 'access_code') && now - at <= lossWindow,
  );
  return meets(factorsOf(subject)) || (isAfterLoss && meets(2));
}

/**
 * Enrolls only what the decision offers, as the engine does, and expects Law 7 to hold whenever it offers something.
 * What it only lists is chosen.
 */
function enroll(run: Run, nth: number, decision: Decision): Run {
  const subject = subjectOf(run);
  if (decision.kind !== 'enroll' || subject === undefined) return run;
  const key = decision.choices[nth % decision.choices.length] as Key;
  if (decision.proofFirst)
    return { ...run, transaction: picked(run.transaction, { purpose: 'enroll', authenticator: key }) };
  expect(reachesLaw7(run, subject)).toBe(true);
  const [template] = enrolled(key);
  const made: Enrollment = { ...(template as Enrollment), id: `new-${key}-${subject.enrollments.length}` };
  const users = { ...run.users, [subject.id]: { ...subject, enrollments: [...subject.enrollments, made] } };
  const evidence = evidenceBy(run, subject, made, { origin: 'enrollment' });
  return { ...run, users, transaction: proved(run.transaction, evidence) };
}

function expectEarned(run: Run, demands: Demands): void {
  const { subject, evidence, event, request: asked } = run.transaction;
  expect(subject?.decoy).toBe(false);
  expect(run.users[subject?.id ?? '']?.status).toBe('active');
  for (const shown of evidence) expect(shown.subject).toBe(subject?.id);
  const when = { now: run.now, transaction: event, maxAge: asked.promptLogin ? 0 : asked.maxAge };
  expect([demands.session, demands.app].map((demand) => naivelyMeets(demand, evidence, when))).toEqual([true, true]);
}

test('no sequence of submissions completes without the required proofs', () => {
  const ends = { complete: 0, denied: 0, enroll: 0, proofFirst: 0, requestedEnrollment: 0 };
  const walks = fc.record({
    session: requirement,
    app: requirement,
    request,
    promoted: fc.subarray(Object.keys(descriptor) as Key[], { minLength: 2, maxLength: 4 }),
    ann: fc.subarray([...allEnrollments], { maxLength: 4 }),
    acts: fc.array(act, { minLength: 5, maxLength: 25 }),
  });
  fc.assert(
    fc.property(walks, ({ ann, acts, ...demands }) => {
      const users = {
        ann: userWith([], { enrollments: ann }),
        bob: userWith(['password', 'totp'], { id: 'bob' }),
        sue: userWith(['password', 'totp'], { id: 'sue', status: 'suspended' }),
      };
      const transaction = newTransaction({
        id: 'walk',
        request: { ...plainRequest, ...demands.request },
        now: fixedNow,
        lifetime: 900,
      });
      let { run, decision, plan } = advance({ transaction, users, now: fixedNow }, demands);
      for (const action of acts) {
        ({ run, decision, plan } = advance(submit(run, action, decision, plan), demands));
        if (plan.kind !== 'step') throw new Error('nothing to show');
        if (plan.step.kind === 'enroll') ends.enroll += 1;
        if (plan.step.kind === 'denied') ends.denied += 1;
        if (decision.kind === 'enroll' && decision.proofFirst) ends.proofFirst += 1;
        if (decision.kind === 'challenge' && decision.skippable) ends.requestedEnrollment += 1;
        if (plan.step.kind !== 'complete') continue;
        ends.complete += 1;
        expectEarned(run, demands);
      }
    }),
    seeded(3000),
  );
  // The property says little unless many walks reach an end.
  const { proofFirst, requestedEnrollment, ...often } = ends;
  for (const count of Object.values(often)) expect(count).toBeGreaterThan(enough(100));
  for (const count of [proofFirst, requestedEnrollment]) expect(count).toBeGreaterThan(enough(5));
});
