/** What a changed recovery policy or enrollment policy lets users set a new password with. */
import { describe, expect, test } from '@jest/globals';
import type { PolicySides } from '../../../../src/core/analysis/comparison/deciding-together.ts';
import { type LaxerRecovery, laxerRecoveries } from '../../../../src/core/analysis/comparison/laxer-recovery.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import { proofNames } from '../../../../src/core/evidence/proof-names.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { EnrollmentRule } from '../../../../src/core/model/enrollment-policy.ts';
import type { AuthenticatorDescriptor } from '../../../../src/core/model/facts.ts';
import type { Alternative, Rule } from '../../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { allow, descriptor, enrollmentTerms, factors, policiesOf } from '../../support/fixtures.ts';
import { universe } from '../../support/universe.ts';

const password: AuthenticatorDescriptor = { ...descriptor.password, enrollable: true, underPasswordPolicy: true };
const enabled = [password, descriptor.totp, descriptor.webauthn];

/** Nothing is known that makes an example of it. */
const unshown: Conditions = { attributes: { nick: { equals: 'a*' } } };
const anyOther: Conditions = { attributes: { nick: { not: { equals: 'a*' } } } };
const groups = (...anyOf: readonly string[]): Conditions => ({ groups: { any: anyOf } });
const inA = groups('a');

const by = (...authenticators: readonly string[]) => allow(factors(1, { demands: [{ authenticators }] }));
const passkey = by('webauthn');
const any = allow(factors(1));
const within = (limits: Partial<Alternative>) => allow(factors(1, limits));
const codes = (count: number) => allow({ chains: [Array(count).fill({ authenticators: ['totp'] })] });
const deny: Rule['then'] = { kind: 'deny' };

const rule = (name: string, then: Rule['then'], when: Conditions = {}): Rule => ({ name, when, then });
const terms = (disabled: readonly string[], when: Conditions = {}): EnrollmentRule => {
  return { name: 'terms', when, then: enrollmentTerms({ disabled }) };
};

interface Side {
  /** Absent: there is no recovery policy. */
  readonly recovery?: readonly Rule[];
  readonly enrollment?: readonly EnrollmentRule[];
  readonly authenticators?: readonly AuthenticatorDescriptor[];
}

function search(active: Side, next: Side, more: Pick<PolicySides, 'refused'> = {}) {
  const setOf = ({ recovery, enrollment, authenticators = enabled }: Side): PolicySet => ({
    ...policiesOf(),
    authenticators,
    ...(recovery && { recovery: compilePolicy({ name: 'recovery', rules: recovery }) }),
    ...(enrollment && { enrollment: compilePolicy({ name: 'enrollment', rules: enrollment }) }),
  });
  const whens = [active, next].flatMap(({ recovery = [], enrollment = [] }) =>
    [...recovery, ...enrollment].map(({ when }) => when),
  );
  return laxerRecoveries({ active: setOf(active), next: setOf(next), ...more }, ruleSpace(whens, universe()));
}

/** The names of the rules before and now, of each pair. */
function namesIn(all: readonly { readonly before?: Rule; readonly now: Rule }[]): readonly string[] {
  return all.map(({ before, now }) => `${before?.name ?? '-'} > ${now.name}`);
}

function recoveries(active: Side, next: Side) {
  const { found, undecided } = search(active, next);
  return { found: namesIn(found), undecided: namesIn(undecided) };
}

/** The user and the proofs of each example. */
function shown({ facts, evidence }: LaxerRecovery) {
  return { groups: facts.subject.groups, proved: evidence.map((item) => proofNames(item).at(-1)) };
}

const nothing = { found: [], undecided: [] };

