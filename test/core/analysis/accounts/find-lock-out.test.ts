/** Users who are denied for good, whatever they add wherever they may. */
import { describe, expect, test } from '@jest/globals';
import { additionRules } from '../../../../src/core/analysis/accounts/addition-rules.ts';
import { asOften, findLockOut, type LockOutSearch } from '../../../../src/core/analysis/accounts/find-lock-out.ts';
import { reachableByAll } from '../../../../src/core/analysis/accounts/reachable-authenticators.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { AccountRule } from '../../../../src/core/model/account-policy.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { EnrollmentRule, EnrollmentTerms } from '../../../../src/core/model/enrollment-policy.ts';
import type { AuthenticatorDescriptor } from '../../../../src/core/model/facts.ts';
import type { Requirement, Rule } from '../../../../src/core/model/policy.ts';
import { compileAccountPolicy } from '../../../../src/core/policy/rules/account-policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { entangled } from '../../support/entangled.ts';
import { allow, always, descriptor, enrollmentTerms, factors, policiesOf } from '../../support/fixtures.ts';
import { universe } from '../../support/universe.ts';

const { password, email, totp, phone, webauthn } = descriptor;
const deny: Rule['then'] = { kind: 'deny' };
const one = allow(factors(1));
const two = factors(2);
const by = (...authenticators: readonly string[]) => factors(1, { demands: [{ authenticators }] });
const inA: Conditions = { groups: { any: ['a'] } };
const inB: Conditions = { groups: { any: ['b'] } };
const notInA: Conditions = { groups: { none: ['a'] } };
const inOffice: Conditions = { network: { any: ['office'] } };
const outside: Conditions = { network: { none: ['office'] } };

const offices = universe({
  places: [
    { ip: '203.0.113.7', zones: [] },
    { ip: '203.0.113.8', zones: ['office'] },
  ],
});

/** A rule of the account policy on adding; without a key on adding anything. */
const add = (key: string | undefined, then: Rule['then'], when: Conditions = {}): AccountRule => ({
  name: key ?? 'rest',
  when,
  then,
  ...(key !== undefined && { change: { add: [key] } }),
});
const terms = (more: Partial<EnrollmentTerms>, when: Conditions = {}): EnrollmentRule => {
  return { name: 'terms', when, then: enrollmentTerms(more) };
};

interface Parts {
  readonly app?: Requirement;
  readonly session?: Requirement;
  readonly account?: readonly AccountRule[];
  readonly enrollment?: readonly EnrollmentRule[];
  readonly authenticators?: readonly AuthenticatorDescriptor[];
  readonly given?: readonly AuthenticatorDescriptor[];
  readonly most?: number;
  readonly isConfirmed?: LockOutSearch['isConfirmed'];
}

function searchIn({
  app = two,
  session = factors(1),
  account,
  enrollment,
  authenticators = [password, totp, webauthn],
  given = [password],
  most = 1,
  isConfirmed = () => true,
}: Parts): LockOutSearch {
  const rules = [...(account ?? []), ...(enrollment ?? [])];
  const policies: PolicySet = {
    ...policiesOf({ session: always(allow(session)), app }),
    authenticators,
    ...(enrollment && { enrollment: compilePolicy({ name: 'enrollment', rules: enrollment }) }),
    ...(account && { accountPolicy: compileAccountPolicy({ name: 'account', rules: account }) }),
  };
  const asked = [inA, notInA, inB, inOffice, outside];
  const space = ruleSpace([...rules.map(({ when }) => when), ...asked], offices);
  return { policies, space, given, most, additionRules: additionRules(policies, given, space), isConfirmed };
}

function lockOutIn(parts: Parts, ...among: readonly Conditions[]) {
  const search = searchIn(parts);
  const found = findLockOut(
    [...search.space.onceProved, ...search.space.always, ...among.map(search.space.applies)],
    search,
  );
  if (typeof found !== 'object') return found;
  const { facts, reachable, never, isForAll } = found;
  return { groups: facts.subject.groups, reachable, never, isForAll };
}

const forAll = { groups: [], isForAll: true };
const some = { isForAll: false };
const nothing = { reachable: ['password'], never: ['totp', 'webauthn'] };

describe('no user is locked out', () => {
  test.each<[string, Parts, readonly Conditions[]]>([
    ['where all may be added', {}, []],
    ['where something may be added', { account: [add('totp', one), add(undefined, deny)] }, []],
    ['where what an account has is enough', { app: factors(1), account: [add(undefined, deny)] }, []],
    ['where more is given', { account: [add(undefined, deny)], given: [password, totp] }, []],
    [
      'where something may be added elsewhere',
      { account: [add('totp', one, inOffice), add(undefined, deny)] },
      [outside],
    ],
    [
      'where one thing may be added elsewhere, and with it another',
      {
        app: by('webauthn'),
        account: [add('totp', one, inOffice), add('webauthn', allow(by('totp')), inOffice), add(undefined, deny)],
        authenticators: [password, webauthn, totp],
      },
      [outside],
    ],
    ['where only others are', { account: [add('totp', deny, inA), add(undefined, one)], app: by('totp') }, [notInA]],
    ['where there are none such', { account: [add(undefined, deny)] }, [inA, notInA]],
    ['where other rules decide', { account: [add(undefined, deny)], isConfirmed: () => false }, []],
  ])('%s', (_, parts, among) => {
    expect(lockOutIn(parts, ...among)).toBeUndefined();
  });
});

