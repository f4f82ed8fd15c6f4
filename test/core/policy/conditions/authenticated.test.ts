/** Enrollment and profile rules that ask how the user signed in: when they count, and what they cannot change. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { simulate } from '../../../../src/core/analysis/simulation/simulate.ts';
import { evaluate } from '../../../../src/core/decision/evaluate.ts';
import { evaluateIssuance } from '../../../../src/core/decision/token-issuance.ts';
import type { EnrollmentRule, EnrollmentTerms } from '../../../../src/core/model/enrollment-policy.ts';
import type { Evidence, RuleFacts, Subject } from '../../../../src/core/model/facts.ts';
import { omitUndefined } from '../../../../src/core/model/omit-undefined.ts';
import type { ProfileRule } from '../../../../src/core/model/profile-policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { enrollmentRuling, usablePolicies } from '../../../../src/core/policy/rules/enrollment-terms.ts';
import { registrationOffer } from '../../../../src/core/profile/profile-terms.ts';
import { identifierPageSecret } from '../../../../src/core/queries/identifier-page-secret.ts';
import { demandsOn } from '../../../../src/core/queries/removal.ts';
import { evidenceOf, requirement, world } from '../../support/arbitraries.ts';
import {
  allow,
  always,
  descriptor,
  enrolled,
  enrollmentTerms,
  factors,
  factsOf,
  type Key,
  policiesOf,
  proof,
  silentFacts,
  userWith,
} from '../../support/fixtures.ts';
import { enough, seeded } from '../../support/seeded.ts';

const passkey = { required: [{ anyOf: ['webauthn'] }] };
const byMail = { authenticated: { any: ['email'] } };

function rule(name: string, terms: Partial<EnrollmentTerms>, when: EnrollmentRule['when'] = {}): EnrollmentRule {
  return { name, when, then: enrollmentTerms(terms) };
}

function enrollment(...rules: readonly EnrollmentRule[]): PolicySet {
  return { ...policiesOf({ app: factors(1) }), enrollment: compilePolicy({ name: 'enrollment', rules }) };
}

/** The authenticators that a decision offers to set up, and the rest of it. */
function enrollmentsIn(decision: object) {
  const { choices, toEnroll, ...rest } = { choices: [] as string[], toEnroll: [] as string[], ...decision };
  return { choices: [...choices, ...toEnroll], rest };
}

/** A user who came by mail must enroll a passkey. */
const mailNeedsPasskey = enrollment(rule('By mail', passkey, byMail), rule('Rest', {}));
/** Who came with a password or a passkey need not enroll any. */
const exempt = enrollment(
  rule('Strong', {}, { authenticated: { any: ['password', 'webauthn'] } }),
  rule('Rest', passkey),
);
const both = userWith(['password', 'email']);

function decide(policies: PolicySet, subject: Subject, evidence: readonly Evidence[]) {
  return evaluate(policies, factsOf({ subject, evidence }));
}

function usableKeys(policies: PolicySet, subject: Subject): readonly string[] {
  const { terms } = enrollmentRuling(policies, factsOf({ subject }));
  return usablePolicies(policies, terms).authenticators.map(({ key }) => key);
}

