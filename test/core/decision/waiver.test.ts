/** Remembered proofs: what a rule may waive in a browser, and what it may not. */

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import type { Decision } from '../../../src/core/model/decision.ts';
import { oneDay } from '../../../src/core/model/durations.ts';
import type { Evidence, Facts, RememberedProof } from '../../../src/core/model/facts.ts';
import type { Requirement } from '../../../src/core/model/policy.ts';
import { alternatives, evidenceOf, type World, world } from '../support/arbitraries.ts';
import {
  allow,
  always,
  descriptor,
  enrolled,
  type FactParts,
  factors,
  factsOf,
  fixedNow,
  type Key,
  type PolicyParts,
  policiesOf,
  proof,
  rememberedProof,
  thisTransaction,
  userWith,
} from '../support/fixtures.ts';
import { naivelyMeets } from '../support/naive-evaluator.ts';
import { enough, seeded } from '../support/seeded.ts';

const oneMonth = 30 * oneDay;

const remembered = (key: Key, age: number, more: Partial<RememberedProof> = {}) =>
  rememberedProof(key, age, { until: fixedNow - age + oneMonth, ...more });

function policies(requirement: Requirement, remember?: number) {
  const then = { kind: 'allow', requirement, ...(remember !== undefined && { remember }) } as const;
  return policiesOf({ app: always(then) });
}

function decide(
  requirement: Requirement,
  remember: number | undefined,
  device: readonly RememberedProof[],
  setup: FactParts,
): Decision {
  const facts = factsOf(setup);
  return evaluate(policies(requirement, remember), { ...facts, device: { ...facts.device, remembered: device } });
}

const ann = userWith(['password', 'totp']);
const password = proof('password', 'now');
const two = factors(2);

