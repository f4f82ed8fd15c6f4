/** Proofs with which the evaluator lets a user in, as examples show them. */
import { describe, expect, test } from '@jest/globals';
import { admittedWith, admittingProofs, type Wanted } from '../../../../src/core/analysis/proofs/admitted-with.ts';
import type { EvidenceSet } from '../../../../src/core/analysis/proofs/evidence-set.ts';
import { type AdmittedWith, factsWith } from '../../../../src/core/analysis/proofs/proving-user.ts';
import { evaluate } from '../../../../src/core/decision/evaluate.ts';
import { meetsRequirement } from '../../../../src/core/evidence/requirement.ts';
import type { Decision } from '../../../../src/core/model/decision.ts';
import type { EnrollmentTerms } from '../../../../src/core/model/enrollment-policy.ts';
import type { Demand, Requirement, Rule } from '../../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import type { UserFacts } from '../../../../src/core/policy/theories/theory.ts';
import {
  action,
  descriptor as described,
  enrollmentTerms,
  factors,
  factsOf,
  fixedNow,
  type Key,
  type PolicyParts,
  policiesOf,
  userWith,
} from '../../support/fixtures.ts';

const enabled: readonly Key[] = ['password', 'totp', 'webauthn'];
const demanding = (...demands: readonly Demand[]) => factors(1, { demands });

function withEnrollment(policies: PolicySet, terms: Partial<EnrollmentTerms>): PolicySet {
  const then: EnrollmentTerms = enrollmentTerms(terms);
  return { ...policies, enrollment: compilePolicy({ name: 'enrollment', rules: [{ name: 'all', when: {}, then }] }) };
}