describe('what must be enrolled', () => {
  test.each([
    ['must after a sign-in by mail', mailNeedsPasskey, ['email'], 'enroll'],
    ['need not after a sign-in by password', mailNeedsPasskey, ['password'], 'allow'],
    ['must, where no exemption holds', exempt, ['email'], 'enroll'],
    ['need not, where one holds', exempt, ['password'], 'allow'],
  ] as const)('%s', (_, policies, proved, expected) => {
    const subject = userWith(proved);
    const evidence = proved.map((key) => proof(key, 'now'));
    const decision = decide(policies, subject, evidence);
    expect(decision.kind).toBe(expected);
    expect(decision.trace.layers.at(-1)).toMatchObject({ layer: 'enrollment', satisfied: expected === 'allow' });
  });

  test('is decided inside an alternative as outside of it', () => {
    const either = { any: [byMail, { groups: { any: ['staff'] } }] };
    const policies = enrollment(rule('By mail, or staff', passkey, either), rule('Rest', { disabled: ['totp'] }));
    const kindOf = (key: 'email' | 'password', groups: readonly string[]) =>
      decide(policies, userWith([key], { groups }), [proof(key, 'now')]).kind;
    expect([kindOf('email', []), kindOf('password', ['staff']), kindOf('password', [])]).toEqual([
      'enroll',
      'enroll',
      'allow',
    ]);
    // What may be used is decided without the rule, although one of its alternatives asks for a group only.
    expect(usableKeys(policies, userWith(['email'], { groups: ['staff'] }))).not.toContain('totp');
  });

  describe('while more must be proved', () => {
    const byBoth = { authenticated: { all: ['password', 'totp'] } };
    const byEither = { authenticated: { any: ['email', 'password'] } };
    const byApp = { authenticated: { any: ['totp'] } };
    const byPassword = { authenticated: { all: ['password'] } };
    const resultOf = (when: EnrollmentRule['when'], has: readonly Key[], proved: readonly Key[]) => {
      const policies = { ...enrollment(rule('Asking', {}, when), rule('Rest', {})), app: two };
      const evidence = proved.map((key) => proof(key, 'now'));
      const decision = decide(policies, userWith(has), evidence);
      expect(decision.kind).toBe('challenge');
      return decision.trace.layers.at(-1);
    };
    const two = compilePolicy({ name: 'two', rules: always(allow(factors(2))).rules });

    test.each([
      ['holds once what it names was proved', byEither, ['password', 'totp'], ['password'], 'hit'],
      ['holds once all of it was proved', byPassword, ['password', 'totp'], ['password'], 'hit'],
      ['is open while it may be proved', byApp, ['password', 'totp'], ['password'], 'unknown'],
      ['is open while all of it may be proved', byBoth, ['password', 'totp'], ['password'], 'unknown'],
      ['misses where the user has none of it', byMail, ['password', 'totp'], ['password'], 'miss'],
      ['misses where the user lacks a part of it', byBoth, ['password', 'phone'], ['password'], 'miss'],
    ] as const)('a rule %s', (_, when, has, proved, expected) => {
      const trace = resultOf(when, has, proved);
      expect(trace).toMatchObject({ layer: 'enrollment', outcome: expected === 'unknown' ? 'undecided' : 'allow' });
      expect(trace?.rules[0]?.result).toBe(expected);
    });
  });

  test('a user who cannot set up what is certain to be required is denied before setting up anything', () => {
    const asks = (...rules: readonly EnrollmentRule[]): PolicySet => ({
      ...enrollment(...rules),
      app: compilePolicy({ name: 'two', rules: always(allow(factors(2))).rules }),
    });
    const noPasskeys = (policies: PolicySet): PolicySet => ({
      ...policies,
      authenticators: policies.authenticators.map((each) => ({
        ...each,
        enrollable: each.enrollable && each.key !== 'webauthn',
      })),
    });
    const byPassword = asks(rule('By password', passkey, { authenticated: { any: ['password'] } }), rule('Rest', {}));
    const exceptByApp = asks(rule('By app', {}, { authenticated: { any: ['totp'] } }), rule('Rest', passkey));
    const evidence = [proof('password', 'now')];
    const withPassword = userWith(['password']);
    expect(decide(byPassword, withPassword, evidence).kind).toBe('enroll');
    for (const [policies, asking] of [
      [byPassword, 'By password'],
      [exceptByApp, 'Rest'],
    ] as const)
      expect(decide(noPasskeys(policies), withPassword, evidence)).toMatchObject({
        ...{ kind: 'deny', layer: 'enrollment', rule: asking },
      });
    // This user can still sign in by the app.
    expect(decide(noPasskeys(exceptByApp), userWith(['password', 'totp']), evidence).kind).toBe('challenge');
  });

  test('an authenticator that was enrolled in the session is none that the user signed in with', () => {
    const policies = enrollment(
      rule('Apps', {}, { authenticated: { any: ['totp'] } }),
      rule('Rest', { required: [{ anyOf: ['webauthn'] }] }),
    );
    const subject = userWith(['password', 'totp']);
    const enrolledHere = proof('totp', 'now', { origin: 'enrollment' });
    expect(decide(policies, subject, [proof('password', 'now'), enrolledHere]).kind).toBe('enroll');
    expect(decide(policies, subject, [proof('password', 'now'), proof('totp', 'now')]).kind).toBe('allow');
  });

  test('one that took the place of what the user signed in with stands for it, in tokens, too', () => {
    const subject = userWith(['password']);
    const replaced = proof('password', 'now', { origin: 'enrollment', replacesProof: true });
    expect(decide(exempt, subject, [proof('password', 'now', { enrollment: 'gone' }), replaced]).kind).toBe('allow');
    expect(evaluateIssuance(exempt, silentFacts({ subject, evidence: [replaced] })).allow).toBe(true);
    const made = proof('password', 'now', { origin: 'enrollment' });
    expect(evaluateIssuance(exempt, silentFacts({ subject, evidence: [made] })).allow).toBe(false);
  });

  test('what a registration proved is how the user signed in', () => {
    const subject = userWith(['email']);
    expect(decide(mailNeedsPasskey, subject, [proof('email', 'now', { origin: 'registration' })]).kind).toBe('enroll');
  });

  test.each([
    ['of another user', { subject: 'bob' }],
    ['of a recovery', { origin: 'recovery' as const }],
    ['of an enrollment that is gone', { enrollment: 'gone' }],
  ])('a proof %s does not count', (_, more) => {
    const evidence = [proof('password', 'now'), proof('email', 'now', more)];
    expect(decide(mailNeedsPasskey, both, evidence).kind).toBe('allow');
  });

  test('single sign-on asks, too', () => {
    const facts = silentFacts({ subject: userWith(['email']), evidence: [proof('email', 60)] });
    expect(evaluate(mailNeedsPasskey, facts).kind).toBe('enroll');
  });

  test('the simulation walks through it', () => {
    const steps = simulate(exempt, factsOf({ subject: userWith(['email']) }));
    expect(steps.slice(-3)).toMatchObject([
      { kind: 'challenge', authenticator: 'email' },
      { kind: 'enroll', authenticator: 'webauthn' },
      { kind: 'complete' },
    ]);
  });

  test.each([
    ['stands for the one that the user proved', 'password', 'complete'],
    ['does not count where the user proved something else', 'email', 'enroll'],
  ] as const)('a password that the user sets in place of the old one %s', (_, proved, end) => {
    // A recovered password and the mailbox that recovered it are one factor, so either may come before the change.
    const subject = userWith(['password', 'email'], { recovery: { at: 0, by: ['email'] } });
    const app = compilePolicy(always(allow(factors(1, { demands: [{ authenticators: [proved] }] }))));
    const authenticators = exempt.authenticators.map((each) => ({
      ...each,
      enrollable: each.key === 'password' || each.key === 'webauthn',
      ...(each.key === 'password' && { underPasswordPolicy: true as const }),
    }));
    const request = { scopes: ['openid', 'account:enroll:password'] };
    const steps = simulate({ ...exempt, app, authenticators, isAccountApp: true }, factsOf({ subject, request }));
    const at = steps.findIndex(({ kind }) => kind === 'enroll');
    expect(steps[at]).toMatchObject({ kind: 'enroll', authenticator: 'password' });
    expect(steps[at + 1]?.kind).toBe(end);
  });

  test('a token is not issued without it', () => {
    const facts = (key: Key) => silentFacts({ subject: both, evidence: [proof(key, 60)] });
    expect(evaluateIssuance(mailNeedsPasskey, facts('email'))).toMatchObject({ reason: 'enrollment_required' });
    expect(evaluateIssuance(mailNeedsPasskey, facts('password')).allow).toBe(true);
  });

  test('a token is issued by how the user signed in, though it rests on less', () => {
    const facts = silentFacts({ subject: both, evidence: [proof('email', 60)] });
    const issued = (more: Partial<RuleFacts>, policies = exempt) => evaluateIssuance(policies, { ...facts, ...more });
    const bothProved = { signedInWith: ['email', 'password'] };
    expect(issued(bothProved).allow).toBe(true);
    expect(issued({ signedInWith: ['email'] })).toMatchObject({ reason: 'enrollment_required' });
    // What the user no longer has, or may no longer use, does not stand for it.
    const withoutPassword = { ...both, enrollments: both.enrollments.filter(({ id }) => id !== 'password') };
    expect(issued({ ...bothProved, subject: withoutPassword }).allow).toBe(false);
    const authenticators = exempt.authenticators.filter(({ key }) => key !== 'password');
    expect(issued(bothProved, { ...exempt, authenticators }).allow).toBe(false);
  });

  test.each([
    ['stands while it may be used', ['sms', 'voice'], ['phone', 'phone.sms'], true],
    ['stands for nothing once it is switched off', ['voice'], ['phone', 'phone.sms'], false],
    ['is not made up for by another authenticator', ['voice'], ['phone', 'phone.sms', 'password'], false],
    ['leaves what was proved by another', ['voice'], ['phone', 'phone.sms', 'phone.voice'], true],
    ['that was not recorded is any', ['voice'], ['phone'], true],
  ] as const)('at an exchange, a proof by a method %s', (_, methods, signedInWith, expected) => {
    const byPhone = enrollment(rule('By phone', {}, { authenticated: { any: ['phone'] } }), rule('Rest', passkey));
    const authenticators = byPhone.authenticators.map((each) => (each.key === 'phone' ? { ...each, methods } : each));
    const facts = silentFacts({ subject: userWith(['password', 'phone']), evidence: [proof('password', 60)] });
    expect(evaluateIssuance({ ...byPhone, authenticators }, { ...facts, signedInWith }).allow).toBe(expected);
  });

  test('a sign-in goes by what was proved, whatever the facts say of an earlier one', () => {
    const facts = factsOf({ subject: both, evidence: [proof('email', 'now')] });
    const more: RuleFacts = { ...facts, signedInWith: ['email', 'password'] };
    const plain = evaluate(exempt, facts);
    expect(plain.kind).not.toBe('allow');
    expect(evaluate(exempt, more)).toEqual(plain);
  });

  test('a decision that lets the user in names all proofs of the session where such rules ask', () => {
    const evidence = [proof('password', 60), proof('email', 'now')];
    const facts = factsOf({ subject: both, evidence });
    expect(evaluate(exempt, facts)).toMatchObject({ kind: 'allow', signedInWith: ['email', 'email.code', 'password'] });
    expect(evaluate(policiesOf(), facts)).not.toHaveProperty('signedInWith');
    const rules: readonly ProfileRule[] = [byMail, {}].map((when, at) => {
      return { name: `rule ${at}`, when, then: { required: [], optional: [], terms: [] } };
    });
    const profile = { ...policiesOf(), profile: compilePolicy({ name: 'profile', rules }) };
    expect(evaluate(profile, facts)).toHaveProperty('signedInWith');
  });

  test('tokens are issued to each user whom the sign-in lets in', () => {
    const keys = ['password', 'email', 'totp'] as const;
    const subject = userWith(keys);
    const apps = keys.map((key) => factors(1, { demands: [{ authenticators: [key] }] }));
    const ages = [undefined, 60, 'now'] as const;
    const sets = keys.reduce<readonly (readonly Evidence[])[]>(
      (all, key) => all.flatMap((some) => ages.map((age) => (age ? [...some, proof(key, age)] : some))),
      [[]],
    );
    let byMoreThanItRestsOn = 0;
    for (const app of [factors(1), factors(2), ...apps])
      for (const { enrollment: own } of [mailNeedsPasskey, exempt])
        for (const evidence of sets) {
          const policies = { ...policiesOf({ app }), ...(own && { enrollment: own }) };
          const facts = factsOf({ subject, evidence });
          const decision = evaluate(policies, facts);
          if (decision.kind !== 'allow') continue;
          const { assurance, signedInWith = [] } = decision;
          const basis = { ...facts, evidence: assurance.supportingEvidence };
          expect(evaluateIssuance(policies, { ...basis, signedInWith }).allow).toBe(true);
          byMoreThanItRestsOn += Number(!evaluateIssuance(policies, basis).allow);
        }
    expect(byMoreThanItRestsOn).toBeGreaterThan(0);
  });

  test('an enrollment that such a rule may require counts as needed', () => {
    const subject = userWith(['password', 'webauthn']);
    const id = enrolled('webauthn')[0]?.id ?? '';
    expect(demandsOn(mailNeedsPasskey, factsOf({ subject }), id)).toEqual(passkey.required);
  });
});

