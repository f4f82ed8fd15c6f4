/**
 * What authenticators and methods that are switched on or off let users in with, compared with brute force: each pair
 * of settings and of policies, with every set of proofs of a small universe, is put to the evaluator on both sides.
 */

import { expect, test } from '@jest/globals';
import { newlyWeaker } from '../../../../src/core/analysis/comparison/newly-weaker.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import { evaluate } from '../../../../src/core/decision/evaluate.ts';
import type { AuthenticatorDescriptor, Evidence, Facts } from '../../../../src/core/model/facts.ts';
import { neutralFacts, neutralRequest } from '../../../../src/core/model/neutral-facts.ts';
import type { Demand, Rule } from '../../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { universe } from '../../support/universe.ts';

const password: AuthenticatorDescriptor = {
  key: 'password',
  factors: ['knowledge'],
  characteristics: [],
  enrollable: true,
};
const totp: AuthenticatorDescriptor = { key: 'totp', factors: ['possession'], characteristics: [], enrollable: true };
const phone = (...methods: readonly string[]): AuthenticatorDescriptor => ({ ...totp, key: 'phone', methods });

const settings: readonly (readonly AuthenticatorDescriptor[])[] = [
  [password, totp],
  [password, totp, phone('voice')],
  [password, totp, phone('sms')],
  [password, totp, phone('sms', 'voice')],
  [password, phone('voice', 'sms')],
];
const asks: readonly { readonly factors: 1 | 2; readonly demands: readonly Demand[] }[] = [
  { factors: 1, demands: [{ authenticators: ['password'] }] },
  { factors: 1, demands: [{ factor: 'possession' }] },
  { factors: 2, demands: [] },
  { factors: 1, demands: [{ authenticators: ['phone.voice', 'totp'] }] },
  { factors: 1, demands: [{ factor: 'possession', exclude: ['phone.sms'] }] },
  { factors: 1, demands: [{ authenticators: ['phone'] }] },
];

const byPassword: Rule = allowing({ factors: 1, demands: [{ authenticators: ['password'] }] });

function allowing(alternative: (typeof asks)[number]): Rule {
  return { name: 'R', when: {}, then: { kind: 'allow', requirement: { anyOf: [alternative] } } };
}

const sets = settings.flatMap((authenticators) =>
  asks.map((alternative): PolicySet => {
    const policy = (rule: Rule) => compilePolicy({ name: 'p', rules: [rule] });
    return { session: policy(byPassword), app: policy(allowing(alternative)), acrLevels: [], authenticators };
  }),
);

const proofs = [['password'], ['totp'], ['phone', 'sms'], ['phone', 'voice']] as const;
const given = proofs.reduce<readonly (readonly Evidence[])[]>(
  (lists, [authenticator, method]) =>
    lists.flatMap((list) => [list, [...list, proofOf(authenticator, method === undefined ? [] : [method])]]),
  [[]],
);

function proofOf(authenticator: string, [method]: readonly string[]): Evidence {
  const factors = authenticator === 'password' ? (['knowledge'] as const) : (['possession'] as const);
  const own = { authenticator, enrollment: authenticator, subject: 'u', factors, characteristics: [], amr: [] };
  return { ...own, ...(method && { method }), at: 1_800_000_000, transaction: 't', origin: 'sign_in' };
}

function factsWith(evidence: readonly Evidence[]): Facts {
  const enrollments = [password, totp, phone()].map(({ key, factors }) => ({
    ...{ id: key, authenticator: key, factors },
    characteristics: [],
  }));
  return neutralFacts({
    now: 1_800_000_000,
    request: neutralRequest('app'),
    device: { known: false, platform: 'desktop', os: 'other' },
    subject: { id: 'u', status: 'active', identifiers: [], groups: [], profile: {}, enrollments },
    evidence,
  });
}

const space = ruleSpace(
  [{}],
  universe({ clientIds: ['app'], places: [], attribute: () => undefined, isKept: () => true }),
);
const enters = (set: PolicySet, evidence: readonly Evidence[]) => evaluate(set, factsWith(evidence)).kind === 'allow';

test.each(sets.map((active, at) => [at, active] as const))('from configuration %i to every other one', (_, active) => {
  for (const next of sets) {
    const isWeaker = given.some((evidence) => enters(next, evidence) && !enters(active, evidence));
    const { found, undecided } = newlyWeaker({ active: active, next: next }, space);
    expect([found.length > 0, undecided]).toEqual([isWeaker, []]);
    for (const { proved } of found) {
      const shown = (proved?.evidence ?? []).map(({ authenticator, methods = [] }) => proofOf(authenticator, methods));
      expect([enters(next, shown), enters(active, shown)]).toEqual([true, false]);
    }
  }
});