describe('all are locked out', () => {
  test.each<[string, Parts, readonly Conditions[], object]>([
    ['where nothing may be added', { account: [add(undefined, deny)] }, [], { ...forAll, ...nothing }],
    [
      'where what would do may not be',
      { account: [add('webauthn', deny), add(undefined, one)], app: by('webauthn') },
      [],
      { ...forAll, reachable: ['password', 'totp'], never: ['webauthn'] },
    ],
    ['where each asks for what is missing', { account: [add(undefined, allow(two))] }, [], { ...forAll, ...nothing }],
    [
      'where two things wait for each other',
      { account: [add('totp', allow(by('webauthn'))), add('webauthn', allow(by('totp')))] },
      [],
      { ...forAll, ...nothing },
    ],
    [
      'of a group',
      { account: [add(undefined, one, notInA), add(undefined, deny)] },
      [inA],
      { groups: ['a'], ...nothing, isForAll: true },
    ],
    [
      'where it is open in no facts at all',
      { account: [add('totp', one, { ...inOffice, any: [outside] }), add(undefined, deny)] },
      [],
      { ...forAll, ...nothing },
    ],
  ])('%s', (_, parts, among, expected) => {
    expect(lockOutIn(parts, ...among)).toEqual(expected);
  });

  test('about which the rules of the case decide', () => {
    const isConfirmed: Parts['isConfirmed'] = ({ subject: { groups } }) => groups.includes('b');
    const parts: Parts = { account: [add(undefined, deny)], isConfirmed };
    expect(lockOutIn(parts, { groups: { any: ['a', 'b'] } })).toBeUndefined();
    expect(lockOutIn(parts, { groups: { all: ['a', 'b'] } })).toMatchObject({ isForAll: true });
  });
});

describe('some are locked out', () => {
  test.each<[string, Parts, readonly Conditions[], object]>([
    [
      'whose groups let them add nothing',
      { account: [add(undefined, one, inA), add(undefined, deny)] },
      [],
      { ...some, ...nothing, groups: [] },
    ],
    [
      'where plainer users are not',
      { account: [add(undefined, deny, inA), add(undefined, one)] },
      [],
      { ...some, ...nothing, groups: ['a'] },
    ],
    [
      'where users of two other groups are not',
      { account: [add(undefined, one, notInA), add('totp', one, inB), add(undefined, deny)] },
      [],
      { ...some, ...nothing, groups: ['a'] },
    ],
    [
      'who can add some of it',
      { account: [add('totp', deny, inA), add(undefined, one)], app: by('totp') },
      [],
      { ...some, groups: ['a'], reachable: ['password', 'webauthn'], never: ['totp'] },
    ],
    [
      'where others can add something elsewhere',
      { account: [add(undefined, deny, inA), add(undefined, one, inOffice), add(undefined, deny)] },
      [outside],
      { ...some, ...nothing, groups: ['a'] },
    ],
    [
      'who are in none of two groups that must be had together',
      { account: [add(undefined, one, { groups: { all: ['a', 'b'] } }), add(undefined, deny)] },
      [],
      { ...some, ...nothing, groups: [] },
    ],
    [
      'by the enrollment policy alone',
      { enrollment: [terms({ disabled: ['totp', 'webauthn'] }, inA), terms({})] },
      [],
      { ...some, ...nothing, groups: ['a'] },
    ],
    [
      'who are shown in as few groups as possible',
      { account: [add(undefined, one, inA), add(undefined, deny)] },
      [{ any: [{ groups: { all: ['b', 'c'] } }, { groups: { any: ['d'] } }] }],
      { ...some, ...nothing, groups: ['d'] },
    ],
    [
      'who are in two groups alone',
      { account: [add(undefined, deny, { groups: { all: ['a', 'b'] } }), add(undefined, one)] },
      [],
      { ...some, ...nothing, groups: ['a', 'b'] },
    ],
  ])('%s', (_, parts, among, expected) => {
    const found = lockOutIn(parts, ...among);
    expect(typeof found === 'object' ? { ...found, groups: found.groups.toSorted() } : found).toEqual(expected);
  });
});

test('reachable proofs count as often as any rule requires', () => {
  expect(lockOutIn({ account: [add('totp', one), add(undefined, deny)], app: by('webauthn'), most: 2 })).toEqual({
    ...forAll,
    reachable: ['password', 'password', 'totp', 'totp'],
    never: ['webauthn'],
  });
});

test('the example is a sign-in that is asked about', () => {
  const search = searchIn({ account: [add(undefined, one, { ...inA, ...inOffice }), add(undefined, deny)] });
  const found = findLockOut([search.space.applies(inOffice)], search);
  expect(found).toMatchObject({ isForAll: false, facts: { network: { zones: ['office'] } } });
});

