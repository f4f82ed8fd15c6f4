/** Users who get in with less by setting up something in the sign-in. */
import { describe, expect, test } from '@jest/globals';
import { decidingTogether } from '../../../../src/core/analysis/comparison/deciding-together.ts';
import { newlyEnrolling } from '../../../../src/core/analysis/comparison/newly-enrolling.ts';
import { type EnrollingSides, openedByRules } from '../../../../src/core/analysis/comparison/opened-by-rules.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { EnrollmentRule, EnrollmentTerms } from '../../../../src/core/model/enrollment-policy.ts';
import type { Policy, Requirement, Rule } from '../../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { allow, always, enrollmentTerms, factors, type Key, policiesOf } from '../../support/fixtures.ts';
import { universe } from '../../support/universe.ts';

type Terms = Partial<EnrollmentTerms>;

interface Change {
  readonly enabled: readonly Key[];
  /** What the app asks for. */
  readonly before: Requirement | Policy;
  readonly now: Requirement | Policy;
  /** Before and after. */
  readonly terms?: Terms;
  /** Of users of whom each of these holds, the first that does. Absent: of all. */
  readonly termsFor?: readonly Conditions[];
  /** Absent: the session policy asks for any factor. */
  readonly sessionBefore?: Policy;
  /** What the pages of the account ask for. Absent: any factor. */
  readonly askedAtAccount?: Requirement;
}

const inA: Conditions = { groups: { any: ['a'] } };
/** There may be such users, and the analysis knows none. */
const unknown: Conditions = { attributes: { nick: { equals: 'a*' } } };
const space = ruleSpace([inA, unknown], universe());
const rule = (terms: Terms, when: Conditions = {}): EnrollmentRule => {
  return { name: 'all', when, then: enrollmentTerms(terms) };
};

function sidesOf({ enabled, before, now, terms = {}, termsFor = [{}], ...more }: Change): EnrollingSides {
  const { sessionBefore, askedAtAccount = factors(1) } = more;
  const rules = termsFor.map((when) => rule(terms, when));
  const policiesWith = (app: Requirement | Policy, session?: Policy): PolicySet => ({
    ...policiesOf({ app, enabled, ...(session && { session }) }),
    enrollment: compilePolicy({ name: 'enrollment', rules }),
  });
  const pages: PolicySet = { ...policiesWith(askedAtAccount), isAccountApp: true };
  return {
    active: policiesWith(before, sessionBefore),
    next: policiesWith(now),
    account: { policies: pages, clientId: 'account' },
  };
}

interface AtAccount {
  readonly terms?: Terms;
  /** Absent: no rule is known to decide. */
  readonly session?: Rule | undefined;
}

/**
 * Keys of what users prove, of what else they have, and of what they set up. On the pages of the account the same rules
 * decide, unless others are given.
 */
function opened(change: Change, atAccount: AtAccount = {}) {
  const sides = sidesOf(change);
  const [pair] = decidingTogether(sides, space);
  if (pair === undefined) throw new Error('no rules decide');
  const { terms = change.terms ?? {}, session } = { session: pair.before.session, ...atAccount };
  const rules = { ...(session && { session }), enrollment: rule(terms), formulas: [] };
  const keysOf = (kinds: readonly { readonly key: string }[]) => kinds.map(({ key }) => key).join(' and ');
  return openedByRules(sides, space)(pair, rules).map(({ user, added }) => [
    keysOf(user.proved),
    keysOf(user.besides),
    added.join(' and '),
  ]);
}

function search(change: Change, isKnown: Parameters<typeof newlyEnrolling>[0]['isKnown'] = () => false) {
  return newlyEnrolling({ ...sidesOf(change), isKnown }, space);
}

function examples(...asked: Parameters<typeof search>) {
  const { found, undecided } = search(...asked);
  expect(undecided).toEqual([]);
  return found.map(({ facts, proofs, weaker, added }) => ({
    proved: proofs.evidence.map(({ authenticator }) => authenticator),
    enrolled: proofs.enrolled,
    weaker: weaker.map(({ key }) => key),
    added,
    groups: facts.subject.groups,
  }));
}

