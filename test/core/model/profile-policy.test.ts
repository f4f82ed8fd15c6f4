/** Profile policies: what is asked, of whom, when, and what never is. */
import { describe, expect, test } from '@jest/globals';
import { simulate } from '../../../src/core/analysis/simulation/simulate.ts';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import { evaluateIssuance } from '../../../src/core/decision/token-issuance.ts';
import type { Subject } from '../../../src/core/model/facts.ts';
import type { ProfileRule, ProfileTerms } from '../../../src/core/model/profile-policy.ts';
import { compilePolicy, type PolicySet } from '../../../src/core/policy/rules/compile.ts';
import { registrationOffer } from '../../../src/core/profile/profile-terms.ts';
import { nextStep } from '../../../src/core/step/next-step.ts';
import { newTransaction } from '../../../src/core/step/transaction.ts';
import { forgetSubject, identified } from '../../../src/core/step/transitions.ts';
import {
  enrollmentTerms,
  type FactParts,
  factors,
  factsOf,
  fixedNow,
  plainRequest,
  policiesOf,
  proof,
  silentFacts,
  userWith,
} from '../support/fixtures.ts';

const nothing: ProfileTerms = { required: [], optional: [], terms: [] };

function withProfile(...rules: readonly (Partial<ProfileTerms> & Pick<Partial<ProfileRule>, 'when'>)[]): PolicySet {
  const compiled = rules.map(({ when = {}, ...then }, index): ProfileRule => {
    return { name: `rule ${index + 1}`, when, then: { ...nothing, ...then } };
  });
  return { ...policiesOf(), profile: compilePolicy({ name: 'default', rules: compiled }) };
}

const user = (more: Partial<Subject> = {}) => userWith(['password'], more);
const proved = { evidence: [proof('password', 'now')] };
const decide = (policies: PolicySet, parts: FactParts) => evaluate(policies, factsOf({ subject: user(), ...parts }));

describe('what is required', () => {
  const policies = withProfile({ required: ['name', 'city'] });

  test('is asked for once the sign-on is met, with the known values filled in', () => {
    expect(decide(policies, {}).kind).toBe('challenge');
    expect(decide(policies, proved)).toMatchObject({
      kind: 'profile',
      required: ['name', 'city'],
      optional: [],
      terms: [],
    });
    const decision = decide(policies, { ...proved, subject: user({ profile: { name: 'Ann' } }) });
    expect(decision).toMatchObject({ kind: 'profile', required: ['name', 'city'] });
    expect(decision).not.toHaveProperty('canSkip');
  });

  test('is not asked again', () => {
    const subject = user({ profile: { name: 'Ann', city: 'Vienna' } });
    expect(decide(policies, { ...proved, subject }).kind).toBe('allow');
  });

  test.each([undefined, null, ''])('%j is no value', (city) => {
    const subject = user({ profile: { name: 'Ann', city } });
    expect(decide(policies, { ...proved, subject }).kind).toBe('profile');
  });

  test.each([false, 0])('%j is a value', (city) => {
    const subject = user({ profile: { name: 'Ann', city } });
    expect(decide(policies, { ...proved, subject }).kind).toBe('allow');
  });

  test('a name of the prototype is no attribute', () => {
    expect(decide(withProfile({ required: ['toString'] }), proved).kind).toBe('profile');
  });

  test('is missing also where no interaction has started, so that prompt=none cannot pass', () => {
    expect(evaluate(policies, silentFacts({ subject: user(), ...proved })).kind).toBe('profile');
  });

  test('does not disturb a refresh', () => {
    expect(evaluateIssuance(policies, silentFacts({ subject: user(), ...proved })).allow).toBe(true);
  });

  test('comes after what must be enrolled', () => {
    const rule = {
      name: 'all',
      when: {},
      then: enrollmentTerms({ required: [{ anyOf: ['totp'] }] }),
    };
    const both = { ...policies, enrollment: compilePolicy({ name: 'enrollment', rules: [rule] }) };
    expect(decide(both, proved).kind).toBe('enroll');
  });

  test('is in the trace, with whether it is there', () => {
    const { trace } = decide(policies, proved);
    expect(trace.layers.at(-1)).toMatchObject({ layer: 'profile', decidedBy: 'rule 1', satisfied: false });
  });
});

describe('what is optional', () => {
  const policies = withProfile({ optional: ['phone'] });

  test('is offered once, where a page is shown anyway, and can be skipped', () => {
    expect(decide(policies, proved)).toMatchObject({ kind: 'profile', optional: ['phone'], canSkip: true });
    expect(evaluate(policies, silentFacts({ subject: user(), ...proved })).kind).toBe('allow');
    expect(decide(policies, { ...proved, subject: user({ offeredAttributes: ['phone'] }) }).kind).toBe('allow');
    expect(decide(policies, { ...proved, subject: user({ profile: { phone: '+49' } }) }).kind).toBe('allow');
  });

  test('is shown next to required attributes, which cannot be skipped', () => {
    const decision = decide(withProfile({ required: ['name'], optional: ['phone'] }), proved);
    expect(decision).toMatchObject({ kind: 'profile', required: ['name'], optional: ['phone'] });
    expect(decision).not.toHaveProperty('canSkip');
  });
});

