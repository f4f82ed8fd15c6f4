/** Methods of authenticators in policies: a phone by call and not by text message, mail by code and not by link. */

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { impliesAll } from '../../../src/core/analysis/proofs/strictness.ts';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import { evaluateIssuance } from '../../../src/core/decision/token-issuance.ts';
import { bestEvidence } from '../../../src/core/evidence/attainable-acr.ts';
import { isTaken } from '../../../src/core/evidence/proof-names.ts';
import { meetsRequirement } from '../../../src/core/evidence/requirement.ts';
import type { Evidence } from '../../../src/core/model/facts.ts';
import type { Demand, Policy, Requirement } from '../../../src/core/model/policy.ts';
import { compilePolicy } from '../../../src/core/policy/rules/compile.ts';
import { askedMethods } from '../../../src/core/queries/asked-methods.ts';
import { alternatives, type World, withMethod, world } from '../support/arbitraries.ts';
import {
  allow,
  always,
  descriptor,
  enrolled,
  enrollmentTerms,
  factors,
  factsOf,
  fixedNow,
  policiesOf,
  proof,
  thisTransaction,
  userWith,
} from '../support/fixtures.ts';
import { naivelyMeets, subsets, waysToProve } from '../support/naive-evaluator.ts';
import { enough, seeded } from '../support/seeded.ts';

const one = (demand: Demand): Requirement => ({ anyOf: [{ factors: 1, demands: [demand] }] });
const voice = one({ authenticators: ['phone.voice'] });
const noSms = one({ factor: 'possession', exclude: ['phone.sms'] });
const both: Requirement = {
  anyOf: [{ factors: 1, demands: [{ authenticators: ['phone.sms'] }, { authenticators: ['phone.voice'] }] }],
};
const sms = (more: Partial<Evidence> = {}) => proof('phone', 60, { method: 'sms', amr: ['sms'], ...more });
const call = (more: Partial<Evidence> = {}) => proof('phone', 60, { method: 'voice', amr: ['tel'], ...more });
const { method: _, ...unrecorded } = proof('phone', 60);
const subject = userWith(['password', 'phone', 'email']);

describe('names of methods', () => {
  test.each<[string, Parameters<typeof isTaken>[0], readonly string[] | undefined, boolean]>([
    ['the key takes every method', { authenticators: ['phone'] }, ['sms'], true],
    ['the key takes a proof whose method is not known', { authenticators: ['phone'] }, undefined, true],
    ['a method takes its own proofs', { authenticators: ['phone.sms'] }, ['sms'], true],
    ['a method takes no other', { authenticators: ['phone.voice'] }, ['sms'], false],
    ['a method takes no proof whose method is not known', { authenticators: ['phone.voice'] }, undefined, false],
    ['an excluded method is not taken', { exclude: ['phone.sms'] }, ['sms'], false],
    ['others are', { exclude: ['phone.sms'] }, ['voice'], true],
    ['a proof whose method is not known may have been by it', { exclude: ['phone.sms'] }, undefined, false],
    ['methods of others say nothing', { exclude: ['email.link', 'telephone.sms'] }, undefined, true],
    ['what could be proved by either is taken', { exclude: ['phone.sms'] }, ['sms', 'voice'], true],
    [
      'one and the same method must be meant',
      { authenticators: ['phone.sms'], exclude: ['phone.sms'] },
      ['sms', 'voice'],
      false,
    ],
    ['the key excludes all', { authenticators: ['phone.sms'], exclude: ['phone'] }, ['sms'], false],
  ])('%s', (_name, names, methods, expected) => {
    expect(isTaken(names, { authenticator: 'phone', ...(methods && { methods }) })).toBe(expected);
  });

  test('an authenticator at its best can be proved by all of its methods', () => {
    expect(meetsRequirement(both, bestEvidence(both, [descriptor.phone]))).toBe(true);
    expect(meetsRequirement(voice, bestEvidence(voice, [{ ...descriptor.phone, methods: ['sms'] }]))).toBe(false);
  });
});