describe('recoveries', () => {
  test.each<[string, Side, Side, ReturnType<typeof recoveries>]>([
    [
      'take less by one pair of rules, whatever else decides',
      { recovery: [rule('old', passkey)] },
      { recovery: [rule('new', any)], enrollment: [terms([], inA), terms(['email'])] },
      { found: ['old > new'], undecided: [] },
    ],
    [
      'take less where no rule let users in',
      { recovery: [rule('of a', passkey, inA)] },
      { recovery: [rule('new', passkey)] },
      { found: ['- > new'], undecided: [] },
    ],
    [
      'take something where there was no policy',
      {},
      { recovery: [rule('new', passkey)] },
      { found: ['- > new'], undecided: [] },
    ],
    [
      'take less of some users, and nothing of others',
      { recovery: [rule('old', passkey)] },
      { recovery: [rule('of a', any, inA)] },
      { found: ['old > of a'], undecided: [] },
    ],
    [
      'take something where there was nothing to be set anew',
      { recovery: [rule('old', passkey)] },
      { recovery: [rule('new', any)], authenticators: [descriptor.totp, descriptor.webauthn] },
      nothing,
    ],
    [
      'take as much of all who can be shown',
      { recovery: [rule('old', any)] },
      { recovery: [rule('of such', passkey, unshown), rule('rest', any)] },
      nothing,
    ],
    [
      'take less only in a sign-in that there cannot be: a usual one, in a browser that is not known',
      { recovery: [rule('old', passkey)] },
      {
        recovery: [
          rule('unusual', passkey, { risk: { any: ['newDevice'] } }),
          rule('known', passkey, { device: { known: true } }),
          rule('impossible', any),
        ],
      },
      nothing,
    ],
  ])('%s', (_, active, next, expected) => {
    expect(recoveries(active, next)).toEqual(expected);
  });
});

describe('without an example, it is undecided whether recoveries take less', () => {
  test.each<[string, Side, Side, ReturnType<typeof recoveries>]>([
    [
      'of users who cannot be shown',
      { recovery: [rule('old', passkey)] },
      { recovery: [rule('of such', any, unshown), rule('rest', passkey)] },
      { found: [], undecided: ['old > of such'] },
    ],
    [
      'of such users, where others are let in with the same',
      { recovery: [rule('old', passkey)] },
      { recovery: [rule('of such', any, unshown), rule('rest', any)] },
      { found: ['old > rest'], undecided: ['old > of such'] },
    ],
    [
      'of such users, where another rule decided about others',
      { recovery: [rule('of such', passkey, unshown), rule('rest', passkey)] },
      { recovery: [rule('new', any)] },
      { found: ['rest > new'], undecided: ['of such > new'] },
    ],
    [
      'where a chain of more than six proofs is asked for',
      { recovery: [rule('old', codes(6))] },
      { recovery: [rule('new', codes(7))] },
      { found: [], undecided: ['old > new'] },
    ],
    [
      'where proofs may be older now: in a recovery, all are new',
      { recovery: [rule('old', within({ maxAge: 60 }))] },
      { recovery: [rule('new', any)] },
      { found: [], undecided: ['old > new'] },
    ],
  ])('%s', (_, active, next, expected) => {
    expect(recoveries(active, next)).toEqual(expected);
  });
});

describe('the enrollment policy says what counts in a recovery', () => {
  const [both, old, now] = [[rule('both', any)], [rule('old', passkey)], [rule('new', any)]];
  const signedInBy = (...names: readonly string[]): Conditions => ({ authenticated: { any: names } });

  test.each<[string, Side, Side, ReturnType<typeof recoveries>]>([
    [
      'it no longer disables an authenticator',
      { recovery: both, enrollment: [terms(['totp'])] },
      { recovery: both, enrollment: [terms([])] },
      { found: ['both > both'], undecided: [] },
    ],
    [
      'it disables one more',
      { recovery: both, enrollment: [terms([])] },
      { recovery: both, enrollment: [terms(['totp'])] },
      nothing,
    ],
    [
      'it no longer disables one for users who cannot recover a password',
      { recovery: [rule('of a', deny, inA), ...both], enrollment: [terms(['totp'], inA), terms([])] },
      { recovery: [rule('of a', deny, inA), ...both], enrollment: [terms([])] },
      nothing,
    ],
    [
      'some of its rules are about users who cannot be shown',
      { recovery: old },
      { recovery: now, enrollment: [terms([], anyOther), terms(['totp', 'webauthn'])] },
      { found: ['old > new'], undecided: [] },
    ],
    [
      'only for some users, an example is known of what a chain did not take',
      { recovery: [rule('old', codes(1))] },
      { recovery: now, enrollment: [terms([], inA), terms(['webauthn'])] },
      { found: ['old > new'], undecided: [] },
    ],
    [
      'it disabled one after a sign-in, which is no recovery',
      { recovery: both, enrollment: [terms(['totp'], signedInBy('password')), terms([])] },
      { recovery: both, enrollment: [terms([])] },
      nothing,
    ],
    [
      'it does not disable one after a sign-in',
      { recovery: both, enrollment: [terms(['totp'])] },
      { recovery: both, enrollment: [terms([], signedInBy('password')), terms(['totp'])] },
      nothing,
    ],
  ])('%s', (_, active, next, expected) => {
    expect(recoveries(active, next)).toEqual(expected);
  });
});

