/** The account policy: what is proved before something is added, changed or removed, on top of Law 7. */
import { describe, expect, test } from '@jest/globals';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import { accountPurpose, enrollScope, scopeOfChange } from '../../../src/core/enrollment/account-request.ts';
import type { AccountRule, ChangesNamed, GovernedChange } from '../../../src/core/model/account-policy.ts';
import type { Decision } from '../../../src/core/model/decision.ts';
import type { Evidence, Subject } from '../../../src/core/model/facts.ts';
import type { Requirement, Rule } from '../../../src/core/model/policy.ts';
import { compileAccountPolicy } from '../../../src/core/policy/rules/account-policy.ts';
import { compilePolicy, type PolicySet } from '../../../src/core/policy/rules/compile.ts';
import { riskOf } from '../../../src/core/policy/values/risk.ts';
import {
  allow,
  factors,
  factsOf,
  type Key,
  type PolicyParts,
  policiesOf,
  proof,
  riskScoring,
  userWith,
} from '../support/fixtures.ts';

const deny: Rule['then'] = { kind: 'deny' };
const any = allow(factors(1));
const passwordAnd = (key: string): Requirement => ({
  anyOf: [{ factors: 1, demands: [{ authenticators: ['password'] }, { authenticators: [key] }] }],
});

function rule(name: string, then: Rule['then'], change?: ChangesNamed, when: Rule['when'] = {}): AccountRule {
  return { name, when, then, ...(change && { change }) };
}

function withRules(parts: PolicyParts, ...rules: readonly AccountRule[]): PolicySet {
  return { ...policiesOf(parts), accountPolicy: compileAccountPolicy({ name: 'account', rules }) };
}

function decide(policies: PolicySet, has: readonly Key[], evidence: readonly Evidence[], more: Partial<Subject> = {}) {
  return evaluate(policies, factsOf({ subject: userWith(has, more), evidence }));
}
const asked = (decision: Decision) =>
  decision.kind === 'challenge' ? decision.options.map(({ authenticator }) => authenticator) : decision.kind;
const password = proof('password', 'now');