describe('what may let a user in', () => {
  const proofsFor = (
    premises: readonly Requirement[],
    more: Partial<Wanted> = {},
    policies = policiesOf({ enabled }),
  ) => [...admittingProofs(policies, { premises, proofs: policies, isWanted: () => true, ...more })];
  const shown = ({ evidence }: AdmittedWith) =>
    evidence.map(({ authenticator, age, longestPause }) => ({
      authenticator,
      age,
      ...(longestPause !== undefined && { longestPause }),
    }));
  /** The first that is not enough for this. */
  const against = (claim: Requirement, ...premises: readonly Requirement[]) =>
    proofsFor(premises, { isWanted: (set: EvidenceSet) => !meetsRequirement(claim, set) })[0];

  test('the fewest proofs come first, by users who have nothing else and by users who have everything', () => {
    const found = proofsFor([factors(2)]);
    expect(found.slice(0, 2)).toMatchObject([
      { evidence: [{ authenticator: 'webauthn', age: 0 }], remembered: [], enrolled: ['webauthn'] },
      { evidence: [{ authenticator: 'webauthn', age: 0 }], remembered: [], enrolled: enabled },
    ]);
    const lengths = found.map(({ evidence }) => evidence.length);
    expect(lengths).toEqual([...lengths].sort());
    expect(found.map(({ evidence }) => evidence.map(({ authenticator }) => authenticator))).toContainEqual([
      'password',
      'totp',
    ]);
  });

  test('users may have as many as any rule of the enrollment policy requires', () => {
    const required = withEnrollment(policiesOf({ enabled }), {
      required: [{ anyOf: ['webauthn'], count: 2 }, { anyOf: ['totp'] }],
    });
    const found = proofsFor([demanding({ authenticators: ['password'] })], {}, required);
    expect(found.map(({ enrolled }) => enrolled)).toEqual([
      ['password'],
      ['password', 'totp', 'webauthn'],
      ['password', 'totp', 'webauthn', 'webauthn'],
    ]);
    const single = {
      ...required,
      authenticators: required.authenticators.map((descriptor) => ({ ...descriptor, maxEnrollments: 1 as const })),
    };
    expect(proofsFor([demanding({ authenticators: ['password'] })], {}, single)).toHaveLength(2);
  });

  test('a proof is new if it must be, and otherwise as young and strong as possible', () => {
    const [first] = proofsFor([demanding({ authenticators: ['webauthn'], maxAge: 0 })]);
    expect(first && shown(first)).toEqual([{ authenticator: 'webauthn', age: 'now' }]);
    const [other] = proofsFor([demanding({ authenticators: ['webauthn'], maxAge: 600 })]);
    expect(other && shown(other)).toEqual([{ authenticator: 'webauthn', age: 0 }]);
    expect(other?.evidence[0]?.characteristics).toContain('userVerification');
  });

  test('it is as old as it may be where that is wanted, and without a pause', () => {
    const found = against(demanding({ maxAge: 60 }), demanding({ authenticators: ['totp'], maxAge: 600 }));
    expect(found && shown(found)).toEqual([{ authenticator: 'totp', age: 600 }]);
  });

  test('it has paused since it was given where that is wanted', () => {
    const found = against(demanding({ maxIdle: 60 }), demanding({ authenticators: ['totp'], maxIdle: 600 }));
    expect(found && shown(found)).toEqual([{ authenticator: 'totp', age: 600, longestPause: 600 }]);
  });

  test('it shows the minimum when that is requested', () => {
    const found = against(
      demanding({ characteristics: ['userVerification'] }),
      demanding({ characteristics: ['phishingResistant'] }),
    );
    expect(found && shown(found)).toEqual([{ authenticator: 'webauthn', age: 0 }]);
    expect(found?.evidence[0]?.characteristics).not.toContain('userVerification');
    expect(found?.evidence[0]?.factors).toEqual(['possession']);
  });

  test('one proof meets several demands, as recent and as strong as the strictest', () => {
    const [young, verified] = [
      demanding({ characteristics: ['phishingResistant'], maxAge: 600 }),
      demanding({ factor: 'inherence', maxAge: 900 }),
    ];
    const found = against(demanding({ maxAge: 60 }), young, verified);
    expect(found && shown(found)).toEqual([{ authenticator: 'webauthn', age: 600 }]);
    const now = demanding({ authenticators: ['webauthn'], maxAge: 0 });
    for (const premises of [
      [now, verified],
      [verified, now],
    ])
      expect(proofsFor(premises).slice(0, 1).map(shown)).toEqual([[{ authenticator: 'webauthn', age: 'now' }]]);
  });

  test('a chain of two of a kind takes both', () => {
    const chain: Requirement = { chains: [[{ authenticators: ['totp'] }, { authenticators: ['totp'] }]] };
    const [first] = proofsFor([chain]);
    expect(first?.evidence.map(({ authenticator, enrollment }) => [authenticator, enrollment])).toEqual([
      ['totp', 'totp'],
      ['totp', 'totp 2'],
    ]);
    expect(first?.enrolled).toEqual(['totp', 'totp']);
    const [beside] = proofsFor([demanding({ authenticators: ['totp'] }), chain]);
    expect(beside?.evidence).toHaveLength(2);
  });

  test('one proof shows what all demands ask of it, and only that when requested', () => {
    const [resistant, verified] = [
      demanding({ factor: 'possession', characteristics: ['phishingResistant'] }),
      demanding({ factor: 'inherence' }),
    ];
    for (const premises of [
      [resistant, verified],
      [verified, resistant],
    ]) {
      const found = against(demanding({ characteristics: ['deviceBound'] }), ...premises);
      expect(found?.evidence.map(({ authenticator }) => authenticator)).toEqual(['webauthn']);
      const [{ factors: covered, characteristics } = { factors: [], characteristics: [] }] = found?.evidence ?? [];
      expect([...covered].sort()).toEqual(['inherence', 'possession']);
      expect([...characteristics].sort()).toEqual(['phishingResistant', 'userPresence', 'userVerification']);
    }
  });

  test('it has paused no longer than all demands let it', () => {
    const [long, short] = [
      demanding({ authenticators: ['totp'], maxIdle: 600 }),
      demanding({ authenticators: ['totp'], factor: 'possession', maxIdle: 300 }),
    ];
    for (const premises of [
      [long, short],
      [short, long],
    ]) {
      const found = against(demanding({ maxIdle: 60 }), ...premises);
      expect(found && shown(found)).toEqual([{ authenticator: 'totp', age: 300, longestPause: 300 }]);
    }
  });

  test('proofs that must be of now are, next to older ones and paused ones', () => {
    const [now, old] = [
      demanding({ authenticators: ['totp'], maxAge: 0 }),
      demanding({ authenticators: ['password'], maxIdle: 600 }),
    ];
    const [young] = proofsFor([now, old]);
    expect(young && shown(young)).toEqual([
      { authenticator: 'totp', age: 'now' },
      { authenticator: 'password', age: 0 },
    ]);
    const paused = demanding({ authenticators: ['totp'], maxIdle: 300 });
    const fresh = demanding({ authenticators: ['password'], maxIdle: 60 });
    for (const premises of [
      [now, paused, old],
      [paused, now, old],
    ]) {
      const found = against(fresh, ...premises);
      expect(found && shown(found)).toEqual([
        { authenticator: 'totp', age: 'now' },
        { authenticator: 'password', age: 600, longestPause: 600 },
      ]);
    }
  });

  test('at most forty sets of proofs are tried', () => {
    const codes = Array.from({ length: 41 }, (_, at) => ({ ...described.totp, key: `code ${at}` }));
    expect(proofsFor([factors(1)], {}, { ...policiesOf(), authenticators: codes })).toHaveLength(2 * 40);
  });

  test('remembered proofs count as enrolled, too, and are shown with their method', () => {
    const policies = policiesOf({ enabled: ['password', 'phone'] });
    const premises = [demanding({ authenticators: ['password'] })];
    const remembering = (methods?: readonly string[]) =>
      proofsFor(premises, { remembered: { authenticator: 'phone', ...(methods && { methods }) } }, policies);
    expect(remembering(['sms'])).toMatchObject([
      { remembered: ['phone.sms'], enrolled: ['password', 'phone'] },
      { remembered: ['phone.sms'], enrolled: ['password', 'phone'] },
    ]);
    expect(remembering()[0]).toMatchObject({ remembered: ['phone'] });
  });

  test('nothing, where no proofs are enough or none are wanted', () => {
    expect(proofsFor([demanding({ authenticators: ['email'] })])).toEqual([]);
    expect(proofsFor([factors(1)], { isWanted: () => false })).toEqual([]);
  });
});

