/** Whether the page may offer to remember a proof: only what would be waived at the next sign-in. */

import { describe, expect, test } from '@jest/globals';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import { wouldWaive } from '../../../src/core/decision/waiver-forecast.ts';
import { oneHour } from '../../../src/core/model/durations.ts';
import type { Enrollment, Facts } from '../../../src/core/model/facts.ts';
import type { Policy, Rule } from '../../../src/core/model/policy.ts';
import {
  allow,
  always,
  enrolled,
  type FactParts,
  factors,
  factsOf,
  type PolicyParts,
  policiesOf,
  proof,
  rememberedProof,
  userWith,
} from '../support/fixtures.ts';

const rememberingTwo: Rule['then'] = { kind: 'allow', requirement: factors(2), remember: oneHour };
const ann = userWith(['password', 'totp']);

const totp = rememberedProof('totp', 0);

function rules(...list: readonly [string, Rule['when'], Rule['then']][]): Policy {
  return { name: 'tested', rules: list.map(([name, when, then]) => ({ name, when, then })) };
}

describe('a proof would be waived next time', () => {
  const would = (parts: PolicyParts, facts: Facts = factsOf({ subject: ann })) =>
    wouldWaive(policiesOf({ app: always(rememberingTwo), ...parts }), facts, totp);

  test('where the rule remembers it', () => {
    expect(would({})).toBe(true);
    expect(would({ app: always(allow(factors(2))) })).toBe(false);
  });

  test('for no user who has not identified', () => {
    expect(would({}, factsOf())).toBe(false);
  });

  test('for a suspended user as for any other, so that the status does not show', () => {
    expect(would({}, factsOf({ subject: { ...ann, status: 'suspended' } }))).toBe(true);
  });

  test('by the rule for the same kind of device', () => {
    const desktop = { device: { platform: ['desktop'], os: ['linux'] } } as const;
    expect(would({ app: rules(['desktop', desktop, rememberingTwo], ['others', {}, allow(factors(2))]) })).toBe(true);
  });

  test('not where a known browser is denied', () => {
    const known = { device: { known: true } };
    const session = rules(['known', known, { kind: 'deny' }], ['new', {}, allow(factors(1))]);
    expect(would({ session })).toBe(false);
  });
});

describe('the page offers to remember', () => {
  const offered = (parts: FactParts, policies: PolicyParts = {}) => {
    const decision = evaluate(policiesOf({ app: always(rememberingTwo), ...policies }), factsOf(parts));
    return 'rememberable' in decision ? decision.rememberable : undefined;
  };

  test('the proof that it asks for', () => {
    const evidence = [proof('password', 'now')];
    expect(offered({ subject: ann, evidence })).toEqual({ seconds: oneHour, enrollments: ['totp'] });
  });

  test('no proof that it does not ask for', () => {
    const freshPassword = factors(2, { demands: [{ factor: 'knowledge', maxAge: 0 }] });
    const app = always({ kind: 'allow', requirement: freshPassword, remember: oneHour });
    const evidence = [proof('totp', 60)];
    expect(offered({ subject: ann, evidence }, { app })).toBeUndefined();
    expect(offered({ subject: ann }, { app })).toEqual({ seconds: oneHour, enrollments: ['totp'] });
  });

  test('a phone that could be called, where a text message would not be waived', () => {
    const demands = [{ factor: 'possession', exclude: ['phone.sms'] }] as const;
    const app = always({ kind: 'allow', requirement: factors(2, { demands }), remember: oneHour });
    const [password, phone] = enrolled('password', 'phone');
    const withMethods = (...methods: readonly string[]) =>
      userWith([], { enrollments: [password, { ...phone, methods }] as readonly Enrollment[] });
    const evidence = [proof('password', 'now')];
    const call = proof('phone', 'now', { method: 'voice' });
    const both = withMethods('sms', 'voice');
    expect(offered({ subject: both, evidence }, { app })).toEqual({ seconds: oneHour, enrollments: ['phone'] });
    expect(offered({ subject: withMethods('sms'), evidence }, { app })).toBeUndefined();
    expect(offered({ subject: both, evidence: [...evidence, call] }, { app })).toMatchObject({ seconds: oneHour });
    const user = userWith(['password', 'totp']);
    expect(offered({ subject: user, evidence }, { app })).toEqual({ seconds: oneHour, enrollments: ['totp'] });
  });

  test('nothing where the request asks for proofs of its own', () => {
    expect(offered({ subject: ann, request: { promptLogin: true } })).toBeUndefined();
    expect(offered({ subject: ann, request: { maxAge: 600 } })).toBeUndefined();
  });
});
