/** What a request asks for: `acr_values`, `max_age`, `prompt=login`. */

import { describe, expect, test } from '@jest/globals';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import type { Evidence, RequestFacts } from '../../../src/core/model/facts.ts';
import { compilePolicy } from '../../../src/core/policy/rules/compile.ts';
import {
  acrLevels,
  allow,
  always,
  enrollmentTerms,
  factors,
  factsOf,
  fixedNow,
  type Key,
  type PolicyParts,
  policiesOf,
  proof,
  silentFacts,
  userWith,
} from '../support/fixtures.ts';

type Keys = readonly (Key | 'key')[];

function decide(request: Partial<RequestFacts>, has: Keys, evidence: readonly Evidence[], policies: PolicyParts = {}) {
  return evaluate(policiesOf(policies), factsOf({ subject: userWith(has), evidence, request }));
}

describe('voluntary acr values', () => {
  const password = [proof('password', 'now')];
  test.each<[string, readonly string[], Keys, object]>([
    [
      'that can be reached are asked for',
      ['2fa'],
      ['password', 'totp'],
      { kind: 'challenge', options: [{ authenticator: 'totp' }] },
    ],
    ['that are reached change nothing', ['pwd'], ['password', 'totp'], { kind: 'allow', assurance: { acr: 'pwd' } }],
    ['that are not known are left out', ['gold'], ['password'], { kind: 'allow', assurance: { acr: 'pwd' } }],
    [
      'the first that can be reached',
      ['gold', 'phr', '2fa'],
      ['password', 'webauthn'],
      { kind: 'challenge', options: [{ authenticator: 'webauthn' }] },
    ],
    ['that take an enrollment ask for nothing', ['phr'], ['password'], { kind: 'allow', assurance: { acr: 'pwd' } }],
    [
      'that take an enrollment give way to the next',
      ['phr', '2fa'],
      ['password', 'totp'],
      { kind: 'challenge', options: [{ authenticator: 'totp' }] },
    ],
    [
      'that only a recovery authenticator reaches ask for nothing',
      ['2fa'],
      ['password', 'recovery_code'],
      { kind: 'allow', assurance: { acr: 'pwd' } },
    ],
  ])('%s: %j', (_, values, has, expected) => {
    expect(decide({ acrValues: values }, has, password)).toMatchObject(expected);
  });

  test('that only a disabled authenticator reaches give way to the next', () => {
    const terms = enrollmentTerms({ disabled: ['totp'] });
    const enrollment = compilePolicy({ name: 'enrollment', rules: [{ name: 'All', when: {}, then: terms }] });
    const policies = { ...policiesOf({ enabled: ['password', 'totp'] }), enrollment };
    const subject = userWith(['password', 'totp']);
    const facts = factsOf({ subject, evidence: password, request: { acrValues: ['2fa', '1fa'] } });
    expect(evaluate(policies, facts)).toMatchObject({ kind: 'allow', assurance: { acr: '1fa' } });
  });

  test('that only a disabled authenticator reaches lead to no enrollment', () => {
    const terms = enrollmentTerms({ disabled: ['totp'] });
    const enrollment = compilePolicy({ name: 'enrollment', rules: [{ name: 'All', when: {}, then: terms }] });
    const policies = { ...policiesOf({ enabled: ['password', 'totp', 'webauthn'] }), enrollment };
    const subject = userWith(['password', 'totp']);
    const decideFor = (evidence: readonly Evidence[], acrEssential: boolean, acrValues = ['2fa', '1fa']) =>
      evaluate(policies, factsOf({ subject, evidence, request: { acrValues, acrEssential } }));
    expect(decideFor(password, false)).toMatchObject({ kind: 'allow', assurance: { acr: '1fa' } });
    expect(decideFor(password, false, ['2fa'])).toMatchObject({ kind: 'allow', assurance: { acr: 'pwd' } });
    expect(decideFor(password, true, ['2fa'])).toMatchObject({ kind: 'challenge', toEnroll: ['webauthn'] });
  });

  test('are still asked for where the app makes the user enroll something', () => {
    const enabled = ['password', 'totp', 'webauthn'] as const;
    const app = factors(1, { demands: [{ characteristics: ['phishingResistant'] }] });
    const policies = { ...policiesOf({ enabled, app }) };
    const subject = userWith(['password', 'totp']);
    const request = { acrValues: ['phr', '2fa', 'pwd'] };
    const step = (evidence: readonly Evidence[]) => evaluate(policies, factsOf({ subject, evidence, request }));
    expect(step(password)).toMatchObject({ kind: 'challenge', options: [{ authenticator: 'totp' }] });
    expect(step([...password, proof('totp', 'now')])).toMatchObject({ kind: 'enroll', choices: ['webauthn'] });
  });

  test('that no user can reach give way to the next and then to nothing, and the acr is true', () => {
    const enabled = ['password', 'totp'] as const;
    const evidence = [proof('password', 'now'), proof('totp', 'now')];
    expect(decide({ acrValues: ['phr', '2fa', 'pwd'] }, ['password', 'totp'], evidence, { enabled })).toMatchObject({
      kind: 'allow',
      assurance: { acr: '2fa' },
    });
    expect(decide({ acrValues: ['phr'] }, ['password', 'totp'], evidence, { enabled })).toMatchObject({
      kind: 'allow',
      assurance: { acr: '2fa' },
    });
  });

  test('that no user can reach give way to the next, which is asked for', () => {
    const enabled = ['password', 'totp'] as const;
    expect(decide({ acrValues: ['phr', '2fa'] }, ['password', 'totp'], password, { enabled })).toMatchObject({
      kind: 'challenge',
      options: [{ authenticator: 'totp' }],
    });
  });

  test('the first requested value that is met is the acr, not the strongest', () => {
    const evidence = [proof('webauthn', 'now')];
    expect(decide({ acrValues: ['1fa', 'phr'] }, ['webauthn'], evidence)).toMatchObject({
      kind: 'allow',
      assurance: { acr: '1fa' },
    });
    expect(decide({}, ['webauthn'], evidence)).toMatchObject({ kind: 'allow', assurance: { acr: 'phr' } });
  });

  test('no acr at all when none is met', () => {
    const decision = decide({}, ['password'], [proof('password', 'now')], {
      acrLevels: [{ value: '2fa', requirement: factors(2) }],
    });
    expect(decision.kind === 'allow' && 'acr' in decision.assurance).toBe(false);
  });

  test('the trace says which value is asked for', () => {
    const { layers } = decide({ acrValues: ['gold', '2fa'], maxAge: 60 }, ['password', 'totp'], password).trace;
    expect(layers[2]).toMatchObject({
      layer: 'request',
      outcome: 'allow',
      requiredAcr: ['2fa'],
      maxAge: 60,
      satisfied: false,
    });
  });
});