describe('a browser that remembers a proof of the authenticator app', () => {
  const device = [remembered('totp', oneDay)];
  const setup = { subject: ann, evidence: [password] };

  test.each<[string, Requirement]>([
    ['any two factors', two],
    ['password and possession', factors(2, { demands: [{ factor: 'knowledge' }, { factor: 'possession' }] })],
    ['possession that may be an hour old', factors(2, { demands: [{ factor: 'possession', maxAge: 3600 }] })],
    ['possession, not by mail', factors(2, { demands: [{ factor: 'possession', exclude: ['email', 'phone'] }] })],
    [
      'a proof of any type that is bound to its device',
      factors(2, { demands: [{ characteristics: ['deviceBound'] }] }),
    ],
  ])('need not prove it where the rule asks for %s', (_, requirement) => {
    const decision = decide(requirement, oneMonth, device, setup);
    expect(decision).toMatchObject({
      kind: 'allow',
      waived: ['totp'],
      assurance: { acr: 'pwd', amr: ['pwd'], authTime: password.at, supportingEvidence: [password] },
    });
    expect(decision.trace.layers.find(({ layer }) => layer === 'app')).toMatchObject({
      remembered: ['totp'],
      satisfied: true,
    });
  });

  test.each<[string, Requirement, number | undefined, Partial<RememberedProof>, FactParts]>([
    ['the rule remembers nothing', two, undefined, {}, {}],
    ['nothing was proved', two, oneMonth, {}, { evidence: [] }],
    ['the rule remembers for less long', two, oneDay, {}, {}],
    ['the promised time is over', two, oneMonth, { until: fixedNow }, {}],
    ['it is from the future', two, oneMonth, { at: fixedNow + 61, until: fixedNow + oneMonth }, {}],
    ['the enrollment was removed', two, oneMonth, { enrollment: 'another' }, {}],
    ['the request has max_age', two, oneMonth, {}, { request: { maxAge: oneMonth } }],
    ['the request has prompt=login', two, oneMonth, {}, { request: { promptLogin: true } }],
    ['the rule says reauthenticate: always', factors(2, { maxAge: 0 }), oneMonth, {}, {}],
    [
      'the demand is for this sign-in',
      factors(2, { demands: [{ factor: 'possession', maxAge: 0 }] }),
      oneMonth,
      {},
      {},
    ],
    [
      'the rule requires another authenticator',
      factors(2, { demands: [{ factor: 'possession', authenticators: ['webauthn'] }] }),
      oneMonth,
      {},
      {},
    ],
    [
      'the rule requires phishing resistance',
      factors(2, { demands: [{ factor: 'possession', characteristics: ['phishingResistant'] }] }),
      oneMonth,
      {},
      {},
    ],
    [
      'the rule requires a chain',
      { chains: [[{ authenticators: ['password'] }, { authenticators: ['totp'] }]] },
      oneMonth,
      {},
      {},
    ],
    ['an essential acr takes two factors', two, oneMonth, {}, { request: { acrValues: ['2fa'], acrEssential: true } }],
  ])('is not when %s', (_, requirement, remember, more, facts) => {
    const decision = decide(requirement, remember, [remembered('totp', oneDay, more)], { ...setup, ...facts });
    expect(decision.kind).not.toBe('allow');
    expect(decision).toEqual(expect.not.objectContaining({ waived: expect.anything() }));
  });

  test('still needs the other factor, and the trace says so', () => {
    expect(decide(two, oneMonth, device, { subject: ann })).toMatchObject({
      kind: 'challenge',
      options: [{ authenticator: 'password', enrollments: ['password'] }],
    });
  });

  test('two things that the user has are still one factor', () => {
    const subject = userWith(['totp', 'email']);
    expect(decide(two, oneMonth, device, { subject, evidence: [proof('email', 'now')] }).kind).not.toBe('allow');
  });

  test('the session policy and the minimum acr of the app are not waived', () => {
    const facts = factsOf(setup);
    const at = { ...facts, device: { ...facts.device, remembered: device } };
    const app = always({ kind: 'allow', requirement: two, remember: oneMonth });
    expect(evaluate(policiesOf({ app, session: always(allow(two)) }), at).kind).toBe('challenge');
    expect(evaluate(policiesOf({ app, minimumAcr: '2fa' }), at).kind).toBe('challenge');
  });

  describe('is not where another layer asks for a possession, so that the user proves one that the rule takes', () => {
    const notByMail = factors(2, { demands: [{ factor: 'possession', exclude: ['email'] }] });
    const app = always({ kind: 'allow', requirement: notByMail, remember: oneMonth });
    // A security key covers a factor that is no possession, too.
    const subject = userWith(['password', 'totp', 'email', 'webauthn']);
    const byMail = [proof('password', 120), proof('email', 60)];

    test.each<[string, PolicyParts, FactParts]>([
      ['the request', {}, { request: { acrValues: ['2fa'] } }],
      ['the request, by an essential value', {}, { request: { acrValues: ['2fa'], acrEssential: true } }],
      ['the session policy', { session: always(allow(two)) }, {}],
      ['the minimum acr of the app', { minimumAcr: '2fa' }, {}],
    ])('%s', (_, more, parts) => {
      for (const evidence of [[proof('password', 'now')], byMail]) {
        const facts = factsOf({ subject, evidence, ...parts });
        const at = { ...facts, device: { ...facts.device, remembered: device } };
        const decision = evaluate(policiesOf({ app, ...more }), at);
        expect(decision.kind).toBe('challenge');
        const asked = decision.kind === 'challenge' ? decision.options.map(({ authenticator }) => authenticator) : [];
        expect(asked).toEqual(expect.not.arrayContaining(['email']));
        const layer = decision.trace.layers.find(
          ({ layer: name, policy }) => name === 'app' && policy !== 'minimumAcr',
        );
        expect(layer).toMatchObject({ satisfied: false });
        expect(layer).not.toHaveProperty('remembered');
      }
    });

    test('but where the value takes one factor', () => {
      const facts = factsOf({ subject, evidence: [proof('password', 'now')], request: { acrValues: ['pwd'] } });
      const at = { ...facts, device: { ...facts.device, remembered: device } };
      expect(evaluate(policiesOf({ app }), at)).toMatchObject({ kind: 'allow', waived: ['totp'] });
    });

    test('and where the user cannot reach the value, the next one counts', () => {
      const values = { acrValues: ['phr', 'pwd'] };
      const without = { subject: userWith(['password', 'totp']), evidence: [proof('password', 'now')] };
      const facts = factsOf({ ...without, request: values });
      const at = { ...facts, device: { ...facts.device, remembered: device } };
      expect(evaluate(policiesOf({ app }), at)).toMatchObject({ kind: 'allow', waived: ['totp'] });
    });
  });

  test('the tokens name both factors where both were proved', () => {
    const evidence = [proof('password', 'now'), proof('totp', 60)];
    const decision = decide(two, oneMonth, device, { subject: ann, evidence });
    expect(decision).toMatchObject({ kind: 'allow', assurance: { acr: '2fa', amr: ['mfa', 'otp', 'pwd'] } });
    expect(decision).not.toHaveProperty('waived');
  });
});

