/** What the rules of a case ask for in effect, and how old what counts there can be. */
import { describe, expect, test } from '@jest/globals';
import { askedIn, browsersOf, isRememberable, proofsIn } from '../../../../src/core/analysis/proofs/asked-proofs.ts';
import type { AllowTerms, AppSession, Requirement, Rule, SessionTerms } from '../../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { descriptor, factors, policiesOf } from '../../support/fixtures.ts';

const chain: Requirement = { chains: [[{ authenticators: ['password'] }, { authenticators: ['totp'] }]] };
const rule = (requirement: Requirement, more: Partial<AllowTerms> = {}): Rule => ({
  name: 'rule',
  when: {},
  then: { kind: 'allow', requirement, ...more },
});
const denying: Rule = { name: 'rule', when: {}, then: { kind: 'deny' } };
const one = factors(1);

describe('what is asked for', () => {
  const asked = (app: Rule, policies: PolicySet = policiesOf(), session = rule(one)) =>
    askedIn({ session, app }, policies);
  const browsers = (app: Rule) => browsersOf({ session: rule(one), app }, policiesOf(), [descriptor.phone]);
  const left = (['knowledge', 'inherence'] as const).map((factor) => ({ factors: 1 as const, demands: [{ factor }] }));

  test('is what the session policy, the minimum of the app and its rule ask for', () => {
    const minimum = factors(1, { demands: [{ authenticators: ['password'] }] });
    expect(asked(rule(factors(2)), policiesOf({ minimumAcr: 'pwd' }))).toEqual([one, minimum, factors(2)]);
    expect(asked(rule(factors(2)), policiesOf(), denying)).toEqual([factors(2)]);
    expect(asked(denying)).toEqual([one]);
  });

  test('has the remaining proofs in a browser that remembers, where the rule allows it', () => {
    const plain = { asked: [one, factors(2)], premises: [one, factors(2)] };
    const [first, ...others] = browsers(rule(factors(2), { remember: 60 }));
    expect(first).toEqual(plain);
    expect(others).toEqual(
      ['sms', 'voice'].map((method) => ({
        remembered: { authenticator: 'phone', methods: [method] },
        asked: [one, { anyOf: [{ factors: 2, demands: [] }, ...left] }],
        premises: [one, { anyOf: left }],
      })),
    );
    expect(browsers(rule(factors(2)))).toEqual([plain]);
    expect(browsers(rule(chain, { remember: 60 }))).toHaveLength(1);
    expect(browsers(denying)).toEqual([{ asked: [one], premises: [one] }]);
  });

  test('is waived only where nothing else asks for a possession', () => {
    const app = rule(factors(2), { remember: 60 });
    const beside = (session: Rule, policies = policiesOf()) =>
      browsersOf({ session, app }, policies, [descriptor.totp]);
    expect(beside(rule(one))).toHaveLength(2);
    expect(beside(rule(factors(2)))).toHaveLength(1);
    expect(beside(rule(one), policiesOf({ minimumAcr: '2fa' }))).toHaveLength(1);
    // One chain may ask for two enrollments of one kind, of which nothing is known here.
    expect(beside(rule(chain))).toHaveLength(2);
  });

  test('is waived by what the user has, by the method that is asked for, and by nothing that stands in for it', () => {
    expect(isRememberable(descriptor.totp)).toBe(true);
    expect(isRememberable(descriptor.password)).toBe(false);
    expect(isRememberable(descriptor.recovery_code)).toBe(false);
    const call = factors(2, { demands: [{ factor: 'possession', authenticators: ['phone.voice'] }] });
    const [, ...others] = browsers(rule(call, { remember: 60 }));
    expect(others.map(({ remembered }) => remembered?.methods)).toEqual([['voice']]);
  });

  test('is waived by a key that shows less than another, where that is enough', () => {
    const bound = { factors: 2 as const, demands: [{ characteristics: ['deviceBound' as const] }] };
    const app = rule({ anyOf: [bound] }, { remember: 60 });
    const [, ...others] = browsersOf({ session: rule(one), app }, policiesOf(), [descriptor.webauthn]);
    const demands = others.map(({ premises: [, last] }) => last && 'anyOf' in last && last.anyOf[0]?.demands);
    expect(demands).toEqual([[{ factor: 'knowledge' }], [...bound.demands, { factor: 'knowledge' }]]);
  });
});

describe('what counts', () => {
  const limits = (session: SessionTerms | undefined, appSession?: AppSession, others: readonly Rule[] = [denying]) => {
    const own = rule(one, session && { session });
    const policies = { ...policiesOf(), session: compilePolicy({ name: 'session', rules: [own, ...others] }) };
    const app = rule(one, appSession && { appSession });
    return proofsIn({ session: own, app }, policies).limits;
  };
  const plain = { idle: 10, absolute: 100 };
  const kept = { ...plain, keep: { idle: 20, absolute: 200 } };
  const quick = { ...plain, keep: { idle: 5, absolute: 200 } };

  test.each<[string, SessionTerms | undefined, AppSession | undefined, ...object[]]>([
    ['anything, without limits', undefined, undefined, {}],
    ['what is in the session', plain, undefined, { oldest: 100, longestPause: 10 }],
    ['what is in one that is kept', kept, undefined, { oldest: 200, longestPause: 20 }],
    [
      'what is in one that is not kept, where the app takes no other',
      kept,
      { unkept: true },
      { oldest: 100, longestPause: 10 },
    ],
    ['what the app takes', kept, { absolute: 50 }, { oldest: 50, longestPause: 20 }],
    ['no more than is in the session', plain, { absolute: 500 }, { oldest: 100, longestPause: 10 }],
    [
      'nothing that is older than a session without length',
      { idle: 0, absolute: 0 },
      undefined,
      { oldest: 0, longestPause: 0 },
    ],
    [
      'nothing old in a session without length that is not kept',
      { idle: 0, absolute: 0 },
      { unkept: true },
      { oldest: 0, longestPause: 0 },
    ],
    [
      'what is in one that is kept, or in another one, where a kept one ends sooner without activity',
      quick,
      undefined,
      { oldest: 200, longestPause: 5 },
      { oldest: 100, longestPause: 10, unkept: true },
    ],
    [
      'what is in one that is not kept, where the app takes no more of a kept one',
      quick,
      { absolute: 50 },
      { oldest: 50, longestPause: 10, unkept: true },
    ],
    ['that, where the app takes no other', quick, { unkept: true }, { oldest: 100, longestPause: 10, unkept: true }],
  ])('is %s', (_, session, appSession, ...expected) => {
    expect(limits(session, appSession)).toEqual(expected);
  });

  test('may have paused only as long as the rule that decides lets it', () => {
    const longer = rule(one, { session: { idle: 30, absolute: 100 } });
    expect(limits(plain, undefined, [longer, denying])).toMatchObject([{ longestPause: plain.idle }]);
  });

  test('is decided by the session alone when the app denies', () => {
    const own = rule(one, { session: plain });
    const policies = { ...policiesOf(), session: compilePolicy({ name: 'session', rules: [own] }) };
    expect(proofsIn({ session: own, app: denying }, policies).limits).toMatchObject([{ oldest: 100 }]);
  });
});
