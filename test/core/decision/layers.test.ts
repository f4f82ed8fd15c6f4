/** Rules and layers: session policy, sign-on policy, request. */

import { describe, expect, test } from '@jest/globals';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import { evaluateService } from '../../../src/core/decision/service-issuance.ts';
import { enrollScope } from '../../../src/core/enrollment/account-request.ts';
import type { Policy, Rule, SessionTerms } from '../../../src/core/model/policy.ts';
import type { LayerTrace } from '../../../src/core/model/trace.ts';
import { compileAccountPolicy } from '../../../src/core/policy/rules/account-policy.ts';
import { compilePolicy } from '../../../src/core/policy/rules/compile.ts';
import { allow, always, factors, factsOf, policiesOf, proof, userWith } from '../support/fixtures.ts';

const deny: Rule['then'] = { kind: 'deny' };
const one = allow(factors(1));
const policy = (...rules: readonly [string, Rule['when'], Rule['then']][]): Policy => ({
  name: 'tested',
  rules: rules.map(([name, when, then]) => ({ name, when, then })),
});
const signedIn = { evidence: [proof('password', 'now')] };

const unruled = { name: 'without rules', rules: [] };
const served = factsOf({ subject: userWith(['password', 'totp']), ...signedIn });
const enrolling = factsOf({ subject: userWith(['password']), request: { scopes: [enrollScope('totp')] }, ...signedIn });
const demandingAcr = factsOf({ request: { acrValues: ['unheard_of'], acrEssential: true } });

/** A decision that this layer denies. One for each: a layer that is left out does not compile. */
const deniedBy: Readonly<
  Record<LayerTrace['layer'], () => { readonly trace: { readonly layers: readonly LayerTrace[] } }>
> = {
  session: () => evaluate(policiesOf({ session: unruled }), served),
  app: () => evaluate(policiesOf({ app: unruled }), served),
  request: () => evaluate(policiesOf(), demandingAcr),
  enrollment: () => evaluate({ ...policiesOf(), enrollment: compilePolicy(unruled) }, served),
  profile: () => evaluate({ ...policiesOf(), profile: compilePolicy(unruled) }, served),
  account: () =>
    evaluate({ ...policiesOf(), isAccountApp: true, accountPolicy: compileAccountPolicy(unruled) }, enrolling),
  service: () => evaluateService(compilePolicy(unruled), served),
};

test.each(Object.entries(deniedBy))('the %s layer denies by itself', (name, decide) => {
  const { trace, ...decision } = decide();
  expect(decision).toMatchObject(name === 'service' ? { allow: false } : { kind: 'deny', layer: name });
  expect(trace.layers.find(({ layer }) => layer === name)?.outcome).toBe('deny');
});