describe('the example', () => {
  const old = { recovery: [rule('old', passkey)] };

  test('is a user in no group, even if users in some are let in as well', () => {
    const { found } = search(old, { recovery: [rule('new', any)], enrollment: [terms([], inA), terms([])] });
    expect(found.map(shown)).toEqual([{ groups: [], proved: ['totp'] }]);
  });

  test('is a user in one group, if one is enough for all rules', () => {
    const next = {
      recovery: [rule('some', any, groups('a', 'b')), rule('rest', deny)],
      enrollment: [terms(['email'], groups('c', 'b')), terms(['totp'])],
    };
    expect(search(old, next).found.map(shown)).toEqual([{ groups: ['b'], proved: ['totp'] }]);
  });

  test('asks for what the app could not ask for, by the same rules', () => {
    const same = { recovery: [rule('read', any, { scopes: { any: ['read'] } }), rule('rest', passkey)] };
    const refused = { active: { scopes: ['read'], claims: [] }, next: { scopes: [], claims: [] } };
    const { found, undecided } = search(same, same, { refused });
    expect(namesIn(found)).toEqual(['rest > read']);
    expect(found.map(({ facts }) => facts.request.scopes)).toEqual([['openid', 'read']]);
    expect(undecided).toEqual([]);
    expect(recoveries(same, same)).toEqual(nothing);
  });

  test('is a user in two groups, if a rule asks for both', () => {
    const two: Conditions = { groups: { all: ['a', 'b'] } };
    const { found } = search(old, { recovery: [rule('two', any, two), rule('rest', deny)] });
    expect(found.map(shown)).toEqual([{ groups: ['b', 'a'], proved: ['totp'] }]);
  });

  test('has the strongest key that still was not enough', () => {
    const verified = allow(factors(1, { demands: [{ characteristics: ['userVerification'] }] }));
    const { found } = search({ recovery: [rule('old', verified)] }, { recovery: [rule('new', passkey)] });
    expect(found.map(({ evidence }) => evidence.map(({ characteristics }) => characteristics))).toEqual([
      [['userPresence', 'deviceBound', 'phishingResistant']],
    ]);
  });

  test('has as many enrollments as a chain takes', () => {
    const { found } = search(old, { recovery: [rule('new', codes(2))] });
    expect(found.map(shown)).toEqual([{ groups: [], proved: ['totp', 'totp'] }]);
  });

  test.each([
    [9, { found: ['old > new'], undecided: [] }],
    [10, { found: [], undecided: ['old > new'] }],
  ])('has the first proof that was not enough, if at most %d come before it', (count, expected) => {
    const names = Array.from({ length: count }, (_, at) => `code ${at}`);
    const all = [...names, 'last'].map((key) => ({ ...descriptor.totp, key }));
    // Only their age differs, which counts for nothing in a recovery.
    const before = within({ maxAge: 60, demands: [{ authenticators: names }] });
    const authenticators = [password, ...all];
    expect(
      recoveries({ recovery: [rule('old', before)], authenticators }, { recovery: [rule('new', any)], authenticators }),
    ).toEqual(expected);
  });
});