describe('terms of use', () => {
  const terms = [{ id: 'shop', version: '2' }];
  const policies = withProfile({ terms, required: ['name'] });
  const profile = { name: 'Ann' };

  test.each([undefined, {}, { shop: '1' }, { other: '2' }])('accepted so far: %j', (acceptedTerms) => {
    const subject = user({ profile, ...(acceptedTerms && { acceptedTerms }) });
    expect(decide(policies, { ...proved, subject })).toMatchObject({ kind: 'profile', required: [], terms });
  });

  test('in the version that counts, they are not asked again', () => {
    expect(decide(policies, { ...proved, subject: user({ profile, acceptedTerms: { shop: '2' } }) }).kind).toBe(
      'allow',
    );
  });
});

describe('rules', () => {
  const policies = withProfile(
    { when: { scopes: { any: ['address'] } }, required: ['city'] },
    { when: { claims: { any: ['birthdate'] } }, required: ['birthdate'] },
    { when: { groups: { any: ['staff'] } }, required: ['badge'] },
    {},
  );

  test.each([
    [{ scopes: ['openid', 'address'] }, [], ['city']],
    [{ essentialClaims: ['birthdate'] }, [], ['birthdate']],
    [{}, ['staff'], ['badge']],
  ] as const)('%j, groups %j: %j', (request, groups, required) => {
    expect(decide(policies, { ...proved, request, subject: user({ groups }) })).toMatchObject({
      kind: 'profile',
      required,
    });
  });

  test('no user is asked for more than the first rule that holds names', () => {
    expect(decide(policies, proved).kind).toBe('allow');
  });

  test('no rule that holds denies', () => {
    const none = withProfile({ when: { groups: { any: ['staff'] } } });
    expect(decide(none, proved)).toMatchObject({ kind: 'deny', reason: 'no_rule', layer: 'profile' });
  });
});

describe('registration', () => {
  const registration = { required: ['name'], optional: [], password: false, groups: ['customers'] };

  test('is offered when a rule that holds for an unknown user says so', () => {
    const terms = [{ id: 'shop', version: '1' }];
    const policies = withProfile({ when: { groups: { any: ['staff'] } } }, { registration, terms });
    expect(registrationOffer(policies, factsOf())).toEqual({ ...registration, terms, rule: 'rule 2' });
  });

  test('is not offered where the rule, or the policy, does not allow it', () => {
    const office = withProfile({ when: { network: { none: ['office'] } } }, { registration });
    expect(registrationOffer(office, factsOf())).toBeUndefined();
    expect(registrationOffer(policiesOf(), factsOf())).toBeUndefined();
  });
});

test('the step is that of the decision, with the fields of the view', () => {
  const transaction = newTransaction({ id: 't', request: plainRequest, now: fixedNow, lifetime: 900 });
  const decision = decide(withProfile({ optional: ['phone'] }), proved);
  const field = { name: 'phone', attribute: { type: 'phone', read: 'user', write: 'user' }, required: false } as const;
  const view = { labels: () => undefined, canKeep: false, profileFields: () => [field] };
  expect(nextStep(decision, { transaction, view, now: fixedNow })).toEqual({
    kind: 'step',
    step: { kind: 'profile', fields: [field], terms: [], canSkip: true, notices: [] },
  });
});

describe('a new user', () => {
  const field = { name: 'email', attribute: { type: 'email', read: 'user', write: 'user' }, required: true } as const;
  const registration = { fields: [field], terms: [] };
  const view = { labels: () => undefined, canKeep: false, registration };
  const fresh = newTransaction({ id: 't', request: plainRequest, now: fixedNow, lifetime: 900 });
  const identify = evaluate(policiesOf(), factsOf());
  const stepFor = (transaction: typeof fresh, context: Parameters<typeof nextStep>[1]['view'] = view) => {
    const plan = nextStep(identify, { transaction, view: context, now: fixedNow });
    return plan.kind === 'step' ? plan.step : plan;
  };
  const pending = {
    purpose: 'enroll',
    authenticator: 'email',
    inputs: ['one_time_code'],
    public: { address: 'a@x.test' },
    private: { code: 'hash' },
    expires: fixedNow + 600,
  } as const;

  test('has an option on the first page, where the policy allows it', () => {
    expect(stepFor(fresh)).toMatchObject({ kind: 'identify', canRegister: true });
    expect(stepFor(fresh, { labels: () => undefined, canKeep: false })).not.toHaveProperty('canRegister');
  });

  test('fills in the form, then proves the address', () => {
    const asked = { ...fresh, registration: {} };
    expect(stepFor(asked)).toEqual({ kind: 'profile', ...registration, registers: true, notices: [] });
    const sent = stepFor({ ...fresh, registration: { pending } });
    expect(sent).toMatchObject({ kind: 'challenge', authenticator: 'email', registers: true, alternatives: false });
    expect(JSON.stringify(sent)).not.toContain('hash');
  });

  test('is back at the first page when the policy no longer allows it', () => {
    expect(stepFor({ ...fresh, registration: { pending } }, { labels: () => undefined, canKeep: false }).kind).toBe(
      'identify',
    );
  });

  test('no longer registers once the user identifies or starts again', () => {
    const asked = { ...fresh, registration: {} };
    const named = identified(asked, { id: 'ann', identifier: 'ann', decoy: false });
    expect(named.ok && named.transaction).not.toHaveProperty('registration');
    expect(forgetSubject(asked)).not.toHaveProperty('registration');
  });
});

test('explain shows the step, and continues as if it were completed', () => {
  const policies = withProfile({ required: ['name'], optional: ['phone'], terms: [{ id: 'shop', version: '1' }] });
  const steps = simulate(policies, factsOf({ subject: user() }));
  expect(steps.map(({ kind }) => kind)).toEqual(['identify', 'profile', 'complete']);
  expect(policiesOf({ app: factors(1) }).profile).toBeUndefined();
});