describe('rules', () => {
  const ordered = policy(
    ['contractors', { groups: { any: ['contractors'] } }, deny],
    ['office', { network: { any: ['office'] } }, one],
    ['admins', { groups: { any: ['admins'] } }, allow(factors(2))],
  );
  test.each([
    ['the first that holds decides', ['contractors', 'admins'], ['office'], { kind: 'deny', rule: 'contractors' }],
    ['the second', ['admins'], ['office'], { kind: 'allow', rule: 'office' }],
    ['the third', ['admins'], ['world'], { kind: 'challenge' }],
    ['no rule: deny', [], ['world'], { kind: 'deny', reason: 'no_rule' }],
  ])('%s', (_, groups, zones, expected) => {
    const facts = factsOf({
      subject: userWith(['password', 'totp'], { groups }),
      network: { ip: '', zones },
      ...signedIn,
    });
    expect(evaluate(policiesOf({ app: ordered }), facts)).toMatchObject(expected);
  });

  test('the trace names every rule up to the one that decided, with its conditions', () => {
    const facts = factsOf({
      subject: userWith(['password'], { groups: ['staff'] }),
      network: { ip: '', zones: ['office'] },
      ...signedIn,
    });
    const { layers } = evaluate(policiesOf({ app: ordered }), facts).trace;
    expect(layers.map(({ layer, outcome, decidedBy, satisfied }) => [layer, outcome, decidedBy, satisfied])).toEqual([
      ['session', 'allow', 'everybody', true],
      ['app', 'allow', 'office', true],
      ['request', 'not_requested', undefined, undefined],
    ]);
    expect(layers[1]?.rules).toEqual([
      { rule: 'contractors', result: 'miss', conditions: [{ condition: 'groups', result: 'miss' }] },
      { rule: 'office', result: 'hit', conditions: [{ condition: 'network', result: 'hit' }] },
    ]);
  });

  test('the trace has the location of a rule', () => {
    const location = { file: 'policies/sign-on/notes.yaml', line: 7 };
    const app: Policy = { name: 'notes', rules: [{ name: 'all', when: {}, then: one, location }] };
    const { layers } = evaluate(policiesOf({ app }), factsOf({ subject: userWith(['password']), ...signedIn })).trace;
    expect(layers[1]?.rules[0]?.location).toEqual(location);
  });

  test('rules with many conditions are traced too', () => {
    const attributes = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`a${index}`, { equals: index }]));
    const profile = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`a${index}`, index]));
    const app = policy(['many', { attributes }, one]);
    const decide = (more: object) =>
      evaluate(
        policiesOf({ app }),
        factsOf({ subject: userWith(['password'], { profile: { ...profile, ...more } }), ...signedIn }),
      );
    expect(decide({})).toMatchObject({ kind: 'allow', rule: 'many' });
    expect(decide({ a11: 0 })).toMatchObject({ kind: 'deny', reason: 'no_rule' });
    expect(decide({ a11: 0 }).trace.layers[1]?.rules[0]?.conditions.at(-1)).toEqual({
      condition: 'attributes.a11',
      result: 'miss',
    });
  });
});

describe('layers are ANDed', () => {
  const limits = { idle: 600, absolute: 3600 };
  const long = { idle: 86_400, absolute: 864_000 };
  const password = factors(1, { demands: [{ authenticators: ['password'] }] });
  const totp = factors(1, { demands: [{ authenticators: ['totp'] }] });
  test.each([
    [
      'nothing yet: both are offered, the session layer first',
      [],
      { kind: 'challenge', options: [{ authenticator: 'password' }, { authenticator: 'totp' }] },
    ],
    [
      'the session layer alone is not enough',
      ['password'],
      { kind: 'challenge', options: [{ authenticator: 'totp' }] },
    ],
    ['the app layer alone is not enough', ['totp'], { kind: 'challenge', options: [{ authenticator: 'password' }] }],
    ['both', ['password', 'totp'], { kind: 'allow' }],
  ] as const)('%s', (_, proved, expected) => {
    const facts = factsOf({
      subject: userWith(['password', 'totp', 'email']),
      evidence: proved.map((key) => proof(key, 'now')),
    });
    expect(evaluate(policiesOf({ session: always(allow(password)), app: totp }), facts)).toMatchObject(expected);
  });

  test('an app without a policy denies every user, identified or not', () => {
    const { app: _, ...policies } = policiesOf();
    expect(evaluate(policies, factsOf())).toMatchObject({ kind: 'deny', reason: 'no_policy' });
    expect(evaluate(policies, factsOf({ subject: userWith(['password']) }))).toMatchObject({
      kind: 'deny',
      reason: 'no_policy',
    });
  });

  test('the session limits of the rule that decided come with the decision', () => {
    const decision = evaluate(
      policiesOf({ session: always(allow(factors(1), limits)) }),
      factsOf({ subject: userWith(['password']), ...signedIn }),
    );
    expect(decision).toMatchObject({ kind: 'allow', session: limits });
  });

  test.each<[string, boolean | undefined, SessionTerms, object]>([
    ['as the policy says for users who ask for it', true, { ...limits, keep: long }, { ...long, kept: true }],
    ['not for users who do not ask', undefined, { ...limits, keep: long }, limits],
    ['not for users who said no', false, { ...limits, keep: long }, limits],
    ['not where the policy does not allow it', true, limits, limits],
  ])('a session is kept %s', (_, keepSignedIn, terms, session) => {
    const facts = factsOf({
      subject: userWith(['password']),
      ...signedIn,
      ...(keepSignedIn !== undefined && { keepSignedIn }),
    });
    const decision = evaluate(policiesOf({ session: always(allow(factors(1), terms)) }), facts);
    expect(decision.kind === 'allow' && decision.session).toEqual(session);
  });

  test('no user meets an empty list of alternatives', () => {
    const facts = factsOf({ subject: userWith(['password', 'webauthn']), ...signedIn });
    for (const app of [{ anyOf: [] }, { chains: [] }, { chains: [[]] }, { chains: [[{ authenticators: [] }]] }]) {
      expect(evaluate(policiesOf({ app }), facts)).toMatchObject({ kind: 'deny', reason: 'unsatisfiable' });
    }
  });

  test('a requirement that asks for no factor still asks for one', () => {
    const nothing = { anyOf: [{ factors: 0 as 1, demands: [] }] };
    const policies = policiesOf({ session: always(allow(nothing)), app: nothing });
    expect(evaluate(policies, factsOf({ subject: userWith(['password']) }))).toMatchObject({
      kind: 'challenge',
      options: [{ authenticator: 'password' }],
    });
  });
});