describe('what may be used', () => {
  const noTotp = enrollment(rule('By mail', passkey, byMail), rule('Rest', { disabled: ['password'] }));

  test('is decided by the rules without them', () => {
    expect(identifierPageSecret(noTotp, factsOf())).toBeUndefined();
    expect(decide(noTotp, both, []).kind).toBe('challenge');
    expect(decide(noTotp, both, [proof('password', 'now')]).kind).toBe('challenge');
    expect(decide(noTotp, both, [proof('email', 'now')]).kind).toBe('challenge');
  });

  test('what is required and may not be enrolled denies', () => {
    const policies = enrollment(rule('By mail', passkey, byMail), rule('Rest', { disabled: ['webauthn'] }));
    expect(decide(policies, userWith(['email']), [proof('email', 'now')])).toMatchObject({
      kind: 'deny',
      reason: 'unsatisfiable',
      layer: 'enrollment',
      rule: 'By mail',
    });
  });

  test('where no other rule holds, the sign-in is denied (Law 4)', () => {
    const policies = enrollment(rule('By mail', {}, byMail));
    expect(decide(policies, userWith(['email']), [proof('email', 'now')])).toMatchObject({
      kind: 'deny',
      reason: 'no_rule',
      layer: 'enrollment',
    });
  });
});