test('what every user can have in time depends on no group', () => {
  const account = [add('totp', one, inOffice), add('webauthn', one, { ...inA, ...inOffice }), add(undefined, deny)];
  const { policies, ...search } = searchIn({ account, authenticators: [password, email, totp, webauthn] });
  const all = reachableByAll({ ...search, authenticators: policies.authenticators });
  expect(asOften(all, 2)).toEqual(['password', 'password', 'totp', 'totp']);
  expect(all.never).toEqual(['email', 'webauthn']);
});

describe('where rules ask how a user signed in, users may prove less than they could', () => {
  const signedInWith = (key: string, more: Partial<EnrollmentTerms>) => terms(more, { authenticated: { any: [key] } });
  const authenticators = [password, email, totp, webauthn];
  const [question, mail] = [
    { ...phone, key: 'question' },
    { ...email, enrollable: true },
  ];
  const inTurn = (...keys: readonly string[]) => keys.map((key) => ({ authenticators: [key] }));

  test.each<[string, Parts, object | undefined]>([
    [
      'which leads in',
      {
        app: { chains: [inTurn('webauthn'), inTurn('password', 'totp')] },
        given: [password, email, totp, webauthn],
        enrollment: [signedInWith('webauthn', { required: [{ anyOf: ['phone'] }] }), terms({})],
      },
      undefined,
    ],
    [
      'as many as they like',
      {
        app: { chains: [inTurn('webauthn'), inTurn('password', 'email')] },
        session: { chains: [inTurn('webauthn'), inTurn('totp', 'question')] },
        authenticators: [password, mail, totp, webauthn, question],
        given: [password, mail, totp, webauthn, question],
        enrollment: [signedInWith('webauthn', { required: [{ anyOf: ['phone'] }] }), terms({})],
      },
      undefined,
    ],
    [
      'which leads in with the first of them alone',
      {
        app: { chains: [inTurn('webauthn'), inTurn('totp')] },
        given: [totp, webauthn],
        enrollment: [signedInWith('webauthn', { required: [{ anyOf: ['phone'] }] }), terms({})],
      },
      undefined,
    ],
    [
      'and are locked out all the same',
      {
        app: { chains: [inTurn('webauthn'), inTurn('password', 'totp')] },
        given: [password, email, totp, webauthn],
        enrollment: [
          signedInWith('webauthn', { required: [{ anyOf: ['phone'] }] }),
          signedInWith('totp', { required: [{ anyOf: ['phone'] }] }),
          terms({}),
        ],
      },
      { ...forAll, reachable: ['password', 'email', 'totp', 'webauthn'], never: [] },
    ],
  ])('%s', (_, parts, expected) => {
    expect(lockOutIn({ authenticators, ...parts })).toEqual(expected);
  });

  test('the rules are named that decide after each sign-in, where users get so far', () => {
    const never: Partial<EnrollmentTerms> = { required: [{ anyOf: ['phone'] }] };
    const enrollment = [signedInWith('webauthn', never), signedInWith('totp', never), terms({})];
    const decided = (parts: Parts) => {
      const found = findLockOut(
        [],
        searchIn({ authenticators, enrollment, account: [add(undefined, deny)], ...parts }),
      );
      return typeof found === 'object' ? found.after : found;
    };
    const app = { chains: [inTurn('webauthn'), inTurn('password', 'totp')] };
    expect(decided({ app, given: [password, webauthn] })).toEqual([enrollment[0]]);
    expect(decided({ app, given: [password, totp, webauthn] })).toEqual(enrollment.slice(0, 2));
    expect(decided({ given: [webauthn], app: by('email') })).toEqual([]);
  });
});

describe('it is undecided', () => {
  const tangled = entangled.map(({ groups = {} }): Conditions => ({ scopes: groups }));
  const but = (key: string) => tangled.map((when) => add(key, deny, when));

  test('whether there are such users', () => {
    const account = [...entangled.map((when) => add(undefined, deny, when)), add(undefined, one)];
    const search = searchIn({ account });
    expect(findLockOut(entangled.map(search.space.misses), search)).toBe('undecided');
  });

  test('whether a way that would lead in is ever open', () => {
    expect(lockOutIn({ account: [...but('webauthn'), add(undefined, one)], app: by('webauthn') })).toBe('undecided');
  });

  test('where more users differ than are looked at', () => {
    const among = (count: number) => {
      const groups = Array.from({ length: count }, (_, at): Conditions => ({ groups: { any: [`${at}`] } }));
      const account = [...groups.map((when) => add(undefined, one, when)), add(undefined, one)];
      return lockOutIn({ account, authenticators: [password, totp] });
    };
    expect(among(22)).toBeUndefined();
    expect(among(23)).toBe('undecided');
  });

  test('where the steps for all questions do not suffice', () => {
    const search = searchIn({ account: [add(undefined, deny)] });
    const foundIn = (budget: { steps: number }) => findLockOut([...search.space.always], { ...search, budget });
    const left = { steps: 1_000 };
    expect(foundIn(left)).toMatchObject({ isForAll: true });
    expect(left.steps).toBeLessThan(1_000);
    expect(foundIn({ steps: 0 })).toBe('undecided');
  });
});
