/** How long what was proved counts at one app: session length, pauses, and sessions that are kept. */
import { describe, expect, test } from '@jest/globals';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import { evaluateIssuance } from '../../../src/core/decision/token-issuance.ts';
import { oneHour } from '../../../src/core/model/durations.ts';
import type { Evidence, Facts } from '../../../src/core/model/facts.ts';
import type { AppSession, Requirement, Rule } from '../../../src/core/model/policy.ts';
import { offersToKeep } from '../../../src/core/queries/identifier-page-secret.ts';
import {
  allow,
  always,
  factors,
  factsOf,
  fixedNow,
  policiesOf,
  proof,
  silentFacts,
  userWith,
} from '../support/fixtures.ts';

const ann = userWith(['password', 'totp']);

function policies(appSession: AppSession | undefined, requirement: Requirement = factors(1)) {
  const then: Rule['then'] = { kind: 'allow', requirement, ...(appSession && { appSession }) };
  const keep = { idle: 20 * oneHour, absolute: 30 * oneHour };
  const session: Rule['then'] = {
    kind: 'allow',
    requirement: factors(1),
    session: { idle: oneHour, absolute: 10 * oneHour, keep },
  };
  return policiesOf({ app: always(then), session: always(session) });
}
const about = (evidence: readonly Evidence[], more: Partial<Facts> = {}): Facts => ({
  ...silentFacts({ subject: ann, evidence }),
  ...more,
});

describe('the session length of a rule', () => {
  test.each<[string, number, string]>([
    ['younger', 2 * oneHour - 1, 'allow'],
    ['as old', 2 * oneHour, 'allow'],
    ['older', 2 * oneHour + 1, 'challenge'],
  ])('bounds the age of evidence: %s', (_, age, kind) => {
    expect(evaluate(policies({ absolute: 2 * oneHour }), about([proof('password', age)])).kind).toBe(kind);
  });

  test('never lengthens what the session policy says', () => {
    const old = about([proof('password', 10 * oneHour + 1)]);
    expect(evaluate(policies({ absolute: 100 * oneHour }), old).kind).toBe('challenge');
  });

  test('is not that of another app, nor of the session that is granted', () => {
    const facts = about([proof('password', 3 * oneHour)]);
    expect(evaluate(policies(undefined), facts).kind).toBe('allow');
    expect(evaluate(policies({ absolute: oneHour }), about([proof('password', 60)]))).toMatchObject({
      kind: 'allow',
      session: { idle: oneHour, absolute: 10 * oneHour },
    });
  });

  test('bounds refresh tokens by the time of the exchange', () => {
    const facts = about([proof('password', 60)]);
    const at = (seconds: number) => evaluateIssuance(policies({ absolute: 2 * oneHour }), facts, fixedNow + seconds);
    expect(at(2 * oneHour - 60)).toMatchObject({ allow: true });
    expect(at(2 * oneHour)).toMatchObject({ allow: false, reason: 'session_over' });
    expect(evaluateIssuance(policies(undefined), facts, fixedNow + 1000 * oneHour)).toMatchObject({ allow: true });
  });
});

describe('a session without activity', () => {
  test.each<[string, number, boolean, string]>([
    ['as long as its rule allows', oneHour, false, 'allow'],
    ['longer', oneHour + 1, false, 'challenge'],
    ['as long as the rule allows one that is kept', 20 * oneHour, true, 'allow'],
    ['longer, and is kept', 20 * oneHour + 1, true, 'challenge'],
  ])('for %s', (_, longestPause, keepSignedIn, kind) => {
    const paused = about([proof('password', 9 * oneHour, { longestPause })], { keepSignedIn });
    expect(evaluate(policies(undefined), paused).kind).toBe(kind);
    const justProved = factsOf({ subject: ann, evidence: [proof('password', 'now', { longestPause })] });
    expect(evaluate(policies(undefined), justProved).kind).toBe('allow');
  });

  test('ends no refresh token', () => {
    const facts = about([proof('password', 60)]);
    expect(evaluateIssuance(policies(undefined), facts, fixedNow + 5 * oneHour)).toMatchObject({ allow: true });
  });
});

describe('a session that is kept', () => {
  const kept = about([proof('password', 20 * oneHour)], { keepSignedIn: true });
  test('counts as long as the session policy says, unless the rule of the app will not have it', () => {
    expect(evaluate(policies(undefined), kept).kind).toBe('allow');
    expect(evaluate(policies({ unkept: true }), kept).kind).toBe('challenge');
    const young = about([proof('password', 9 * oneHour)], { keepSignedIn: true });
    expect(evaluate(policies({ unkept: true }), young)).toMatchObject({ kind: 'allow', session: { kept: true } });
  });

  test.each<[string, number, string]>([
    ['as long as one that is not kept may be idle', oneHour, 'allow'],
    ['longer', oneHour + 1, 'challenge'],
  ])('ends at that app after a pause that is %s', (_, longestPause, kind) => {
    const paused = about([proof('password', 5 * oneHour, { longestPause })], { keepSignedIn: true });
    expect(evaluate(policies({ unkept: true }), paused).kind).toBe(kind);
    expect(evaluate(policies({ absolute: 9 * oneHour }), paused).kind).toBe('allow');
    const justProved = factsOf({ subject: ann, evidence: [proof('password', 'now', { longestPause })] });
    expect(evaluate(policies({ unkept: true }), justProved).kind).toBe('allow');
  });

  test('is offered unless no rule of the app that may decide will have it', () => {
    const facts = factsOf();
    expect(offersToKeep(policies(undefined), facts)).toBe(true);
    expect(offersToKeep(policies({ unkept: true }), facts)).toBe(false);
    const strict: Rule = {
      name: 'Strict',
      when: { groups: { any: ['staff'] } },
      then: { kind: 'allow', requirement: factors(1), appSession: { unkept: true } },
    };
    const app = { name: 'app', rules: [strict, { name: 'Rest', when: {}, then: allow(factors(1)) }] };
    expect(
      offersToKeep({ ...policies(undefined), ...policiesOf({ app }), session: policies(undefined).session }, facts),
    ).toBe(true);
  });
});

describe('a demand that bounds pauses', () => {
  const active = factors(2, { demands: [{ factor: 'possession', maxIdle: 900 }] });
  const evidence = (longestPause: number | undefined) => [
    proof('password', oneHour, { longestPause: 3000 }),
    proof('totp', oneHour, longestPause === undefined ? {} : { longestPause }),
  ];

  test.each<[string, number | undefined, string]>([
    ['none', undefined, 'allow'],
    ['as long as may be', 900, 'allow'],
    ['too long', 901, 'challenge'],
  ])('counts the longest one since the proof of that factor: %s', (_, longestPause, kind) => {
    const decision = evaluate(policies(undefined, active), about(evidence(longestPause)));
    expect(decision.kind).toBe(kind);
    if (decision.kind === 'challenge') expect(decision.options.map((option) => option.authenticator)).toEqual(['totp']);
  });

  test('is met by a proof in this transaction, and in chains, too', () => {
    const now = factsOf({
      subject: ann,
      evidence: [proof('password', oneHour), proof('totp', 'now', { longestPause: 5000 })],
    });
    expect(evaluate(policies(undefined, active), now).kind).toBe('allow');
    const chain: Requirement = {
      chains: [[{ authenticators: ['password'], maxIdle: 900 }, { authenticators: ['totp'] }]],
    };
    expect(evaluate(policies(undefined, chain), about(evidence(0))).kind).toBe('challenge');
  });
});