describe('in the loop', () => {
  const second: PolicyParts = { app: factors(2), enabled: ['password', 'email', 'totp', 'webauthn'] };

  test('what it forbids is not offered, and what takes it alone denies', () => {
    const noTotp = withRules(second, rule('No apps', deny, { add: ['totp'] }), rule('Rest', any));
    expect(decide(noTotp, ['password'], [password])).toMatchObject({ kind: 'enroll', choices: ['webauthn'] });
    const none = withRules(second, rule('Nothing new', deny, { add: 'all' }), rule('Rest', any));
    expect(decide(none, ['password'], [password])).toMatchObject({
      kind: 'deny',
      reason: 'enrollment_forbids',
      layer: 'account',
    });
  });

  test('is not to blame where no enrollment would be enough', () => {
    const parts = { ...second, app: factors(1, { demands: [{ authenticators: ['phone'] }] }) };
    const policies = withRules(parts, rule('Nothing new', deny, { add: 'all' }), rule('Rest', any));
    expect(decide(policies, ['password'], [password])).toMatchObject({ kind: 'deny', reason: 'unsatisfiable' });
  });

  test('its conditions are those of every policy', () => {
    const outside = { network: { none: ['office'] } };
    const office = withRules(second, rule('Outside', deny, { add: 'all' }, outside), rule('Rest', any));
    expect(decide(office, ['password'], [password]).kind).toBe('deny');
    const facts = factsOf({
      subject: userWith(['password']),
      evidence: [password],
      network: { ip: '', zones: ['office'] },
    });
    expect(evaluate(office, facts).kind).toBe('enroll');
  });

  test('what it asks for comes before the enrollment, in addition to all that the account can prove', () => {
    const policies = withRules({ ...second, app: passwordAnd('webauthn') }, rule('All', allow(passwordAnd('email'))));
    expect(asked(decide(policies, ['password', 'email'], [password]))).toEqual(['email']);
    expect(decide(policies, ['password', 'email'], [password, proof('email', 'now')])).toMatchObject({
      kind: 'enroll',
      choices: ['webauthn'],
    });
    const floor = withRules({ ...second, app: passwordAnd('webauthn') }, rule('All', any));
    expect(asked(decide(floor, ['password', 'totp'], [password]))).toEqual(['totp']);
  });

  test('it may ask for more before one authenticator than before another', () => {
    const stricter = rule('Passkeys', allow(passwordAnd('email')), { add: ['webauthn'] });
    const policies = withRules(second, stricter, rule('Rest', any));
    expect(decide(policies, ['password'], [password])).toMatchObject({ kind: 'enroll', choices: ['totp'] });
  });

  test('it may ask for what the account lacks: then nothing is enrolled', () => {
    const policies = withRules({ ...second, app: passwordAnd('webauthn') }, rule('All', allow(passwordAnd('email'))));
    expect(decide(policies, ['password'], [password])).toMatchObject({ kind: 'deny', layer: 'account' });
  });

  test('a failing rule above forbids, and a rule that is switched off does not', () => {
    const off = { ...rule('Nothing new', deny, { add: 'all' }), off: true as const };
    expect(decide(withRules(second, off, rule('Rest', any)), ['password'], [password]).kind).toBe('enroll');
  });

  test('what the enrollment policy requires and it forbids denies, grace aside', () => {
    const terms = { optional: [], promoted: [], disabled: [] };
    const forbidding = withRules({ app: factors(1) }, rule('No', deny, { add: ['totp'] }), rule('Rest', any));
    const requiring = (grace: object) => ({
      ...forbidding,
      enrollment: compilePolicy({
        name: 'enrollment',
        rules: [{ name: 'TOTP', when: {}, then: { ...terms, required: [{ anyOf: ['totp'], ...grace }] } }],
      }),
    });
    expect(decide(requiring({}), ['password'], [password])).toMatchObject({
      kind: 'deny',
      layer: 'account',
      rule: 'No',
    });
    expect(decide(requiring({ grace: { skips: 1 } }), ['password'], [password]).kind).toBe('allow');
  });

  test('a required enrollment waits for what it asks', () => {
    const terms = { optional: [], promoted: [], disabled: [], required: [{ anyOf: ['totp', 'webauthn'] }] };
    const policies = {
      ...withRules({ app: factors(1) }, rule('All', allow(passwordAnd('email')))),
      enrollment: compilePolicy({ name: 'enrollment', rules: [{ name: 'One', when: {}, then: terms }] }),
    };
    const decision = decide(policies, ['password', 'email'], [password]);
    expect(decision).toMatchObject({ kind: 'challenge', toEnroll: ['totp', 'webauthn'] });
    expect(asked(decision)).toEqual(['email']);
  });
});

describe('the trace of the loop', () => {
  const second: PolicyParts = { app: factors(2), enabled: ['password', 'email', 'totp', 'webauthn'] };
  const accountLayers = (decision: Decision) => decision.trace.layers.filter(({ layer }) => layer === 'account');

  test('says what rules over each enrollment that comes next, and whether it is met', () => {
    const stricter = rule('Passkeys', allow(passwordAnd('email')), { add: ['webauthn'] });
    const policies = withRules({ ...second, app: passwordAnd('webauthn') }, stricter, rule('Rest', any));
    const before = decide(policies, ['password', 'email'], [password]);
    expect(before).toMatchObject({ kind: 'challenge', toEnroll: ['webauthn'] });
    const change: GovernedChange = { action: 'add', of: 'webauthn' };
    expect(accountLayers(before)).toMatchObject([{ change, decidedBy: 'Passkeys', satisfied: false }]);
    const after = decide(policies, ['password', 'email'], [password, proof('email', 'now')]);
    expect(after.kind).toBe('enroll');
    expect(accountLayers(after)).toMatchObject([{ change, decidedBy: 'Passkeys', satisfied: true }]);
  });

  test('also has all other layers, and what was unusual', () => {
    const policies = withRules(second, rule('Rest', any));
    const subject = userWith(['password']);
    const risk = riskOf(['newNetwork'], [], riskScoring);
    const { trace } = evaluate(policies, factsOf({ subject, evidence: [password], risk }));
    expect(trace.layers.map(({ layer }) => layer)).toEqual(['session', 'app', 'request', 'account', 'account']);
    expect(trace.risk).toEqual(risk);
    const calm = evaluate(policies, factsOf({ subject, evidence: [password], risk: riskOf([], [], riskScoring) }));
    expect(calm.trace).not.toHaveProperty('risk');
  });

  test('says what forbids the enrollments, where it is to blame, and nothing where nothing is enrolled', () => {
    const none = withRules(second, rule('Nothing new', deny, { add: 'all' }), rule('Rest', any));
    const denied = accountLayers(decide(none, ['password'], [password]));
    expect(denied.map(({ change, outcome, decidedBy }) => [change?.of, outcome, decidedBy])).toEqual(
      ['totp', 'webauthn'].map((key) => [key, 'deny', 'Nothing new']),
    );
    const allowed = decide(none, ['password', 'totp'], [password, proof('totp', 'now')]);
    expect([allowed.kind, accountLayers(allowed)]).toEqual(['allow', []]);
  });

  test('has a requested change once', () => {
    const policies = { ...withRules({ ...second, app: factors(1) }, rule('Rest', any)), isAccountApp: true as const };
    const request = { scopes: ['openid', enrollScope('totp')] };
    const decision = evaluate(policies, factsOf({ subject: userWith(['password']), evidence: [password], request }));
    expect(accountLayers(decision)).toHaveLength(1);
  });
});

