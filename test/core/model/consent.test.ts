/** Consent to third-party apps: what is asked, when it is asked again, and what an answer means. */
import { describe, expect, test } from '@jest/globals';
import { simulate } from '../../../src/core/analysis/simulation/simulate.ts';
import { grantedClaims, takesBack, withAnswer } from '../../../src/core/decision/consent.ts';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import { evaluateIssuance } from '../../../src/core/decision/token-issuance.ts';
import type { AskedScope } from '../../../src/core/model/decision.ts';
import type { Consent, RequestFacts } from '../../../src/core/model/facts.ts';
import type { PolicySet } from '../../../src/core/policy/rules/compile.ts';
import { nextStep } from '../../../src/core/step/next-step.ts';
import { newTransaction } from '../../../src/core/step/transaction.ts';
import { consented, forgetSubject, identified, selectedAccount } from '../../../src/core/step/transitions.ts';
import {
  always,
  type FactParts,
  factors,
  factsOf,
  fixedNow,
  plainRequest,
  policiesOf,
  proof,
  silentFacts,
  thisTransaction,
  userWith,
} from '../support/fixtures.ts';

const terms = { required: ['profile'], scopeOfClaim: { email: 'email', name: 'profile' } };
const thirdParty: PolicySet = { ...policiesOf(), consent: terms };
const proved = { evidence: [proof('password', 'now')] };
const user = (consent?: Consent, clientId = 'notes') =>
  userWith(['password'], consent ? { consents: { [clientId]: consent } } : {});
const given = (granted: string, rejected = ''): Consent => ({
  granted: granted.split(' '),
  rejected: rejected.split(' ').filter((scope) => scope !== ''),
});

function decide(request: Partial<RequestFacts>, consent?: Consent, parts: FactParts = {}) {
  return evaluate(thirdParty, factsOf({ ...proved, subject: user(consent), request, ...parts }));
}

/** What is asked about: `!` marks what is required, `-` what was rejected before. Empty: nothing is asked. */
function asked(request: Partial<RequestFacts>, consent?: Consent, parts?: FactParts): string {
  const decision = decide(request, consent, parts);
  if (decision.kind !== 'consent') return decision.kind;
  return decision.scopes
    .map(({ scope, required, rejected }) => `${scope}${required ? '!' : ''}${rejected ? '-' : ''}`)
    .join(' ');
}

const scopes = (text: string) => ({ scopes: text.split(' ') });
const again = { promptConsent: true } as const;

describe('what a third-party app gets is asked', () => {
  test('after everything else, and of no first-party app', () => {
    expect(decide({}, undefined, { evidence: [] }).kind).toBe('challenge');
    expect(evaluate(policiesOf(), factsOf({ ...proved, subject: user(), request: again })).kind).toBe('allow');
    expect(asked(scopes('openid profile email'))).toBe('openid! profile! email');
  });

  test('only about what the rule of the app grants', () => {
    const granting = { kind: 'allow' as const, requirement: factors(1), scopes: ['email'] };
    const policies = { ...thirdParty, ...policiesOf({ app: always(granting) }), consent: terms };
    const about = (consent?: Consent) => {
      const request = { ...scopes('openid profile email offline_access'), claims: ['name'], ...again };
      const decision = evaluate(policies, factsOf({ ...proved, subject: user(consent), request }));
      return decision.kind === 'consent' ? decision.scopes.map(({ scope }) => scope) : decision.kind;
    };
    expect(about()).toEqual(['openid', 'email', 'offline_access']);
    const facts = factsOf({ ...proved, subject: user(given('openid email')), request: scopes('openid profile email') });
    expect(evaluate(policies, facts)).toMatchObject({ kind: 'allow', scopes: ['openid', 'email'] });
  });

  test.each<[what: string, request: Partial<RequestFacts>, consent: Consent, expected: string]>([
    ['nothing new', scopes('openid email'), given('openid email'), 'allow'],
    ['what was rejected', scopes('openid email'), given('openid', 'email'), 'allow'],
    ['less than before', scopes('openid'), given('openid email'), 'allow'],
    ['something new', scopes('openid email'), given('openid'), 'openid! email'],
    [
      'something new beside something rejected',
      scopes('openid phone email'),
      given('openid', 'phone'),
      'openid! phone- email',
    ],
    [
      'what was rejected and is required by now',
      scopes('openid profile'),
      given('openid', 'profile'),
      'openid! profile!-',
    ],
    ['everything anew', { ...scopes('openid phone'), ...again }, given('openid', 'phone'), 'openid! phone-'],
    ['a claim with the scope that releases it', { claims: ['email'] }, given('openid'), 'openid! email'],
    ['a claim whose scope was granted', { claims: ['email'] }, given('openid email'), 'allow'],
    ['a claim that no scope releases', { claims: ['shoe_size', 'constructor'] }, given('openid'), 'allow'],
  ])('for %s', (_, request, consent, expected) => {
    expect(asked(request, consent)).toBe(expected);
  });

  test('by the consent to this app alone', () => {
    const subject = user(given('openid'), 'other');
    expect(evaluate(thirdParty, factsOf({ ...proved, subject })).kind).toBe('consent');
    const inherited = { ...user(), consents: {} };
    const request = { clientId: 'constructor' };
    expect(evaluate(thirdParty, factsOf({ ...proved, subject: inherited, request })).kind).toBe('consent');
  });

  test('once in a transaction with `prompt=consent`', () => {
    const transaction = { id: thisTransaction, startedAt: fixedNow - 60, consented: true } as const;
    expect(asked(again, given('openid'), { transaction })).toBe('allow');
    expect(asked({ ...again, ...scopes('openid phone') }, given('openid'), { transaction })).toBe('openid! phone');
  });

  test('with access while the user is away only with `prompt=consent`, which counts from then on', () => {
    const request = scopes('openid offline_access');
    expect(asked(request)).toBe('openid!');
    expect(asked(request, given('openid'))).toBe('allow');
    expect(asked({ ...request, ...again })).toBe('openid! offline_access');
    expect(asked({ ...request, ...again }, given('openid', 'offline_access'))).toBe('openid! offline_access-');
    expect(asked(request, given('openid offline_access'))).toBe('allow');
    expect(asked(scopes('openid offline_access email'), given('openid offline_access'))).toBe(
      'openid! offline_access email',
    );
    expect(asked(scopes('openid offline_access email'), given('openid'))).toBe('openid! email');
  });
});