test('the trace has the age that the request allows at the layer of the request, and only where it has one', () => {
  const layersOf = (request: Partial<RequestFacts>) => decide(request, ['password'], []).trace.layers;
  expect(layersOf({}).map((layer) => 'maxAge' in layer)).toEqual([false, false, false]);
  expect(layersOf({ maxAge: 60 }).map((layer) => 'maxAge' in layer)).toEqual([false, false, true]);
});

describe('essential acr values', () => {
  const essential = (...values: string[]) => ({ acrValues: values, acrEssential: true });
  const enabled = ['password', 'totp'] as const;
  const password = [proof('password', 'now')];

  test.each<[string, readonly string[], object]>([
    ['any of them will do', ['phr', 'pwd'], { kind: 'allow', assurance: { acr: 'pwd' } }],
    ['what is missing is asked for', ['gold', '2fa'], { kind: 'challenge', options: [{ authenticator: 'totp' }] }],
    ['none is known', ['gold'], { kind: 'deny', reason: 'acr_unattainable', layer: 'request' }],
    ['none can be reached', ['phr'], { kind: 'deny', reason: 'acr_unattainable', layer: 'request' }],
  ])('%s: %j', (_, values, expected) => {
    expect(decide(essential(...values), ['password', 'totp'], password, { enabled })).toMatchObject(expected);
  });

  const traced = (...values: string[]) => decide(essential(...values), ['password'], password).trace.layers[2];

  test('are in the trace, with the requirement where it is one', () => {
    const layer = { layer: 'request', policy: 'acr_values', rules: [] };
    expect(traced('2fa')).toEqual({
      ...layer,
      outcome: 'allow',
      requiredAcr: ['2fa'],
      requirement: factors(2),
      satisfied: false,
    });
    expect(traced('2fa', 'pwd')).toEqual({ ...layer, outcome: 'allow', requiredAcr: ['2fa', 'pwd'], satisfied: true });
    expect(traced('gold')).toEqual({ ...layer, outcome: 'deny', requiredAcr: ['gold'] });
  });

  test('deny before the user has identified when none is known', () => {
    expect(evaluate(policiesOf(), factsOf({ request: essential('gold') }))).toMatchObject({
      kind: 'deny',
      reason: 'acr_unattainable',
    });
  });

  test('are not to blame when the policy cannot be met anyway', () => {
    const app = factors(1, { demands: [{ authenticators: ['webauthn'] }] });
    expect(decide(essential('2fa'), ['password', 'totp'], password, { enabled, app })).toMatchObject({
      kind: 'deny',
      reason: 'unsatisfiable',
    });
  });

  test('an empty list asks for nothing', () => {
    expect(decide(essential(), ['password'], password)).toMatchObject({ kind: 'allow' });
  });
});