describe('at the account', () => {
  const purposes: readonly (readonly [string, GovernedChange])[] = [
    ['remove', { action: 'remove', of: 'totp' }],
    ['change', { action: 'change', of: 'username' }],
  ];
  const at = (policies: PolicySet, scope: string, has: readonly Key[], evidence: readonly Evidence[]) =>
    evaluate(
      { ...policies, isAccountApp: true },
      factsOf({ subject: userWith(has), evidence, request: { scopes: ['openid', scope] } }),
    );

  test.each(purposes)('a rule about it decides: %s', (_, change) => {
    const policies = withRules(
      { app: factors(1) },
      rule('No', deny, { [change.action]: [change.of] }),
      rule('Rest', allow(passwordAnd('email'))),
    );
    const has: readonly Key[] = ['password', 'email'];
    const both = [password, proof('email', 'now')];
    expect(at(policies, scopeOfChange(change), has, both)).toMatchObject({
      kind: 'deny',
      layer: 'account',
      rule: 'No',
    });
    const other = { ...change, of: 'phone' };
    expect(asked(at(policies, scopeOfChange(other), has, [password]))).toEqual(['email']);
    expect(at(policies, scopeOfChange(other), has, both).kind).toBe('allow');
  });

  test('what a rule asks for comes on top of Law 7', () => {
    const policies = withRules({ app: factors(1) }, rule('All', allow(passwordAnd('email'))));
    const has: readonly Key[] = ['password', 'email', 'totp'];
    const strongest = [password, proof('totp', 'now')];
    for (const scope of [scopeOfChange({ action: 'remove', of: 'totp' }), enrollScope('phone')])
      expect(asked(at(policies, scope, has, strongest))).toEqual(['email']);
  });

  test('what may be added is asked about with the authenticator, and a new one in its place is a change', () => {
    const policies = withRules(
      { app: factors(1) },
      rule('Passkeys', deny, { add: ['webauthn'] }),
      rule('Questions', deny, { change: ['security_question'] }),
      rule('Rest', any),
    );
    expect(at(policies, enrollScope('webauthn'), ['password'], [password])).toMatchObject({ rule: 'Passkeys' });
    expect(at(policies, enrollScope('totp'), ['password'], [password]).kind).toBe('enroll');
    expect(at(policies, enrollScope('security_question'), ['password'], [password]).kind).toBe('enroll');
    const has: readonly Key[] = ['password', 'security_question'];
    expect(at(policies, enrollScope('security_question'), has, [password])).toMatchObject({ rule: 'Questions' });
  });

  test('Law 7 stays the floor', () => {
    const policies = withRules({ app: factors(1) }, rule('All', any));
    const scope = scopeOfChange({ action: 'remove', of: 'totp' });
    expect(asked(at(policies, scope, ['password', 'totp'], [password]))).toEqual(['totp']);
  });

  test('the scope says what the change is', () => {
    const purposeOf = (scope: string) => accountPurpose({ ...factsOf().request, scopes: [scope] });
    const change = { action: 'remove', of: 'totp' } as const;
    expect(purposeOf(scopeOfChange(change))).toEqual({ kind: 'change', change });
    expect(purposeOf('account:change:steal:totp')).toEqual({ kind: 'change' });
    expect(purposeOf('account:change')).toEqual({ kind: 'change' });
    expect(purposeOf('account:changes')).toEqual({ kind: 'view' });
  });
});