describe('an answer', () => {
  const scope = (name: string, required = false): AskedScope => ({ scope: name, required, rejected: false });
  const page = [scope('openid', true), scope('email'), scope('phone')];
  const ticks =
    (...names: readonly string[]) =>
    (name: string) =>
      names.includes(name);

  test('grants ticked and required scopes, rejects the rest, and leaves other scopes as they were', () => {
    expect(withAnswer(undefined, page, ticks('phone', 'groups'))).toEqual(given('openid phone', 'email'));
    expect(withAnswer(given('openid email orders', 'phone address'), page, ticks('phone'))).toEqual(
      given('orders openid phone', 'address email'),
    );
  });

  test.each<[before: Consent | undefined, after: Consent, expected: boolean]>([
    [undefined, given('openid'), true],
    [given('openid'), given('openid email'), false],
    [given('openid', 'email'), given('openid email'), false],
    [given('openid email'), given('openid', 'email'), true],
  ])('from %j to %j takes something back: %j', (before, after, expected) => {
    expect(takesBack(before, after)).toBe(expected);
  });

  test('releases the claims of granted scopes', () => {
    const claims = ['email', 'name', 'shoe_size', 'constructor'];
    expect(grantedClaims(claims, terms, given('openid email'))).toEqual(['email']);
  });
});

describe('an exchange', () => {
  const facts = (consent?: Consent) => silentFacts({ ...proved, subject: user(consent) });

  test('takes a consent', () => {
    expect(evaluateIssuance(thirdParty, facts())).toMatchObject({ allow: false, reason: 'consent_missing' });
    expect(evaluateIssuance(thirdParty, facts(given('openid')))).toMatchObject({ allow: true });
    expect(evaluateIssuance(policiesOf(), facts())).toMatchObject({ allow: true });
  });
});

describe('the step', () => {
  const transaction = newTransaction({ id: thisTransaction, request: plainRequest, now: fixedNow, lifetime: 900 });
  const view = { canKeep: false, labels: () => undefined };

  test('holds the scopes', () => {
    const decision = decide(scopes('openid email'));
    expect(nextStep(decision, { transaction, view, now: fixedNow })).toMatchObject({
      kind: 'step',
      step: { kind: 'consent', scopes: [{ scope: 'openid' }, { scope: 'email' }], notices: [] },
    });
  });

  test('is simulated, every scope granted', () => {
    const steps = simulate(thirdParty, factsOf({ ...proved, subject: user(), request: again }));
    expect(steps.map(({ kind }) => kind)).toEqual(['consent', 'complete']);
  });

  test('is forgotten when another user signs in', () => {
    expect(forgetSubject(consented(transaction))).not.toHaveProperty('consented');
  });
});

describe('the choice of an account', () => {
  const request = { promptSelectAccount: true } as const;
  const chosen = { id: thisTransaction, startedAt: fixedNow - 60, accountSelected: true } as const;

  test('comes before every proof and every denial, once', () => {
    const subject = userWith(['password'], { status: 'suspended' });
    expect(evaluate(policiesOf(), factsOf({ request, subject })).kind).toBe('select_account');
    expect(evaluate(policiesOf(), factsOf({ ...proved, request, subject: user() })).kind).toBe('select_account');
    const after = { ...proved, request, subject: user(), transaction: chosen };
    expect(evaluate(policiesOf(), factsOf(after)).kind).toBe('allow');
    expect(evaluate(policiesOf(), factsOf({ request })).kind).toBe('identify');
  });

  test('is made by going on, or by identifying, and forgotten with the account', () => {
    const begun = newTransaction({
      id: thisTransaction,
      request: { ...plainRequest, ...request },
      now: fixedNow,
      lifetime: 900,
    });
    const subject = { id: 'ann', identifier: 'ann', decoy: false };
    const named = identified(begun, subject);
    expect(named).toMatchObject({ ok: true, transaction: { accountSelected: true, subject } });
    expect(identified(named.ok ? named.transaction : begun, subject)).toMatchObject({ ok: true });
    expect(selectedAccount(begun)).toMatchObject({ accountSelected: true });
    expect(forgetSubject(selectedAccount(begun))).not.toHaveProperty('accountSelected');
    expect(
      selectedAccount(newTransaction({ id: 'x', request: plainRequest, now: fixedNow, lifetime: 900 })),
    ).not.toHaveProperty('accountSelected');
  });

  test('is a step without anything to fill in', () => {
    const decision = evaluate(policiesOf(), factsOf({ request, subject: user() }));
    const transaction = newTransaction({
      id: thisTransaction,
      request: { ...plainRequest, ...request },
      now: fixedNow,
      lifetime: 900,
    });
    expect(
      nextStep(decision, { transaction, view: { canKeep: false, labels: () => undefined }, now: fixedNow }),
    ).toEqual({
      kind: 'step',
      step: { kind: 'select_account', notices: [] },
    });
    expect(simulate(policiesOf(), factsOf({ request, subject: user() })).at(-1)?.kind).toBe('complete');
  });
});
