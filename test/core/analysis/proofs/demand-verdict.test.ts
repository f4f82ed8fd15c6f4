/** What a guarantee says about what the rules of a case ask for. */
import { describe, expect, test } from '@jest/globals';
import {
  type DemandVerdict,
  demandCheck,
  type Guarantee,
} from '../../../../src/core/analysis/proofs/demand-verdict.ts';
import type { AllowTerms, Demand, Requirement, Rule } from '../../../../src/core/model/policy.ts';
import { enrollmentTerms, factors, type Key, policiesOf } from '../../support/fixtures.ts';

const ruleOf = (name: string, requirement: Requirement, more: Partial<AllowTerms> = {}): Rule => ({
  name,
  when: {},
  then: { kind: 'allow', requirement, ...more },
});
const caseOf = (app: Rule, session: Rule = ruleOf('session', factors(1))) => ({
  session,
  app,
  findFacts: () => undefined,
});
const demanding = (...demands: readonly Demand[]) => factors(1, { demands });
const by = (...authenticators: readonly string[]) => demanding({ authenticators });
const chain: Requirement = { chains: [[{ authenticators: ['password'] }, { authenticators: ['totp'] }]] };
const large = demanding(...Array.from({ length: 6 }, (): Demand => ({})));
const remembering = { remember: 600 };

test('cases whose rules ask for the same share what was found', () => {
  const check = demandCheck({ guarantee: { kind: 'proves', requirement: factors(2) } }, policiesOf());
  const [strict, alike, weak] = [ruleOf('a', factors(2)), ruleOf('b', factors(2)), ruleOf('c', factors(1))].map((app) =>
    check(caseOf(app)),
  );
  expect(alike).toBe(strict);
  expect(weak).not.toBe(strict);
  expect([strict?.isFine, weak?.isFine]).toEqual([true, false]);
  const candidates = weak?.candidates() ?? [];
  expect(candidates.length).toBeGreaterThan(0);
  expect(weak?.candidates()).toBe(candidates);
});

test('what may not be used makes another demand', () => {
  const check = demandCheck({ guarantee: { kind: 'without', authenticators: ['password'] } }, policiesOf());
  const terms = enrollmentTerms({ disabled: ['password'] });
  const enrollment = { name: 'no passwords', when: {}, then: terms };
  const app = ruleOf('app', factors(1));
  const [open, closed] = [check(caseOf(app)), check({ ...caseOf(app), enrollment })];
  expect([open.isFine, closed.isFine]).toEqual([false, true]);
});