test('one proof with user verification has no second factor to waive', () => {
  const requirement = factors(2, { demands: [{ factor: 'possession', characteristics: ['userVerification'] }] });
  const subject = userWith(['password', 'webauthn']);
  const decision = decide(requirement, oneMonth, [remembered('webauthn', oneDay)], { subject, evidence: [password] });
  expect(decision).toMatchObject({ kind: 'challenge', options: [{ authenticator: 'webauthn' }] });
  expect(decision).not.toHaveProperty('rememberable');
});

describe('the page may offer to remember', () => {
  const offered = (requirement: Requirement, remember: number | undefined, setup: FactParts) => {
    const decision = decide(requirement, remember, [], setup);
    return decision.kind === 'challenge' ? decision.rememberable : undefined;
  };

  test.each<[string, Requirement, number | undefined, FactParts, readonly string[] | undefined]>([
    ['the authenticator app, not the password', two, oneMonth, { subject: ann }, ['totp']],
    ['nothing where the rule does not', two, undefined, { subject: ann }, undefined],
    ['nothing where one factor is enough', factors(1), oneMonth, { subject: ann }, undefined],
    [
      'nothing when the request asks for proofs',
      two,
      oneMonth,
      { subject: ann, request: { promptLogin: true } },
      undefined,
    ],
  ])('%s', (_, requirement, remember, setup, expected) => {
    expect(offered(requirement, remember, setup)).toEqual(expected && { seconds: oneMonth, enrollments: expected });
  });

  describe('only what would be waived next time', () => {
    const twoAlways = always(allow(two));
    const ask = (more: PolicyParts, setup: FactParts = {}, remember = oneMonth) => {
      const app = always({ kind: 'allow', requirement: two, remember });
      const decision = evaluate(policiesOf({ app, ...more }), factsOf({ subject: ann, ...setup }));
      return 'rememberable' in decision ? decision.rememberable : undefined;
    };
    const totp = { seconds: oneMonth, enrollments: ['totp'] };

    test('not where the session policy asks for two factors', () => {
      expect(ask({ session: twoAlways })).toBeUndefined();
      expect(ask({})).toEqual(totp);
    });

    test('not where the app must reach a value that takes two', () => {
      expect(ask({ minimumAcr: '2fa' })).toBeUndefined();
      expect(ask({ minimumAcr: 'pwd' })).toEqual(totp);
    });

    test('not where the same request asks for such a value, and must get it', () => {
      const request = { acrValues: ['2fa'], acrEssential: true };
      expect(ask({}, { request })).toBeUndefined();
    });

    test('not for a recovery authenticator, as its use consumes it', () => {
      expect(ask({}, { subject: userWith(['password', 'recovery_code']) })).toBeUndefined();
      const both = { subject: userWith(['password', 'recovery_code', 'totp']), evidence: [proof('password', 'now')] };
      expect(ask({}, both)).toEqual(totp);
      const device = [remembered('recovery_code', oneDay)];
      expect(decide(two, oneMonth, device, { ...both })).toMatchObject({ kind: 'challenge' });
    });

    test('by the rule that will decide then: the browser will be known', () => {
      const rules = [
        { name: 'known', when: { device: { known: true } }, then: { kind: 'allow', requirement: two } },
        { name: 'new', when: {}, then: { kind: 'allow', requirement: two, remember: oneMonth } },
      ] as const;
      expect(ask({ app: { name: 'tested', rules } })).toBeUndefined();
    });

    test('when everything is proved, what of it is remembered', () => {
      const evidence = [proof('password', 'now'), proof('totp', 'now')];
      expect(ask({}, { evidence })).toEqual(totp);
      expect(ask({ session: twoAlways }, { evidence })).toBeUndefined();
      expect(ask({}, { evidence: [proof('password', 'now'), proof('totp', 60)] })).toBeUndefined();
    });
  });

  test('the same to a user who will be denied', () => {
    const only = userWith(['totp', 'password']);
    const active = offered(two, oneMonth, { subject: only });
    expect(active).toBeDefined();
    expect(offered(two, oneMonth, { subject: { ...only, status: 'suspended' } })).toEqual(active);
  });
});