const noPhone = { disabled: ['phone'] };
const resistant = factors(1, { demands: [{ characteristics: ['phishingResistant'] }] });

test('the first few users are remembered', () => {
  const change: Change = {
    enabled: ['password', 'email', 'phone', 'recovery_code', 'totp', 'webauthn'],
    before: factors(1),
    now: resistant,
    terms: { disabled: ['phone', 'email'] },
  };
  expect(opened(change)).toEqual([
    ['email', 'recovery_code', 'webauthn'],
    ['email', 'totp', 'webauthn'],
    ['phone', 'recovery_code', 'webauthn'],
    ['phone', 'totp', 'webauthn'],
    ['email', 'phone and recovery_code', 'webauthn'],
  ]);
  expect(examples(change)).toEqual([
    { proved: ['email'], enrolled: ['email', 'recovery_code'], weaker: [], added: ['webauthn'], groups: [] },
  ]);
});

describe('the example', () => {
  const known = { authenticators: ['email', 'security_question'] };
  const change: Change = {
    enabled: ['webauthn', 'phone', 'recovery_code', 'email', 'security_question', 'password'],
    before: factors(1),
    now: factors(2, { demands: [known, { characteristics: ['phishingResistant'] }] }),
  };

  test('is one in which nothing more is proved than what is set up', () => {
    const terms = { disabled: ['phone', 'recovery_code', 'password'] };
    // Users with a mailbox, who come first, take that for the first part.
    expect(opened({ ...change, terms })).toContainEqual(['phone', 'email', 'security_question and webauthn']);
    expect(examples({ ...change, terms })).toEqual([
      {
        proved: ['recovery_code', 'password'],
        enrolled: ['recovery_code', 'password', 'webauthn'],
        weaker: ['webauthn'],
        added: ['webauthn', 'security_question'],
        groups: [],
      },
    ]);
  });

  test('is the first where more is proved in each', () => {
    const terms = { disabled: ['phone', 'recovery_code'] };
    expect(opened({ ...change, terms }).map(([proved]) => proved)).toContain('phone and recovery_code');
    expect(examples({ ...change, terms })).toMatchObject([{ proved: ['phone'], enrolled: ['phone', 'email'] }]);
  });
});

describe('rules are compared', () => {
  const enabled: readonly Key[] = ['phone', 'totp', 'webauthn'];
  const terms = { disabled: ['phone'] };
  const ofBoth = (requirement: Requirement): Policy => {
    const named = (name: string, when: Conditions): Rule => ({ name, when, then: allow(requirement) });
    return { name: 'both', rules: [named('in a', inA), named('rest', {})] };
  };
  const change: Change = { enabled, before: ofBoth(factors(1)), now: ofBoth(resistant), terms };

  test('each with each that decided before', () => {
    expect(examples(change)).toHaveLength(2);
    expect(examples({ ...change, before: factors(1), now: resistant })).toHaveLength(1);
  });

  test('not those of which it is known that they ask for less', () => {
    expect(examples(change, ({ now }) => now.app?.name === 'in a')).toHaveLength(1);
    expect(examples(change, () => true)).toEqual([]);
  });

  test('not with those that denied, as other users were let in', () => {
    expect(examples({ ...change, before: always({ kind: 'deny' }) })).toEqual([]);
    const inADenied: Policy = { name: 'one', rules: [{ name: 'in a', when: inA, then: { kind: 'deny' } }] };
    expect(examples({ ...change, before: inADenied })).toEqual([]);
    expect(examples({ ...change, sessionBefore: always({ kind: 'deny' }) })).toEqual([]);
  });

  test('once, with the last enrollment rule of which there is an example', () => {
    const one: Change = { ...change, before: factors(1), now: resistant };
    expect(examples({ ...one, termsFor: [inA, {}] })).toMatchObject([{ groups: [] }]);
    expect(examples({ ...one, termsFor: [inA, unknown] })).toMatchObject([{ groups: ['a'] }]);
    expect(search({ ...one, termsFor: [unknown] })).toMatchObject({ found: [], undecided: [{ added: ['webauthn'] }] });
  });
});