test('one policy that asks how the user signed in does not undo the denial of another', () => {
  const terms = { required: [], optional: [], terms: [] };
  const profile = (rules: readonly ProfileRule[]) => compilePolicy({ name: 'profile', rules });
  const asking: ProfileRule = { name: 'By mail', when: byMail, then: terms };
  const rest: ProfileRule = { name: 'Rest', when: {}, then: terms };
  const closed = { ...enrollment(rule('By mail', {}, byMail)), profile: profile([asking, rest]) };
  const reason = { kind: 'deny', reason: 'no_rule' };
  const facts = factsOf({ subject: both, evidence: [proof('email', 'now')] });
  expect(evaluate(closed, facts)).toMatchObject({ ...reason, layer: 'enrollment' });
  expect(evaluate(closed, facts).trace.layers.map(({ layer, outcome }) => [layer, outcome])).toContainEqual([
    'enrollment',
    'deny',
  ]);
  const open = { ...mailNeedsPasskey, profile: profile([asking]) };
  expect(evaluate(open, facts)).toMatchObject({ ...reason, layer: 'profile' });
  expect(evaluate(open, facts).trace.layers.map(({ layer, outcome }) => [layer, outcome])).toContainEqual([
    'profile',
    'deny',
  ]);
});

describe('the profile', () => {
  const terms = { required: [], optional: [], terms: [] };
  const rules: readonly ProfileRule[] = [
    { name: 'By mail', when: byMail, then: { ...terms, required: ['phone'] } },
    {
      name: 'Rest',
      when: {},
      then: { ...terms, registration: { required: [], optional: [], password: false, groups: [] } },
    },
  ];
  const policies = { ...policiesOf({ app: factors(1) }), profile: compilePolicy({ name: 'profile', rules }) };

  test('is asked for by how the user signed in', () => {
    expect(decide(policies, both, [proof('email', 'now')])).toMatchObject({ kind: 'profile', required: ['phone'] });
    expect(decide(policies, both, [proof('password', 'now')]).kind).toBe('allow');
    expect(decide(policies, both, []).trace.layers.at(-1)).toMatchObject({ layer: 'profile', outcome: 'undecided' });
  });

  test('a registration is decided without such rules', () => {
    expect(registrationOffer(policies, factsOf())).toMatchObject({ rule: 'Rest' });
  });
});

