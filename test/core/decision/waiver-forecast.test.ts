/** Whether the page may offer to remember a proof: only what would be waived at the next sign-in. */

import { describe, expect, test } from '@jest/globals';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import { wouldWaive } from '../../../src/core/decision/waiver-forecast.ts';
import { oneHour } from '../../../src/core/model/durations.ts';
import type { Enrollment, Facts, Subject } from '../../../src/core/model/facts.ts';
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

describe('before the first proof, the page offers the same as for an identifier that no account has', () => {
  const device = { known: false, platform: 'desktop', os: 'linux' } as const;
  const unknown = { ...userWith(['password', 'totp']), id: 'decoy' };
  const member = (more: Partial<Subject> = {}) => userWith(['password', 'totp'], { groups: ['contractors'], ...more });
  const contractors = { groups: { any: ['contractors'] } };
  const unusual = { risk: { any: ['newDevice' as const] } };

  test.each<[string, Policy]>([
    ['who will be denied', rules(['A', contractors, { kind: 'deny' }], ['B', {}, rememberingTwo])],
    ['whose rule remembers nothing', rules(['A', contractors, allow(factors(2))], ['B', {}, rememberingTwo])],
    ['whose rule alone remembers', rules(['A', contractors, rememberingTwo], ['B', {}, allow(factors(2))])],
    ['of whom something is unusual', rules(['A', unusual, allow(factors(2))], ['B', {}, rememberingTwo])],
  ])('to a user %s', (_, app) => {
    const policies = policiesOf({ app });
    const risk = { level: 'medium', reasons: [{ signal: 'newDevice', points: 20 }] } as const;
    const shown = (subject: Subject, more: object = {}) => {
      const decision = evaluate(policies, { ...factsOf({ subject, device }), ...more });
      expect(decision.kind).toBe('challenge');
      return 'rememberable' in decision ? decision.rememberable : undefined;
    };
    expect(shown(member(), { risk, lastSignIn: 5 })).toEqual(shown(unknown));
  });

  test('and once something is proved, what the rule of the user remembers', () => {
    const evidence = [proof('password', 'now')];
    const app = rules(['A', contractors, rememberingTwo], ['B', {}, allow(factors(2))]);
    const decision = evaluate(policiesOf({ app }), factsOf({ subject: member(), evidence }));
    expect(decision).toMatchObject({ kind: 'challenge', rememberable: { enrollments: ['totp'] } });
  });
});

test('what is unusual now is not next time', () => {
  const evidence = [proof('password', 'now')];
  const unusual = { risk: { any: ['newDevice' as const] } };
  const app = rules(['New', unusual, rememberingTwo], ['Known', {}, rememberingTwo]);
  const strict = rules(['New', unusual, { kind: 'deny' }], ['Known', {}, allow(factors(1))]);
  const risk = { level: 'medium', reasons: [{ signal: 'newDevice', points: 20 }] } as const;
  const facts = { ...factsOf({ subject: ann, evidence }), risk };
  expect(wouldWaive(policiesOf({ app }), facts, totp)).toBe(true);
  expect(wouldWaive(policiesOf({ app: always(rememberingTwo), session: strict }), facts, totp)).toBe(true);
});
