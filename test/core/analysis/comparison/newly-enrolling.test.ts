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
  /** What the pages of the account ask for. Absent: any factor. */
  readonly askedAtAccount?: Requirement;
}

const inA: Conditions = { groups: { any: ['a'] } };
const space = ruleSpace([inA], universe());
const rule = (terms: Terms): EnrollmentRule => ({ name: 'all', when: {}, then: enrollmentTerms(terms) });

function sidesOf({ enabled, before, now, terms = {}, askedAtAccount = factors(1) }: Change): EnrollingSides {
  const policiesWith = (app: Requirement | Policy): PolicySet => ({
    ...policiesOf({ app, enabled }),
    enrollment: compilePolicy({ name: 'enrollment', rules: [rule(terms)] }),
  });
  const pages: PolicySet = { ...policiesWith(askedAtAccount), isAccountApp: true };
  return { active: policiesWith(before), next: policiesWith(now), account: { policies: pages, clientId: 'account' } };
}

/**
 * Keys of what users prove, of what else they have, and of what they set up. On the pages of the account the same terms
 * decide, unless others are given.
 */
function opened(change: Change, termsAtAccount = change.terms ?? {}) {
  const sides = sidesOf(change);
  const [pair] = decidingTogether(sides, space);
  if (pair?.before.session === undefined) throw new Error('no rules decide');
  const atAccount = { session: pair.before.session, enrollment: rule(termsAtAccount), formulas: [] };
  const keysOf = (kinds: readonly { readonly key: string }[]) => kinds.map(({ key }) => key).join(' and ');
  return openedByRules(sides, space)(pair, atAccount).map(({ user, added }) => [
    keysOf(user.proved),
    keysOf(user.besides),
    added.join(' and '),
  ]);
}

function examples(change: Change, isKnown: Parameters<typeof newlyEnrolling>[0]['isKnown'] = () => false) {
  const { found, undecided } = newlyEnrolling({ ...sidesOf(change), isKnown }, space);
  expect(undecided).toEqual([]);
  return found.map(({ proofs, weaker, added }) => ({
    proved: proofs.evidence.map(({ authenticator }) => authenticator),
    enrolled: proofs.enrolled,
    weaker: weaker.map(({ key }) => key),
    added,
  }));
}

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
    { proved: ['email'], enrolled: ['email', 'recovery_code'], weaker: [], added: ['webauthn'] },
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
  });
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

  test.each<[string, boolean, Terms, Terms]>([
    ['under the same terms', true, {}, {}],
    ['of the same models', true, models('a'), models('a')],
    ['but of other models', false, models('a'), models('b')],
    ['but only of some models', false, {}, models('b')],
    ['of any model', true, models('a'), {}],
    ['but not what was for use only', false, {}, { useOnly: ['webauthn'] }],
    ['also where another one was for use only and still is', true, { useOnly: ['totp'] }, { useOnly: ['totp'] }],
    ['also where another one was for use only and is disabled', true, { disabled: ['totp'] }, { useOnly: ['totp'] }],
  ])('%s', (_, could, terms, termsAtAccount) => {
    expect(opened({ ...change, terms }, termsAtAccount)).toEqual(could ? [] : [['phone', 'totp', 'webauthn']]);
  });
});