test('until the sign-on is met, such rules ask for no other proof, whatever they say', () => {
  const keys = Object.keys(descriptor) as Key[];
  const some = fc.subarray(keys, { minLength: 1, maxLength: 2 });
  const worlds = world({ requirement, enrollments: 3, evidence: 2 }).chain((setup) =>
    fc.record({
      setup: fc.constant(setup),
      when: some,
      required: some,
      disabled: some,
      added: evidenceOf(setup.has),
    }),
  );
  const seen = { same: 0, asked: 0, denied: 0, early: 0 };
  fc.assert(
    fc.property(worlds, ({ setup, when, required, disabled, added }) => {
      const plain = policiesOf({ session: always(allow(setup.session)), app: setup.app });
      const rest = rule('Rest', { disabled });
      const asking = rule('Asking', { required: [{ anyOf: required }] }, { authenticated: { any: when } });
      const facts = (evidence: readonly Evidence[]) =>
        factsOf({ subject: userWith([], { enrollments: setup.has }), evidence, request: setup.request });
      const decideBy = (rules: readonly EnrollmentRule[], evidence: readonly Evidence[]) => {
        const policies = { ...plain, enrollment: compilePolicy({ name: 'enrollment', rules }) };
        // It says how the user signed in only where rules ask.
        const { trace: _, ...decision } = evaluate(policies, facts(evidence));
        return decision.kind === 'allow' ? omitUndefined({ ...decision, signedInWith: undefined }) : decision;
      };
      for (const evidence of [setup.evidence, [...setup.evidence, added]]) {
        const without = decideBy([rest], evidence);
        const decision = decideBy([asking, rest], evidence);
        if (without.kind === 'allow' && decision.kind !== 'allow') {
          seen[decision.kind === 'deny' ? 'denied' : 'asked'] += 1;
          continue;
        }
        const isOpen = without.kind === 'enroll' || without.kind === 'challenge';
        if (isOpen && decision.kind === 'deny') {
          // What they require cannot be set up here, and it is certain that they will require it.
          const addable = required.filter((key) => descriptor[key].enrollable && !disabled.includes(key));
          expect(addable.filter((key) => setup.has.every(({ authenticator }) => authenticator !== key))).toEqual([]);
          expect(when.some((key) => evidence.some(({ authenticator }) => authenticator === key))).toBe(true);
          seen.early += 1;
          continue;
        }
        seen.same += 1;
        // Of what may be set up, it may prefer what they require.
        const [asked, plainly] = [enrollmentsIn(decision), enrollmentsIn(without)];
        expect(asked.rest).toEqual(plainly.rest);
        expect(plainly.choices).toEqual(expect.arrayContaining([...asked.choices]));
        expect(asked.choices.length > 0).toBe(plainly.choices.length > 0);
      }
    }),
    seeded(4000),
  );
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(enough(3));
});
