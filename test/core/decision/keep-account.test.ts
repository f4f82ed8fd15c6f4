/** A user whose account waits for its deletion is told, once, after the proof. */
import { describe, expect, test } from '@jest/globals';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import type { Facts } from '../../../src/core/model/facts.ts';
import { compilePolicy } from '../../../src/core/policy/rules/compile.ts';
import { nextStep } from '../../../src/core/step/next-step.ts';
import { newTransaction } from '../../../src/core/step/transaction.ts';
import { deletionAcknowledgedBy, forgetSubject } from '../../../src/core/step/transitions.ts';
import { factsOf, fixedNow, policiesOf, proof, userWith } from '../support/fixtures.ts';

const dueAt = fixedNow + 86_400;
const transaction = { id: 't', startedAt: fixedNow - 60 };
const waiting = { ...userWith(['password']), deletionDueAt: dueAt };

function decided(more: Partial<Facts>, policies = policiesOf()) {
  const { trace: _, ...outcome } = evaluate(policies, factsOf({ subject: waiting, transaction, ...more }));
  return outcome;
}
const proved = { evidence: [proof('password', 10)] };

describe('a user whose account waits', () => {
  test('is shown once everything is proved, and not before', () => {
    expect(decided({}).kind).toBe('challenge');
    expect(decided(proved)).toEqual({ kind: 'keep_account', dueAt });
  });

  test('continues once shown', () => {
    expect(decided({ ...proved, transaction: { ...transaction, deletionAcknowledged: true } }).kind).toBe('allow');
  });

  test('is not asked where no interaction is under way', () => {
    const { transaction: _, ...without } = factsOf({ subject: waiting, ...proved });
    expect(evaluate(policiesOf(), without).kind).toBe('allow');
  });

  test('is not asked in the account app, whose pages say it', () => {
    expect(decided(proved, { ...policiesOf(), isAccountApp: true }).kind).toBe('allow');
  });

  test('is asked before the profile', () => {
    const then = { required: ['shoeSize'], optional: [], terms: [] };
    const profile = compilePolicy({ name: 'p', rules: [{ name: 'All', when: {}, then }] });
    const policies = { ...policiesOf(), profile };
    expect(decided(proved, policies).kind).toBe('keep_account');
    const told = { transaction: { ...transaction, deletionAcknowledged: true as const } };
    expect(decided({ ...proved, ...told }, policies).kind).toBe('profile');
  });

  test('sees a page that says when', () => {
    const begun = newTransaction({ id: 't', request: factsOf({}).request, now: fixedNow, lifetime: 600 });
    const view = { canKeep: false, labels: () => undefined };
    expect(
      nextStep(evaluate(policiesOf(), factsOf({ subject: waiting, transaction, ...proved })), {
        transaction: begun,
        view,
        now: fixedNow,
      }),
    ).toEqual({
      kind: 'step',
      step: { kind: 'keep_account', dueAt, notices: [] },
    });
  });
});

test('another user of the same transaction is shown it, too', () => {
  const begun = newTransaction({ id: 't', request: factsOf({}).request, now: fixedNow, lifetime: 600 });
  expect(forgetSubject(deletionAcknowledgedBy(begun))).not.toHaveProperty('deletionAcknowledged');
});