describe('before the user has identified', () => {
  const groups = { groups: { any: ['staff'] } };
  const office = { network: { any: ['office'] } };
  const world = { network: { any: ['world'] } };
  test.each<[string, Policy, object]>([
    ['a rule that holds and allows', policy(['all', {}, one]), { kind: 'identify' }],
    ['a rule that holds and denies', policy(['world', world, deny]), { kind: 'deny', reason: 'rule', rule: 'world' }],
    ['a deny after rules that miss', policy(['office', office, one], ['all', {}, deny]), { kind: 'deny', rule: 'all' }],
    ['a deny that depends on the user', policy(['staff', groups, deny], ['all', {}, one]), { kind: 'identify' }],
    ['a deny after a rule that may hold', policy(['staff', groups, one], ['all', {}, deny]), { kind: 'identify' }],
    [
      'a rule about the user that misses in any case',
      policy(['both', { ...groups, ...office }, one], ['all', {}, deny]),
      { kind: 'deny', rule: 'all' },
    ],
    ['no rule can hold', policy(['office', office, one]), { kind: 'deny', reason: 'no_rule' }],
    ['no rule at all', policy(), { kind: 'deny', reason: 'no_rule' }],
    ['a rule may hold', policy(['staff', groups, one]), { kind: 'identify' }],
    [
      'the device may be known',
      policy(['new', { device: { known: false } }, deny], ['all', {}, one]),
      { kind: 'identify' },
    ],
  ])('%s', (_, tested, expected) => {
    expect(evaluate(policiesOf({ app: tested }), factsOf())).toMatchObject(expected);
    expect(evaluate(policiesOf({ session: tested }), factsOf())).toMatchObject(expected);
  });

  test('the trace says which layer is undecided', () => {
    const { layers } = evaluate(policiesOf({ app: policy(['staff', groups, one], ['all', {}, one]) }), factsOf()).trace;
    expect(layers[1]).toMatchObject({ outcome: 'undecided', rules: [{ result: 'unknown' }, { result: 'hit' }] });
    expect(layers[1]?.decidedBy).toBeUndefined();
  });

  test('a denial without any enabled authenticator', () => {
    expect(evaluate(policiesOf({ enabled: [] }), factsOf())).toMatchObject({ kind: 'deny', reason: 'unsatisfiable' });
  });
});