test('rules that ask for other things let in other users', () => {
  const now: Policy = {
    name: 'now',
    rules: [
      { name: 'in a', when: inA, then: allow(resistant) },
      { name: 'rest', when: {}, then: allow(factors(1, { demands: [{ authenticators: ['totp', 'webauthn'] }] })) },
    ],
  };
  const change: Change = { enabled: ['phone', 'totp', 'webauthn'], before: factors(1), now, terms: noPhone };
  expect(examples(change)).toHaveLength(1);
});

test('what proves enough on the pages of the account opens nothing, with what does not count there or without', () => {
  const change: Change = { enabled: ['email', 'phone', 'totp', 'webauthn'], before: factors(1), now: resistant };
  expect(opened({ ...change, terms: noPhone })).toEqual([
    ['phone', 'email', 'webauthn'],
    ['phone', 'totp', 'webauthn'],
    ['phone', 'email and totp', 'webauthn'],
  ]);
});

test('what must be set up after the sign-in is looked at in the example alone', () => {
  const terms = { ...noPhone, required: [{ anyOf: ['totp'] }] };
  const change: Change = { enabled: ['email', 'phone', 'totp', 'webauthn'], before: factors(1), now: resistant, terms };
  expect(opened(change)[0]).toEqual(['phone', 'email', 'webauthn']);
  expect(examples(change)).toMatchObject([{ proved: ['phone'], added: ['webauthn', 'totp'] }]);
});

test('to set up anything else on the pages of the account is as good', () => {
  const change: Change = {
    enabled: ['email', 'phone', 'webauthn'],
    before: factors(1),
    now: resistant,
    terms: noPhone,
  };
  const terms = { useOnly: ['webauthn'] };
  expect(opened(change, { terms })).toEqual([['phone', 'email', 'webauthn']]);
  expect(opened({ ...change, enabled: [...change.enabled, 'totp'] }, { terms })).toEqual([]);
});

describe('users could set up the same on the pages of the account before', () => {
  const change: Change = {
    enabled: ['phone', 'totp', 'webauthn'],
    before: factors(1, { demands: [{ authenticators: ['totp'] }] }),
    now: resistant,
    // More than users have: so all users are found who are looked at.
    askedAtAccount: factors(3),
  };
  const models = (...webauthn: readonly string[]): Terms => ({ models: { webauthn } });
  const session = (requirement: Requirement): Rule => ({ name: 'session', when: {}, then: allow(requirement) });
  const useOnly = { useOnly: ['security_question'] };

  test.each<[string, boolean, Terms, AtAccount]>([
    ['under the same terms', true, {}, {}],
    ['of the same models', true, models('a'), {}],
    ['but of other models', false, models('a'), { terms: models('b') }],
    ['but only of some models', false, {}, { terms: models('b') }],
    ['of any model', true, models('a'), { terms: {} }],
    ['but not what was for use only', false, {}, { terms: { useOnly: ['webauthn'] } }],
    ['also where another one was for use only and still is', true, useOnly, {}],
    ['also where it was for use only and is disabled', true, { disabled: ['security_question'] }, { terms: useOnly }],
    ['where a session rule asks for the same', true, {}, { session: session(factors(1)) }],
    ['but a session rule asks for more', false, {}, { session: session(factors(2)) }],
    ['but a session rule denies', false, {}, { session: { ...session(factors(1)), then: { kind: 'deny' } } }],
    ['but it is not known which session rule decides', false, {}, { session: undefined }],
  ])('%s', (_, could, terms, atAccount) => {
    expect(opened({ ...change, terms }, atAccount)).toEqual(could ? [] : [['phone', 'totp', 'webauthn']]);
  });

  test('but not where what is disabled there is proved', () => {
    const more: Change = { ...change, enabled: ['email', ...change.enabled], terms: noPhone };
    const proved = opened(more).map(([keys]) => keys);
    expect(proved).toContain('phone');
    expect(proved).not.toContain('email');
  });
});