describe('a decision', () => {
  const kindAfter = (app: Requirement, evidence: readonly Evidence[]) =>
    evaluate(policiesOf({ app }), factsOf({ subject, evidence })).kind;

  test.each<[string, Requirement, Evidence, 'allow' | 'challenge']>([
    ['a call is one', voice, call(), 'allow'],
    ['a text message is no call', voice, sms(), 'challenge'],
    ['a proof from before methods were recorded is none', voice, unrecorded, 'challenge'],
    ['an excluded text message does not count', noSms, sms(), 'challenge'],
    ['nor does what may have been one', noSms, unrecorded, 'challenge'],
    ['a call counts where text messages are excluded', noSms, call(), 'allow'],
    ['a link is no code', one({ authenticators: ['email.code'] }), proof('email', 60, { method: 'link' }), 'challenge'],
    ['a code is one', one({ authenticators: ['email.code'] }), proof('email', 60), 'allow'],
  ])('%s', (_name, app, evidence, expected) => {
    expect(kindAfter(app, [evidence])).toBe(expected);
  });

  test('a newer text message does not outdate a call', () => {
    expect(kindAfter(voice, [call(), sms({ at: fixedNow - 5 })])).toBe('allow');
  });

  test('one number is one step of a chain, however it is proved', () => {
    const chain: Requirement = { chains: [[{ authenticators: ['phone.sms'] }, { authenticators: ['phone.voice'] }]] };
    expect(kindAfter(chain, [call(), sms()])).not.toBe('allow');
    expect(kindAfter(chain, [call({ enrollment: 'phone' }), sms()])).not.toBe('allow');
  });

  test('a number that takes no such message cannot meet it, and another one can be enrolled', () => {
    const [phone] = enrolled('phone');
    const [password] = enrolled('password');
    if (!phone || !password) throw new Error('nothing is enrolled');
    const landline = userWith([], { enrollments: [password, { ...phone, methods: ['voice'] }] });
    const text = one({ authenticators: ['phone.sms'] });
    const evidence = [proof('password', 'now'), call({ transaction: thisTransaction, at: fixedNow })];
    expect(evaluate(policiesOf({ app: text }), factsOf({ subject: landline, evidence }))).toMatchObject({
      kind: 'enroll',
      choices: ['phone'],
    });
  });

  test('a proof by a method that is switched off counts for nothing', () => {
    const policies = policiesOf({ app: one({ authenticators: ['phone'] }) });
    const authenticators = policies.authenticators.map((known) =>
      known.key === 'phone' ? { ...known, methods: ['voice'] } : known,
    );
    const facts = factsOf({ subject, evidence: [sms()] });
    expect([evaluate(policies, facts).kind, evaluate({ ...policies, authenticators }, facts).kind]).toEqual([
      'allow',
      'challenge',
    ]);
  });

  test('a browser that remembers a text message waives no call', () => {
    const app = always({
      ...{
        kind: 'allow',
        requirement: { anyOf: [{ factors: 2, demands: [{ factor: 'possession', exclude: ['phone.sms'] }] }] },
      },
      remember: 86_400,
    } as const);
    const kindWith = (method: string | undefined) => {
      const { amr: _amr, subject: _owner, transaction: _tx, origin: _origin, method: _by, ...proved } = call();
      const remembered = [{ ...proved, ...(method !== undefined && { method }), until: fixedNow + 60 }];
      const device = { known: true, platform: 'desktop', os: 'linux', remembered } as const;
      return evaluate(policiesOf({ app }), factsOf({ subject, device, evidence: [proof('password', 'now')] })).kind;
    };
    expect([kindWith('voice'), kindWith('sms'), kindWith(undefined)]).toEqual(['allow', 'challenge', 'challenge']);
  });

  test.each([
    ['a call', call(), true],
    ['a text message', sms(), false],
    ['a proof whose method is not known', unrecorded, false],
  ])('tokens are issued by the method, too: %s', (_name, evidence, expected) => {
    expect(evaluateIssuance(policiesOf({ app: voice }), factsOf({ subject, evidence: [evidence] })).allow).toBe(
      expected,
    );
  });
});