describe('who is let in', () => {
  const subject = userWith([]);
  const user: UserFacts = { ...factsOf({ subject }), subject, signedInWith: [] };
  const proofs = (keys: readonly Key[], more: Partial<AdmittedWith> = {}): AdmittedWith => ({
    evidence: keys.map((key) => action(key)),
    remembered: [],
    enrolled: keys,
    ...more,
  });
  const [weak, strong] = [proofs(['password']), proofs(['password', 'totp'])];

  interface Tried {
    readonly avoided?: readonly string[];
    /** The rule of the app that must decide. Absent: its first. */
    readonly app?: Rule;
    readonly facts?: UserFacts;
  }

  function first(policies: PolicySet, candidates: readonly AdmittedWith[], more: Tried = {}) {
    const { avoided, facts = user } = more;
    const [session, app] = [policies.session.rules[0]?.rule, more.app ?? policies.app?.rules[0]?.rule];
    if (session === undefined || app === undefined) throw new Error('no rules');
    const enrollment = policies.enrollment?.rules[0]?.rule;
    const rules = { session, app, ...(enrollment && { enrollment }) };
    return admittedWith(policies, { rules, facts, ...(avoided && { avoided }) }, candidates);
  }
  const withParts = (parts: PolicyParts) =>
    policiesOf({ enabled: ['password', 'totp', 'phone', 'webauthn'], ...parts });

  test('the first with whose proofs nothing more is asked for', () => {
    expect(first(withParts({}), [weak, strong])).toBe(weak);
    expect(first(withParts({ app: factors(2) }), [weak, strong])).toBe(strong);
    expect(first(withParts({ app: factors(2) }), [weak])).toBeUndefined();
  });

  test('a browser that remembers a proof may be decided about by another rule', () => {
    const then = { kind: 'allow', requirement: factors(2), remember: 600 } as const;
    const unknown: Rule = { name: 'new', when: { device: { known: false } }, then };
    const remembering = proofs(['password'], { enrolled: ['password', 'totp'], remembered: ['totp'] });
    expect(first(withParts({ app: { name: 'app', rules: [unknown] } }), [remembering])).toBeUndefined();
    expect(first(withParts({ app: { name: 'app', rules: [{ ...unknown, when: {} }] } }), [remembering])).toBe(
      remembering,
    );
    const other = { name: 'known', when: {}, then };
    const both = withParts({ app: { name: 'app', rules: [unknown, other] } });
    expect(first(both, [remembering])).toBeUndefined();
    expect(first(both, [remembering], { app: other })).toBe(remembering);
  });

  test.each<[string, Partial<EnrollmentTerms>, boolean]>([
    ['must be enrolled still', { required: [{ anyOf: ['webauthn'] }] }, false],
    ['may be enrolled, and may be skipped', { optional: ['webauthn'] }, true],
  ])('where another authenticator %s', (_, terms, expected) => {
    expect(first(withEnrollment(withParts({}), terms), [weak]) === weak).toBe(expected);
  });

  const profile = { required: ['name'], optional: [], terms: [] };
  test.each<[Decision['kind'], Partial<PolicySet>, Partial<UserFacts>]>([
    ['profile', { profile: compilePolicy({ name: 'profile', rules: [{ name: 'all', when: {}, then: profile }] }) }, {}],
    ['consent', { consent: { required: [], scopeOfClaim: {} } }, {}],
    ['select_account', {}, { request: { ...user.request, promptSelectAccount: true } }],
    ['keep_account', {}, { subject: { ...subject, deletionDueAt: fixedNow + 60 } }],
  ])('where after the proofs the step %s comes', (kind, more, facts) => {
    const policies = { ...withParts({}), ...more };
    const about = { ...user, ...facts };
    expect(evaluate(policies, factsWith(weak, about, policies.authenticators)).kind).toBe(kind);
    expect(first(policies, [weak], { facts: about })).toBe(weak);
  });

  test('not who gets in without the avoided proofs as well', () => {
    const one = withParts({});
    expect(first(one, [proofs(['totp'])], { avoided: ['totp'] })).toBeDefined();
    expect(first(one, [strong], { avoided: ['totp'] })).toBeUndefined();
    const two = withParts({ app: factors(2) });
    expect(first(two, [strong], { avoided: ['totp'] })).toBe(strong);
    const phone = proofs(['password', 'phone'], {
      evidence: [action('password'), action('phone', { methods: ['sms'] })],
    });
    expect(first(two, [phone], { avoided: ['phone.sms'] })).toBe(phone);
    expect(first(two, [phone], { avoided: ['phone.voice'] })).toBeUndefined();
  });

  test.each<[string, string, boolean]>([
    ['phone.sms', 'phone.sms', true],
    ['phone.sms', 'phone', true],
    ['phone.sms', 'phone.voice', false],
  ])('a browser that remembers %s, without %s: %s', (remembered, avoided, expected) => {
    const then = { kind: 'allow', requirement: factors(2), remember: 600 } as const;
    const policies = withParts({ app: { name: 'app', rules: [{ name: 'all', when: {}, then }] } });
    const found = proofs(['password'], { enrolled: ['password', 'phone'], remembered: [remembered] });
    expect(first(policies, [found], { avoided: [avoided] }) === found).toBe(expected);
  });
});