const withoutMaxAge = ({ maxAge: _, ...request }: World['request']) => request;

/** A world in which the waiver decides more often. */
const easy = (setup: World): World => ({
  ...setup,
  has: [...setup.has.filter(({ id }) => id !== 'password'), ...enrolled('password')],
  evidence: [...setup.evidence, proof('password', 'now')],
  session: factors(1),
  minimumAcr: undefined,
  disabled: [],
  request: { ...withoutMaxAge(setup.request), promptLogin: false, acrEssential: false },
});

/** A world in which the browser remembers proofs of some enrollments. */
const worlds = world({ requirement: alternatives, enrollments: 4, evidence: 3 }).chain((setup) =>
  fc.record({
    setup: fc.constantFrom(setup, { ...setup, session: factors(1), minimumAcr: undefined }, easy(setup)),
    remember: fc.constantFrom(600, oneMonth),
    device: fc.array(
      evidenceOf(setup.has).map(
        ({ authenticator, enrollment, factors: covered, characteristics, at }): RememberedProof => ({
          authenticator,
          enrollment,
          factors: covered,
          characteristics,
          at,
          until: at + 2000,
        }),
      ),
      { maxLength: 3 },
    ),
  }),
);
type Remembering = typeof worlds extends fc.Arbitrary<infer Value> ? Value : never;

function decideIn({ setup, remember, device }: Remembering, withDevice: boolean): Decision {
  const { session, app, minimumAcr, disabled, has, evidence, request } = setup;
  const keys = (Object.keys(descriptor) as Key[]).filter((key) => !(disabled as readonly string[]).includes(key));
  const set = policiesOf({
    session: always(allow(session)),
    app: always({ kind: 'allow', requirement: app, remember }),
    enabled: keys,
    ...(minimumAcr !== undefined && { minimumAcr }),
  });
  const facts: Facts = factsOf({ subject: userWith([], { enrollments: has }), evidence, request });
  return evaluate(set, withDevice ? { ...facts, device: { ...facts.device, remembered: device } } : facts);
}

/** The remembered proof as if it were fresh: possession, and nothing else. */
function vouched({ device, remember }: Remembering): readonly Evidence[] {
  return device
    .filter(
      ({ at, until, factors: covered }) =>
        covered.includes('possession') && fixedNow < until && fixedNow - at < remember,
    )
    .map(({ authenticator, enrollment, characteristics }) => ({
      ...proof(authenticator as Key, 'now'),
      enrollment,
      factors: ['possession'],
      characteristics,
    }));
}

test('a remembered proof lets no user in without the rest, and raises neither acr nor amr', () => {
  let waivers = 0;
  fc.assert(
    fc.property(worlds, (drawn) => {
      const [without, with_] = [decideIn(drawn, false), decideIn(drawn, true)];
      if (without.kind === 'allow') {
        expect(with_).toMatchObject({ kind: 'allow', assurance: without.assurance });
        return;
      }
      if (with_.kind !== 'allow') return;
      waivers += 1;
      const { supportingEvidence } = with_.assurance;
      for (const proved of supportingEvidence) expect(drawn.setup.evidence).toContainEqual(proved);
      const { app, request } = drawn.setup;
      expect([request.promptLogin, request.maxAge]).toEqual([false, undefined]);
      const when = { now: fixedNow, transaction: thisTransaction };
      expect(naivelyMeets(app, [...supportingEvidence, ...vouched(drawn)], when)).toBe(true);
      const vouchedFor = new Set(vouched(drawn).map(({ authenticator }) => authenticator));
      expect(with_.waived?.filter((key) => !vouchedFor.has(key))).toEqual([]);
      const types = new Set(supportingEvidence.flatMap((proved) => proved.factors));
      expect(types.has('knowledge') || types.has('inherence')).toBe(true);
    }),
    seeded(6000),
  );
  expect(waivers).toBeGreaterThan(enough(20));
});

test('remembering never makes a sign-in harder', () => {
  fc.assert(
    fc.property(worlds, (drawn) => {
      const [without, with_] = [decideIn(drawn, false), decideIn(drawn, true)];
      if (without.kind === 'challenge' && without.withheld === undefined) expect(with_.kind).not.toBe('deny');
    }),
    seeded(2000),
  );
});