describe('the methods that are offered', () => {
  const offered = (app: Requirement, evidence: readonly Evidence[] = [], more: Parameters<typeof factsOf>[0] = {}) =>
    askedMethods(policiesOf({ app }), factsOf({ subject, evidence, ...more }), 'phone');

  test.each<[string, Requirement, readonly string[]]>([
    ['all, where no rule tells them apart', factors(2), ['sms', 'voice']],
    ['the one that is taken', voice, ['voice']],
    ['those that are not excluded', noSms, ['voice']],
    [
      'none that would do only once another authenticator is enrolled',
      { anyOf: [{ factors: 1, demands: [{ factor: 'possession', exclude: ['phone.voice'] }] }] },
      ['sms'],
    ],
    ['both, where each is needed', both, ['sms', 'voice']],
    [
      'those of every alternative, also of the longer one',
      {
        anyOf: [
          { factors: 1, demands: [{ authenticators: ['phone.sms'] }] },
          { factors: 2, demands: [{ authenticators: ['phone.voice'] }] },
        ],
      },
      ['sms', 'voice'],
    ],
  ])('%s', (_name, app, expected) => {
    expect(offered(app)).toEqual(expected);
  });

  test('what is missing, and not what was proved', () => {
    expect(offered(both, [sms()])).toEqual(['voice']);
  });

  test('an `acr` that is asked for if possible is not lowered by the method', () => {
    const policies = policiesOf({ acrLevels: [{ value: 'call', requirement: voice }] });
    const facts = factsOf({ subject, request: { acrValues: ['call'] } });
    expect(askedMethods(policies, facts, 'phone')).toEqual(['voice']);
  });

  test('the same for an account that is suspended', () => {
    expect(offered(voice, [], { subject: { ...subject, status: 'suspended' } })).toEqual(['voice']);
  });

  test('as they are, where there are none to choose from', () => {
    const named: Requirement = { anyOf: [{ factors: 1, demands: [{ authenticators: ['totp.app', 'email.code'] }] }] };
    const emailByCode = { ...descriptor.email, methods: ['code'] };
    const policies = { ...policiesOf({ app: named }), authenticators: [descriptor.totp, emailByCode] };
    const methods = ['totp', 'email', 'none'].map((key) => askedMethods(policies, factsOf({ subject }), key));
    expect(methods).toEqual([undefined, ['code'], undefined]);
  });

  test('those that a rule of the session policy takes, also beside rules that deny', () => {
    const session: Policy = {
      name: 'session',
      rules: [
        { name: 'guests', when: { groups: { any: ['guests'] } }, then: { kind: 'deny' } },
        { name: 'rest', when: {}, then: allow(voice) },
      ],
    };
    expect(askedMethods(policiesOf({ session }), factsOf({ subject }), 'phone')).toEqual(['voice']);
  });

  test('all of an authenticator that is not the one to enroll', () => {
    const policies = {
      ...policiesOf({ app: voice }),
      enrollment: compilePolicy({
        name: 'enrollment',
        rules: [{ name: 'rule', when: {}, then: enrollmentTerms({ required: [{ anyOf: ['totp'] }] }) }],
      }),
    };
    const facts = factsOf({ subject: userWith(['phone']), evidence: [call()] });
    expect(evaluate(policies, facts)).toMatchObject({ kind: 'enroll', choices: ['totp'] });
    expect(askedMethods(policies, facts, 'phone')).toEqual(['sms', 'voice']);
  });

  test('for an enrollment, too', () => {
    const without = userWith(['password']);
    const evidence = [proof('password', 'now')];
    expect(askedMethods(policiesOf({ app: voice }), factsOf({ subject: without, evidence }), 'phone')).toEqual([
      'voice',
    ]);
  });

  test('exactly those that bring some sign-in further', () => {
    let several = 0;
    const worlds = world({ requirement: alternatives, enrollments: 4, evidence: 2 }).filter(
      ({ request, disabled, has }) =>
        request.acrValues.length === 0 && disabled.length === 0 && has.some(({ id }) => id === 'phone'),
    );
    fc.assert(
      fc.property(worlds, (drawn) => {
        const policies = policiesOf({ session: always(allow(drawn.session)), app: drawn.app });
        const facts = factsOf({
          subject: userWith([], { enrollments: drawn.has }),
          evidence: drawn.evidence,
          request: drawn.request,
        });
        const decision = evaluate(policies, facts);
        const option = decision.kind === 'challenge' && decision.options.find((some) => some.authenticator === 'phone');
        if (decision.kind !== 'challenge' || decision.withheld || decision.toEnroll || !option) return;
        const useful = ['sms', 'voice'].filter((method) => helps(drawn, method));
        if (useful.length === 0 || drawn.minimumAcr !== undefined) return;
        several += 1;
        // The authenticator itself leaves out what a number does not take.
        const phones = drawn.has.filter(({ authenticator }) => authenticator === 'phone');
        const taken = phones.flatMap((phone) => phone.methods ?? ['sms', 'voice']);
        expect(askedMethods(policies, facts, 'phone')?.filter((askedMethod) => taken.includes(askedMethod))).toEqual(
          useful,
        );
      }),
      seeded(1500),
    );
    expect(several).toBeGreaterThan(enough(45));
  });

  /** Whether a phone that is proved by this method is needed beside some set of other proofs. */
  function helps({ session, app, has, evidence, request }: World, method: string): boolean {
    const when = { now: fixedNow, transaction: thisTransaction, maxAge: request.promptLogin ? 0 : request.maxAge };
    const done = (more: readonly Evidence[]) =>
      [session, app].every((asked) => naivelyMeets(asked, [...evidence, ...more], when));
    const proofs = has.flatMap((enrollment) => {
      const isPhone = enrollment.authenticator === 'phone';
      const ways = waysToProve(enrollment).filter((way) => !isPhone || way === method);
      const base = { ...proof('totp', 'now'), ...enrollment, enrollment: enrollment.id };
      const each = ways.map((way) => withMethod(base, way));
      return each.length === 0 ? [] : [each];
    });
    return subsets(proofs).some(
      (set) =>
        done(set.flat()) &&
        set.every((proved) => !done(set.filter((other) => other !== proved).flat())) &&
        set.some(([first]) => first?.authenticator === 'phone'),
    );
  }
});

describe('what the analysis knows of methods', () => {
  const implies = (premise: Requirement, conclusion: Requirement) =>
    impliesAll([premise], [conclusion], {
      authenticators: [descriptor.password, descriptor.phone, descriptor.email],
    }) === 'holds';

  test.each<[string, Requirement, Requirement, boolean]>([
    ['a call is a phone', voice, one({ authenticators: ['phone'] }), true],
    ['a phone need not be a call', one({ authenticators: ['phone'] }), voice, false],
    ['a call is no text message', voice, noSms, true],
    ['anything but text messages may be no call', noSms, voice, false],
  ])('%s', (_name, premise, conclusion, expected) => {
    expect(implies(premise, conclusion)).toBe(expected);
  });
});