describe("the app's minimum acr", () => {
  const minimumAcr = '2fa';
  test('is asked for in every request', () => {
    expect(
      decide({ acrValues: ['1fa'] }, ['password', 'totp'], [proof('password', 'now')], { minimumAcr }),
    ).toMatchObject({ kind: 'challenge', options: [{ authenticator: 'totp' }] });
  });
  test('is met', () => {
    expect(
      decide({}, ['password', 'totp'], [proof('password', 'now'), proof('totp', 'now')], { minimumAcr }),
    ).toMatchObject({ kind: 'allow', assurance: { acr: '2fa' } });
  });
  test('that cannot be reached denies', () => {
    const decision = decide({}, ['password'], [proof('password', 'now')], { minimumAcr, enabled: ['password'] });
    expect(decision).toMatchObject({ kind: 'deny', reason: 'acr_unattainable', layer: 'app' });
  });
  test('is not to blame when the policy cannot be met anyway', () => {
    const app = factors(1, { demands: [{ authenticators: ['webauthn'] }] });
    const decision = decide({}, ['password'], [proof('password', 'now')], { minimumAcr, enabled: ['password'], app });
    expect(decision).toMatchObject({ kind: 'deny', reason: 'unsatisfiable', layer: 'app', rule: 'everybody' });
  });
  test('that is not configured denies', () => {
    expect(evaluate(policiesOf({ minimumAcr: 'gold' }), factsOf())).toMatchObject({
      kind: 'deny',
      reason: 'acr_unattainable',
      layer: 'app',
    });
  });
});

describe('max_age and prompt=login', () => {
  const both = ['password', 'totp'] as const;
  test.each<[Partial<RequestFacts>, number | 'now', string]>([
    [{ maxAge: 60 }, 60, 'allow'],
    [{ maxAge: 60 }, 61, 'challenge'],
    [{ maxAge: 0 }, 0, 'challenge'],
    [{ maxAge: 0 }, 'now', 'allow'],
    [{ promptLogin: true }, 1, 'challenge'],
    [{ promptLogin: true }, 'now', 'allow'],
    [{ promptLogin: true, maxAge: 3600 }, 1, 'challenge'],
  ])('%j with evidence proved %s: %s', (request, age, expected) => {
    expect(decide(request, both, [proof('password', age)]).kind).toBe(expected);
  });

  test('bind all evidence that the decision rests on', () => {
    const app = factors(2);
    const decision = decide({ maxAge: 60 }, both, [proof('password', 61), proof('totp', 5)], { app });
    expect(decision).toMatchObject({ kind: 'challenge', options: [{ authenticator: 'password' }] });
  });

  test('with fresh evidence nothing is asked, and auth_time stays', () => {
    expect(decide({ maxAge: 60 }, both, [proof('password', 50)])).toMatchObject({
      kind: 'allow',
      assurance: { authTime: fixedNow - 50 },
    });
  });

  test('prompt=login without an interaction needs one', () => {
    const facts = silentFacts({
      subject: userWith(both),
      evidence: [proof('password', 'now')],
      request: { promptLogin: true },
    });
    expect(evaluate(policiesOf(), facts).kind).toBe('challenge');
  });
});

describe('step-up', () => {
  test('asks for the missing part only, and the amr has both', () => {
    const before = proof('password', 900);
    const policies = policiesOf({ app: factors(2) });
    const subject = userWith(['password', 'totp']);
    expect(evaluate(policies, factsOf({ subject, evidence: [before] }))).toMatchObject({
      kind: 'challenge',
      options: [{ authenticator: 'totp' }],
    });
    const after = evaluate(policies, factsOf({ subject, evidence: [before, proof('totp', 'now')] }));
    expect(after).toMatchObject({
      kind: 'allow',
      assurance: { amr: ['mfa', 'otp', 'pwd'], authTime: fixedNow - 900, acr: '2fa' },
    });
  });
});

describe('a request can raise, never lower', () => {
  test.each([['1fa'], ['pwd'], ['phr'], ['gold']])('acr_values=%s leaves the two factors of the app', (value) => {
    const policies = policiesOf({ app: factors(2), session: always(allow(factors(1))), acrLevels });
    for (const acrEssential of [true, false]) {
      const facts = factsOf({
        subject: userWith(['password', 'totp']),
        evidence: [proof('password', 'now')],
        request: { acrValues: [value], acrEssential },
      });
      expect(evaluate(policies, facts).kind).not.toBe('allow');
    }
  });
});
