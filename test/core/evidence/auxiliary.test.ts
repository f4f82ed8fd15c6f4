/** Auxiliary authenticators: they count only where a requirement names them, and only beside another authenticator. */

import { describe, expect, test } from '@jest/globals';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import { attainableAcrValues } from '../../../src/core/evidence/attainable-acr.ts';
import type { Requirement } from '../../../src/core/model/policy.ts';
import { identifyingHelps } from '../../../src/core/queries/identifier-page-secret.ts';
import { accountManagementRequirement } from '../../../src/core/remediation/account-management.ts';
import { usableEnrollments } from '../../../src/core/remediation/usable-enrollments.ts';
import { acrLevels, descriptor, factors, factsOf, type Key, policiesOf, proof, userWith } from '../support/fixtures.ts';

const question: Key = 'security_question';
const named = factors(2, { demands: [{ factor: 'knowledge', authenticators: [question] }, { factor: 'possession' }] });
const chain = (...steps: readonly Key[]): Requirement => ({
  chains: [steps.map((step) => ({ authenticators: [step] }))],
});

function asked(app: Requirement, has: readonly Key[], proved: readonly Key[] = []) {
  const evidence = proved.map((key) => proof(key, 'now'));
  const decision = evaluate(policiesOf({ app }), factsOf({ subject: userWith(has), evidence }));
  return decision.kind === 'challenge' && !decision.withheld
    ? decision.options.map(({ authenticator }) => authenticator)
    : decision.kind === 'enroll'
      ? decision.choices.map((key) => `enroll ${key}`)
      : [decision.kind === 'challenge' ? `withheld ${decision.withheld?.reason}` : decision.kind];
}

describe('an auxiliary authenticator is asked for last', () => {
  test.each<[string, Requirement]>([
    ['of two demands', named],
    ['of a chain', chain('totp', question)],
    ['of a chain that has it first', chain(question, 'totp')],
  ])('%s', (_, app) => {
    expect(asked(app, ['totp', question])).toEqual(['totp']);
    expect(asked(app, ['totp', question], ['totp'])).toEqual([question]);
    expect(asked(app, ['totp', question], ['totp', question])).toEqual(['allow']);
  });

  test('also where it is one of two options', () => {
    const app = factors(2, { demands: [{ authenticators: ['password', question] }] });
    expect(asked(app, ['password', 'totp', question])).toEqual(['password', 'totp']);
    expect(asked(app, ['password', 'totp', question], ['totp'])).toEqual(['password', question]);
  });

  test('and never first where the user will be denied', () => {
    const denied = evaluate(policiesOf({ app: factors(3) }), factsOf({ subject: userWith([question]) }));
    expect(denied).toMatchObject({ kind: 'challenge', withheld: { reason: 'unsatisfiable' } });
    expect(denied).toMatchObject({ options: [{ authenticator: 'password', enrollments: ['none'] }] });
  });
});

test('an auxiliary authenticator is never asked for where no requirement names it', () => {
  expect(asked(factors(1), ['password', question])).toEqual(['password']);
  expect(asked(factors(2), ['totp', question], ['totp'])).not.toContain(question);
  expect(asked(factors(1, { demands: [{ factor: 'knowledge' }] }), ['totp', question], ['totp'])).not.toContain(
    question,
  );
});

test('an auxiliary authenticator alone never lets a user in', () => {
  const only = factors(1, { demands: [{ authenticators: [question] }] });
  expect(asked(only, [question])).not.toContain(question);
  expect(asked(only, ['email', question], [question])).toEqual(['email']);
  expect(asked(chain(question), [question], [question])).not.toEqual(['allow']);
});

test('an auxiliary authenticator is enrolled where it is required, after a proof of what the user has', () => {
  expect(asked(named, ['totp'])).toEqual(['totp']);
  expect(asked(named, ['totp'], ['totp'])).toEqual([`enroll ${question}`]);
});

test('an auxiliary authenticator neither raises nor meets the account-management requirement', () => {
  const requirementFor = (keys: readonly Key[]) =>
    accountManagementRequirement(usableEnrollments(userWith(keys), policiesOf()), Object.values(descriptor));
  expect(requirementFor(['totp', question])).toEqual(requirementFor(['totp']));
  const app = factors(1, { demands: [{ authenticators: ['webauthn'] }] });
  expect(asked(app, ['totp', question], ['totp'])).toEqual(['enroll webauthn']);
  expect(asked(app, ['totp', question], [question])).toEqual(['totp']);
});

test('an auxiliary authenticator reaches no acr that does not name it, and never mfa', () => {
  expect(attainableAcrValues(acrLevels, [descriptor.totp, descriptor[question]])).toEqual(['1fa']);
  const evidence = [proof('totp', 'now'), proof(question, 'now')];
  expect(
    evaluate(policiesOf({ app: named }), factsOf({ subject: userWith(['totp', question]), evidence })),
  ).toMatchObject({ kind: 'allow', assurance: { acr: '1fa', amr: ['kba', 'otp'] } });
});

test('the identifier page never asks for an auxiliary authenticator', () => {
  for (const app of [factors(1), named, chain(question, 'totp')])
    expect(identifyingHelps(policiesOf({ app }), factsOf(), { key: question, forUsers: 'some' })).toBe(false);
});