describe('a guarantee holds', () => {
  const enabled: readonly Key[] = ['password', 'totp', 'phone', 'webauthn'];
  const proves = (requirement: Requirement): Guarantee => ({ kind: 'proves', requirement });
  const without = (...authenticators: readonly string[]): Guarantee => ({ kind: 'without', authenticators });
  const offers = (authenticators: readonly string[], including: readonly string[]): Guarantee => ({
    kind: 'offers',
    authenticators,
    including,
  });
  const evidenceIn = (verdict: DemandVerdict) => [
    ...new Set(
      verdict.candidates().map(({ remembered, evidence }) => {
        const proofs = evidence.map(({ authenticator, methods = [] }) => [authenticator, ...methods].join('.'));
        return [...remembered.map((name) => `(${name})`), ...proofs.sort()].join(' ');
      }),
    ),
  ];

  test.each<[string, Guarantee, Rule, boolean]>([
    ['no user gets in', { kind: 'refused' }, ruleOf('app', factors(1)), false],
    ['no user gets in, where none can', { kind: 'refused' }, ruleOf('app', by('email')), true],
    ['what is asked for is proved', proves(factors(2)), ruleOf('app', factors(2)), true],
    ['more is proved', proves(factors(2)), ruleOf('app', factors(1)), false],
    ['what implies it is asked for', proves(by('totp', 'phone')), ruleOf('app', by('totp')), true],
    ['the very chain is asked for', proves(chain), ruleOf('app', chain), true],
    ['the very same is asked for, which more sets meet than are looked at', proves(large), ruleOf('app', large), true],
    ['another chain is asked for', proves(chain), ruleOf('app', factors(2)), false],
    [
      'a second factor that a browser may remember is proved',
      proves(factors(2)),
      ruleOf('app', factors(2), remembering),
      false,
    ],
    ['no user needs the password', without('password'), ruleOf('app', factors(1)), false],
    ['no user needs it where none may prove it', without('password'), ruleOf('app', by('totp', 'webauthn')), true],
    ['no user needs an app beside something else', without('totp'), ruleOf('app', demanding({}, {})), false],
    ['no user gets in by a call', without('phone.voice'), ruleOf('app', by('phone.sms')), true],
    ['no user gets in by a text message', without('phone.sms'), ruleOf('app', by('phone.sms')), false],
    ['all could do so by a passkey', offers(['webauthn'], ['webauthn']), ruleOf('app', factors(2)), true],
    ['all could do so by passwords', offers(['password'], ['password']), ruleOf('app', factors(2)), false],
    [
      'all could do so by what cannot be used',
      offers(['webauthn', 'email'], ['email']),
      ruleOf('app', factors(2)),
      false,
    ],
    [
      'one of those can be used',
      offers(['password', 'totp', 'email'], ['email', 'totp']),
      ruleOf('app', factors(2)),
      true,
    ],
    ['what is usable is enough', offers(['password', 'totp'], ['totp']), ruleOf('app', by('phone')), false],
  ])('%s: %#', (_, guarantee, app, expected) => {
    const verdict = demandCheck({ guarantee }, policiesOf({ enabled }))(caseOf(app));
    expect(verdict.isFine).toBe(expected);
    if (!expected) expect(verdict.candidates()).not.toEqual([]);
  });

  test.each<[string, Requirement, Requirement, boolean]>([
    ['where those count', by('phone'), factors(1), false],
    ['where they count beside something else', by('email', 'phone'), factors(1), false],
    ['where they cannot count', by('email'), factors(1), true],
    ['where users who give them could do without', by('email'), by('email', 'phone'), true],
    ['where either rule takes them, and something else', by('email', 'phone'), by('email', 'password'), false],
    ['where something stronger is offered', by('phone', 'totp'), factors(1), true],
    ['where something stronger is proved', demanding({ authenticators: ['totp'] }, {}), by('phone'), true],
    ['where a chain asks for them', { chains: [[{ authenticators: ['phone.sms'] }]] }, factors(1), false],
  ])('that something is offered instead of others: %s', (_, app, session, expected) => {
    const guarantee: Guarantee = {
      ...{ kind: 'offers', authenticators: ['password', 'totp'], including: ['totp'] },
      insteadOf: ['phone'],
    };
    const policies = policiesOf({ enabled: [...enabled, 'email'] });
    const verdict = demandCheck({ guarantee }, policies)(caseOf(ruleOf('app', app), ruleOf('session', session)));
    expect(verdict.isFine).toBe(expected);
    if (!expected) expect(evidenceIn(verdict).filter((proofs) => !proofs.includes('phone'))).toEqual([]);
  });

  test('as far as users can have what is offered', () => {
    const guarantee = offers(['password', 'totp', 'webauthn'], ['totp', 'webauthn']);
    const isFineWith = (requirement: Requirement, ...keys: readonly string[]) =>
      demandCheck({ guarantee }, policiesOf({ enabled }))(caseOf(ruleOf('app', requirement))).isFineWith?.(keys);
    const app = demanding({ factor: 'knowledge' }, { authenticators: ['totp', 'phone'] });
    expect(isFineWith(app, 'password', 'totp')).toBe(true);
    expect(isFineWith(app, 'password', 'phone')).toBe(false);
    expect(isFineWith(app, 'password', 'webauthn')).toBe(false);
    expect(isFineWith(app, 'totp')).toBe(false);
    // All prove it, or it is not offered at all: what users can have makes no difference.
    expect(isFineWith(by('totp'))).toBeUndefined();
    expect(isFineWith(by('phone'), 'totp')).toBeUndefined();
  });

  test('instead of what a browser remembers', () => {
    const guarantee: Guarantee = {
      ...{ kind: 'offers', authenticators: ['email'], including: ['email'] },
      insteadOf: ['phone'],
    };
    const app = ruleOf('app', factors(2, { demands: [{ factor: 'possession' }] }), remembering);
    const check = demandCheck({ guarantee }, policiesOf({ enabled: ['password', 'totp', 'phone'] }));
    expect(evidenceIn(check(caseOf(app)))).toEqual(['password phone', '(phone) password']);
  });

  test('of all that the rules ask for together', () => {
    const check = demandCheck({ guarantee: offers(['totp'], ['totp']) }, policiesOf({ enabled }));
    const either = ruleOf('app', by('totp', 'phone'));
    expect(check(caseOf(either)).isFine).toBe(true);
    expect(check(caseOf(either, ruleOf('session', by('password')))).isFine).toBe(false);
    // All users prove it in any case.
    expect(check(caseOf(ruleOf('app', by('totp')), ruleOf('session', by('password')))).isFine).toBe(true);
  });

  test('with what a browser remembers, where that counts as proved', () => {
    const app = ruleOf('app', factors(2), remembering);
    const policies = policiesOf({ enabled: [...enabled, 'recovery_code'] });
    const guarantee = proves(factors(2));
    expect(demandCheck({ guarantee, countsRemembered: true }, policies)(caseOf(app)).isFine).toBe(true);
    const verdict = demandCheck({ guarantee }, policies)(caseOf(app));
    expect(evidenceIn(verdict)).toEqual(['(totp) password', '(phone) password', '(webauthn) password']);
  });

  test('when an avoided proof is remembered, of the other proofs', () => {
    const policies = policiesOf({ enabled: ['password', 'totp', 'phone'] });
    const verdict = demandCheck(
      { guarantee: without('totp') },
      policies,
    )(caseOf(ruleOf('app', factors(2), remembering)));
    expect(verdict.isFine).toBe(false);
    expect(evidenceIn(verdict)).toEqual(['password totp', '(totp) password']);
  });

  test('of each method that it distinguishes, whatever the rules do', () => {
    const guarantee = proves(demanding({ exclude: ['phone.sms'] }));
    const verdict = demandCheck({ guarantee }, policiesOf({ enabled }))(caseOf(ruleOf('app', by('phone'))));
    expect(verdict.isFine).toBe(false);
    expect(evidenceIn(verdict)).toContain('phone.sms');
    expect(evidenceIn(verdict)).not.toContain('phone.voice');
    const byCall = demandCheck({ guarantee: without('phone.voice') }, policiesOf({ enabled }));
    for (const either of [by('phone'), by('phone.voice', 'phone.sms')]) {
      const shown = evidenceIn(byCall(caseOf(ruleOf('app', either))));
      expect(shown).toContain('phone.voice');
      expect(shown.filter((proofs) => !proofs.includes('phone.voice'))).toEqual([]);
    }
  });

  test('however many enrollments the proofs are of', () => {
    const totp = { authenticators: ['totp'] };
    const [two, three] = [
      [totp, totp],
      [totp, totp, totp],
    ].map((steps): Requirement => ({ chains: [steps] }));
    if (two === undefined || three === undefined) throw new Error('two chains');
    const fresh = ruleOf('session', demanding({ ...totp, maxAge: 0 }));
    // The fresh proof may be of one of the two.
    const verdict = demandCheck(
      { guarantee: proves(three) },
      policiesOf({ enabled }),
    )(caseOf(ruleOf('app', two), fresh));
    expect(verdict.isFine).toBe(false);
  });
});
