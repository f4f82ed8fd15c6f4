/** What changed account policies come to where it cannot be shown, and where several rules do. */
import { describe, expect, test } from '@jest/globals';
import type { PolicySides } from '../../../../src/core/analysis/comparison/deciding-together.ts';
import { type LaxerChange, laxerChanges } from '../../../../src/core/analysis/comparison/laxer-changes.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import { enrollScope } from '../../../../src/core/enrollment/account-request.ts';
import type { AccountRule, ChangeAction } from '../../../../src/core/model/account-policy.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { EnrollmentRule, EnrollmentTerms } from '../../../../src/core/model/enrollment-policy.ts';
import type { AuthenticatorDescriptor } from '../../../../src/core/model/facts.ts';
import type { Rule } from '../../../../src/core/model/policy.ts';
import { compileAccountPolicy } from '../../../../src/core/policy/rules/account-policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { allow, descriptor, enrollmentTerms, factors, policiesOf } from '../../support/fixtures.ts';
import { universe } from '../../support/universe.ts';

const password: AuthenticatorDescriptor = { ...descriptor.password, enrollable: true, underPasswordPolicy: true };
const authenticators = [password, descriptor.totp, descriptor.webauthn];

/** Nothing is known that makes an example of it. */
const unshown: Conditions = { attributes: { nick: { equals: 'a*' } } };
const anyOther: Conditions = { attributes: { nick: { not: { equals: 'a*' } } } };
const inA: Conditions = { groups: { any: ['a'] } };

const passkey = allow(factors(1, { demands: [{ authenticators: ['webauthn'] }] }));
const any = allow(factors(1));
const by = (key: string) => allow(factors(1, { demands: [{ authenticators: [key] }] }));
const deny: Rule['then'] = { kind: 'deny' };
const codes = (count: number) => allow({ chains: [Array(count).fill({ authenticators: ['totp'] })] });
const none = { found: [], undecided: [] };

/** The names of the rules before and now, of each pair. */
function namesIn(all: readonly { readonly before?: Rule; readonly now?: Rule }[]): readonly string[] {
  return all.map(({ before, now }) => `${before?.name ?? '-'} > ${now?.name ?? '-'}`);
}

describe('changes of an account', () => {
  const rule = (name: string, then: Rule['then'], more: Partial<AccountRule> = {}): AccountRule => {
    return { name, when: {}, then, ...more };
  };

  type Rules = readonly AccountRule[] | undefined;

  function search(active: Rules, next: Rules, enabled: readonly AuthenticatorDescriptor[] = authenticators) {
    const setOf = (rules: Rules): PolicySet => ({
      ...policiesOf(),
      authenticators: enabled,
      isAccountApp: true as const,
      ...(rules && { accountPolicy: compileAccountPolicy({ name: 'account', rules }) }),
    });
    const space = ruleSpace(
      [...(active ?? []), ...(next ?? [])].map(({ when }) => when),
      universe(),
    );
    return laxerChanges({ active: setOf(active), next: setOf(next) }, space);
  }

  function changes(active: Rules, next: Rules) {
    const { found, undecided } = search(active, next);
    return { found: namesIn(found), undecided: namesIn(undecided) };
  }

  /** The change and the user of each example. */
  const shown = ({ change, facts, proofs }: LaxerChange) => ({
    change: `${change.action} ${change.of}`,
    groups: facts.subject.groups,
    proved: proofs.evidence.map(({ authenticator, age }) => [authenticator, age]),
  });

  const about = (name: string, action: ChangeAction, of: string, then: Rule['then']) =>
    rule(name, then, { change: { [action]: [of] } });
  const within = (maxAge: number) => allow(factors(1, { maxAge }));
  const rest = rule('rest', passkey);

  test.each<[string, Rules, Rules, ReturnType<typeof changes>]>([
    [
      'take less by one pair of rules, as often as it decides',
      [rule('old', passkey)],
      [rule('new', any)],
      { found: ['old > new'], undecided: [] },
    ],
    [
      'take less by several pairs',
      [rule('old', passkey)],
      [rule('of a', any, { when: inA }), rule('new', any)],
      { found: ['old > of a', 'old > new'], undecided: [] },
    ],
    [
      'take one factor without a policy',
      [rule('old', allow(factors(2)))],
      undefined,
      { found: ['old > -'], undecided: [] },
    ],
    ['take less without a policy', [rule('old', passkey)], undefined, { found: ['old > -'], undecided: [] }],
    [
      'may take less of users who cannot be shown',
      [rule('old', passkey)],
      [rule('of such', any, { when: unshown }), rule('rest', passkey)],
      { found: [], undecided: ['old > of such'] },
    ],
    [
      'take less for users who can be shown at another change',
      [rule('others', deny, { when: anyOther, change: { add: ['totp'] } }), rule('old', passkey)],
      [rule('others', deny, { when: anyOther, change: { add: ['totp'] } }), rule('new', any)],
      { found: ['old > new'], undecided: [] },
    ],
    [
      'take as much of all who can be shown',
      [rule('old', any)],
      [rule('of such', passkey, { when: unshown }), rule('rest', any)],
      { found: [], undecided: [] },
    ],
    ['take no less than without a policy, where Law 7 held alone', undefined, [rule('new', any)], none],
    [
      'take less of an identifier',
      [about('old', 'change', 'username', passkey), rest],
      [about('new', 'change', 'username', any), rest],
      { found: ['old > new'], undecided: [] },
    ],
    [
      'take less where something is removed',
      [about('old', 'remove', 'totp', passkey), rest],
      [about('new', 'remove', 'totp', any), rest],
      { found: ['old > new'], undecided: [] },
    ],
    [
      'take no less of what cannot be removed',
      [about('old', 'remove', 'username', passkey), rest],
      [about('new', 'remove', 'username', any), rest],
      none,
    ],
    [
      'take less only in a sign-in that there cannot be: a usual one, in a browser that is not known',
      [rule('old', passkey)],
      [
        rule('unusual', passkey, { when: { risk: { any: ['newDevice'] } } }),
        rule('known', passkey, { when: { device: { known: true } } }),
        rule('impossible', any),
      ],
      none,
    ],
    [
      'may take less of users who cannot be shown, and take less of others',
      [rule('old', passkey)],
      [rule('of such', any, { when: unshown }), rule('rest', any)],
      { found: ['old > rest'], undecided: ['old > of such'] },
    ],
    [
      'may take less of users of whom another rule was, and take less of others',
      [rule('of such', passkey, { when: unshown }), rule('rest', passkey)],
      [rule('new', any)],
      { found: ['rest > new'], undecided: ['of such > new'] },
    ],
    [
      'may take less where a chain of more than six proofs is asked for',
      [rule('old', codes(6))],
      [rule('new', codes(7))],
      { found: [], undecided: ['old > new'] },
    ],
    [
      'take as much by a chain that asks for the same',
      [rule('old', codes(1))],
      [rule('new', allow(factors(1, { demands: [{ authenticators: ['totp'] }] })))],
      none,
    ],
    [
      'take less by a chain that asks for less',
      [rule('old', codes(2))],
      [rule('new', codes(1))],
      { found: ['old > new'], undecided: [] },
    ],
  ])('%s', (_, active, next, expected) => {
    expect(changes(active, next)).toEqual(expected);
  });

  describe('that only owners can make', () => {
    const known = allow(factors(1, { demands: [{ factor: 'knowledge' }] }));
    const possession = allow(factors(1, { demands: [{ factor: 'possession' }] }));
    const searchAbout = (action: ChangeAction, of: string, then: Rule['then'], enabled: typeof authenticators) =>
      search([about('old', action, of, then), rule('rest', any)], [rule('rest', any)], enabled);
    const comesTo = (...parts: Parameters<typeof searchAbout>) => {
      const { found, undecided } = searchAbout(...parts);
      return { found: namesIn(found), undecided: namesIn(undecided) };
    };

    test.each<['remove' | 'change']>([['remove'], ['change']])(
      'take as much where Law 7 asks them for what the rule asked for: %s',
      (action) => {
        const inherence = allow(factors(1, { demands: [{ factor: 'inherence' }] }));
        expect(searchAbout(action, 'password', known, authenticators)).toEqual(none);
        expect(searchAbout(action, 'totp', possession, authenticators)).toEqual(none);
        expect(searchAbout(action, 'webauthn', possession, authenticators)).toEqual(none);
        // Some keys do not verify their user.
        expect(comesTo(action, 'webauthn', inherence, authenticators)).toEqual({
          found: ['old > rest'],
          undecided: [],
        });
      },
    );

    test('take less where they can prove enough without it', () => {
      const { found } = searchAbout('remove', 'totp', by('totp'), authenticators);
      expect(namesIn(found)).toEqual(['old > rest']);
      const [{ proofs } = { proofs: undefined }] = found;
      expect(proofs?.evidence.map(({ authenticator }) => authenticator)).toEqual(['webauthn']);
      expect(proofs?.enrolled.toSorted()).toEqual(['totp', 'webauthn']);
    });

    test('have an example of an owner', () => {
      const { found } = searchAbout('remove', 'totp', deny, authenticators);
      expect(found.map(({ proofs }) => proofs.enrolled.includes('totp'))).toEqual([true]);
    });

    const mailbox: AuthenticatorDescriptor = { ...descriptor.email, enrollable: true };
    const codesForRecovery: AuthenticatorDescriptor = { ...descriptor.recovery_code, enrollable: true };
    const pin: AuthenticatorDescriptor = { ...descriptor.password, key: 'pin', enrollable: true };

    // Of a password and the mailbox that recovered it, one counts. A code that was used up does not count.
    test.each<[string, string, Rule['then'], readonly AuthenticatorDescriptor[]]>([
      ['a password, with the mailbox that recovered it', 'password', known, [password, mailbox]],
      ['the mailbox, with the password that it recovered', 'email', possession, [password, mailbox]],
      ['other knowledge, with the last code', 'pin', known, [pin, codesForRecovery]],
      ['codes that were used up, with other knowledge', 'recovery_code', possession, [pin, codesForRecovery]],
    ])('may take less of %s', (_, of, then, enabled) => {
      const comes = comesTo('remove', of, then, [...enabled, descriptor.totp]);
      expect(comes).toEqual({ found: [], undecided: ['old > rest'] });
    });

    test('take less of what counts only where it is named', () => {
      const comes = comesTo('remove', 'security_question', known, [descriptor.totp, descriptor.security_question]);
      expect(comes).toEqual({ found: ['old > rest'], undecided: [] });
    });

    test('say nothing of identifiers, which all users have', () => {
      expect(comesTo('change', 'email', known, [password, descriptor.totp, mailbox])).toEqual({
        found: ['old > rest'],
        undecided: [],
      });
    });
  });

  test('that cannot be made are not looked at', () => {
    const [old, now] = [about('old', 'add', 'password', passkey), about('new', 'add', 'password', any)];
    const fixed = [{ ...password, enrollable: false }, descriptor.totp, descriptor.webauthn];
    expect(search([old, rest], [now, rest], fixed)).toEqual(none);
    const [then, later] = [about('old', 'remove', 'password', passkey), about('new', 'remove', 'password', any)];
    expect(namesIn(search([then, rest], [later, rest], fixed).found)).toEqual(['old > new']);
  });

  describe('have an example', () => {
    const old = [rule('old', passkey)];

    test('of the first of them, in which the user asks for it', () => {
      const { found } = search(old, [rule('new', any)]);
      expect(found.map(shown)).toEqual([{ change: 'add password', groups: [], proved: [['password', 0]] }]);
      expect(found).toMatchObject([
        {
          facts: { request: { scopes: ['openid', enrollScope('password')] } },
          step: { before: { kind: 'refused' }, now: { kind: 'enroll', choices: ['password'] } },
        },
      ]);
    });

    test('by a proof of before, if a fresh one was enough', () => {
      const { found } = search([rule('old', within(60))], [rule('new', within(240))]);
      expect(found.map(shown)).toEqual([{ change: 'add password', groups: [], proved: [['password', 240]] }]);
    });

    test('by other proofs, if no user has the first ones', () => {
      const twice = (key: string) => Array(2).fill({ authenticators: [key] });
      const next = [rule('new', allow({ chains: [twice('only'), twice('totp')] }))];
      const only = { ...descriptor.totp, key: 'only', maxEnrollments: 1 as const };
      const { found } = search([rule('old', deny)], next, [only, descriptor.totp]);
      expect(found.map((change) => shown(change).proved.map(([key]) => key))).toEqual([['totp', 'totp']]);
    });

    test('of a user in one group, if one is enough for all rules', () => {
      const someIn = (...names: readonly string[]): Conditions => ({ groups: { any: names } });
      const { found } = search(
        [rule('some', passkey, { when: someIn('c', 'b') }), rule('rest', any)],
        [rule('some', any, { when: someIn('a', 'b') }), rule('rest', passkey)],
      );
      expect(found.map((change) => shown(change).groups)).toEqual([['b']]);
    });

    test('of a user in two groups, if a rule asks for both', () => {
      const { found } = search(old, [rule('two', any, { when: { groups: { all: ['a', 'b'] } } }), rest]);
      expect(found.map((change) => shown(change).groups)).toEqual([['b', 'a']]);
    });
  });
});

describe('what users set up while they sign in to an app', () => {
  const rule = (name: string, then: Rule['then'], more: Partial<AccountRule> = {}): AccountRule => {
    return { name, when: {}, then, ...more };
  };
  interface Side {
    readonly account: readonly AccountRule[];
    readonly terms?: Partial<EnrollmentTerms>;
    /** Enrollment rules above the one with the terms. */
    readonly above?: readonly EnrollmentRule[];
    readonly session?: readonly Rule[];
    readonly app?: readonly Rule[];
    readonly enabled?: readonly AuthenticatorDescriptor[];
  }

  function changes(active: Side, next: Side, more: Pick<PolicySides, 'refused'> = {}) {
    const setOf = ({
      account,
      terms = requiring('totp'),
      above = [],
      session,
      app,
      enabled = authenticators,
    }: Side) => ({
      ...policiesOf({
        ...(app && { app: { name: 'app', rules: app } }),
        ...(session && { session: { name: 'session', rules: session } }),
      }),
      authenticators: enabled,
      accountPolicy: compileAccountPolicy({ name: 'account', rules: account }),
      enrollment: compilePolicy<EnrollmentRule>({
        name: 'enrollment',
        rules: [...above, { name: 'terms', when: {}, then: enrollmentTerms(terms) }],
      }),
    });
    const whens = [active, next].flatMap(({ account, above = [], session = [], app = [] }) =>
      [...account, ...above, ...session, ...app].map(({ when }) => when),
    );
    const { found, undecided } = laxerChanges(
      { active: setOf(active), next: setOf(next), ...more },
      ruleSpace(whens, universe()),
    );
    return { found: namesIn(found), undecided: namesIn(undecided) };
  }

  const requiring = (key: string): Partial<EnrollmentTerms> => ({ required: [{ anyOf: [key] }] });
  const old = rule('old', passkey);
  const now = rule('new', any);
  const removing = (then: Rule['then']) => rule('removing', then, { change: { remove: ['totp'] } });
  const changing = (name: string, then: Rule['then']) => rule(name, then, { change: { change: ['username'] } });
  const offered = { optional: ['totp'], promoted: [{ authenticator: 'totp', cooldown: 60 }] };
  const fixed = authenticators.map((authenticator) => ({ ...authenticator, enrollable: false }));
  const denied: Rule = { name: 'denied', when: inA, then: deny };
  const rest = rule('rest', passkey);
  const named = (name: string, change: AccountRule['change'] & object, then: Rule['then']) =>
    rule(name, then, { change });
  /** The user has this authenticator once at most. */
  const single = [password, descriptor.webauthn, { ...descriptor.totp, maxEnrollments: 1 as const }];
  const onlyIn = (...anyOf: readonly string[]): readonly Rule[] => [
    { name: 'of some', when: { groups: { any: anyOf } }, then: allow(factors(1)) },
    { name: 'others', when: {}, then: deny },
  ];
  const byKey: readonly Rule[] = [{ name: 'app', when: {}, then: passkey }];
  const fixedKey = [password, descriptor.totp, { ...descriptor.webauthn, enrollable: false }];
  const shownNowhere: readonly Rule[] = [
    { name: 'some', when: unshown, then: any },
    { name: 'rest', when: {}, then: deny },
  ];

  test.each<[string, Side, Side, ReturnType<typeof changes>]>([
    ['what they have to', { account: [old] }, { account: [now] }, { found: ['old > new'], undecided: [] }],
    [
      'what they are offered',
      { account: [old], terms: offered },
      { account: [now], terms: offered },
      { found: ['old > new'], undecided: [] },
    ],
    ['as much', { account: [now] }, { account: [old] }, { found: [], undecided: [] }],
    ['nothing that they could remove', { account: [removing(passkey), now] }, { account: [removing(any), now] }, none],
    [
      'nothing that they could remove, be it the only one',
      { account: [removing(passkey), now], enabled: single },
      { account: [removing(any), now], enabled: single },
      none,
    ],
    [
      'no identifier',
      { account: [changing('old', passkey), now] },
      { account: [changing('new', any), now] },
      { found: [], undecided: [] },
    ],
    [
      'nothing that cannot be set up',
      { account: [old], enabled: fixed },
      { account: [now], enabled: fixed },
      { found: [], undecided: [] },
    ],
    [
      'also where a rule denies others',
      { account: [old], app: [denied, { name: 'rest', when: {}, then: any }] },
      { account: [now], app: [denied, { name: 'rest', when: {}, then: any }] },
      { found: ['old > new'], undecided: [] },
    ],
    [
      'perhaps, where no user of the app can be shown',
      { account: [old], app: shownNowhere },
      { account: [now], app: shownNowhere },
      { found: [], undecided: ['old > new'] },
    ],
    [
      'perhaps, of users who cannot be shown',
      { account: [old] },
      { account: [rule('of such', any, { when: unshown }), rest] },
      { found: [], undecided: ['old > of such'] },
    ],
    [
      'perhaps, where the app asks for as much',
      { account: [old], app: byKey, enabled: fixedKey },
      { account: [now], app: byKey, enabled: fixedKey },
      { found: [], undecided: ['old > new'] },
    ],
    [
      'perhaps, where they are asked for something else',
      { account: [old] },
      { account: [named('code', { add: ['totp'] }, any), named('key', { add: ['webauthn'] }, any), rest] },
      { found: ['old > code'], undecided: ['old > key'] },
    ],
    [
      'if the rules of the account are about them',
      { account: [old] },
      { account: [rule('of a', any, { when: inA }), rest] },
      { found: ['old > of a'], undecided: [] },
    ],
    [
      'if the rules of the app are about them',
      { account: [old], app: onlyIn('a') },
      { account: [now], app: onlyIn('a') },
      { found: ['old > new'], undecided: [] },
    ],
    [
      'if only some rules of the app are about them',
      { account: [old], app: [...onlyIn('b').slice(0, 1), ...onlyIn('a')] },
      {
        account: [rule('of a', any, { when: { groups: { all: ['a'], none: ['b'] } } }), rest],
        app: [...onlyIn('b').slice(0, 1), ...onlyIn('a')],
      },
      { found: ['old > of a'], undecided: [] },
    ],
    [
      'nothing, if no rule of the app is about them',
      { account: [old], app: onlyIn('b') },
      { account: [rule('others', any, { when: { groups: { none: ['b'] } } }), rest], app: onlyIn('b') },
      none,
    ],
    [
      'the only one that they can have',
      { account: [named('old', { add: ['totp'] }, passkey), rest], enabled: single },
      { account: [named('new', { add: ['totp'] }, any), rest], enabled: single },
      { found: ['old > new'], undecided: [] },
    ],
    [
      'perhaps another one in its place',
      { account: [named('old', { change: ['totp'] }, passkey), rest], enabled: single },
      { account: [named('new', { change: ['totp'] }, any), rest], enabled: single },
      { found: [], undecided: ['old > new'] },
    ],
    [
      'none in the place of another, where they can have both',
      { account: [named('old', { change: ['totp'] }, passkey), rest] },
      { account: [named('new', { change: ['totp'] }, any), rest] },
      none,
    ],
    [
      'nothing, where no user gets in',
      { account: [old], app: [{ name: 'rest', when: {}, then: deny }] },
      { account: [now], app: [{ name: 'rest', when: {}, then: deny }] },
      { found: [], undecided: [] },
    ],
  ])('%s', (_, active, next, expected) => {
    expect(changes(active, next)).toEqual(expected);
  });

  test('by the same rules, where the app may ask for more', () => {
    const account = [rule('read', any, { when: { scopes: { any: ['read'] } } }), rest];
    const refusing = (then: readonly string[], afterwards: readonly string[]) => ({
      refused: { active: { scopes: then, claims: [] }, next: { scopes: afterwards, claims: [] } },
    });
    expect(changes({ account }, { account }, refusing(['read'], []))).toEqual({
      found: ['rest > read'],
      undecided: [],
    });
    expect(changes({ account }, { account }, refusing(['read'], ['read']))).toEqual(none);
  });

  test.each([
    [3, 5, none],
    [3, 4, { found: ['old > new'], undecided: [] }],
    [4, 4, { found: [], undecided: ['old > new'] }],
  ])(
    'what a hundred combinations of rules show: 25, with %d enrollment rules and a last one',
    (count, out, expected) => {
      const names = (of: string, size: number) => Array.from({ length: size }, (_, at) => `${of} ${at}`);
      const ofGroup = (group: string): Conditions => ({ groups: { any: [group] } });
      const rulesOf = (of: string): readonly Rule[] => [
        ...names(of, 5).map((name) => ({ name, when: ofGroup(name), then: any })),
        { name: 'others', when: {}, then: deny },
      ];
      const above = names('enrollment', count).map((name): EnrollmentRule => {
        return { name, when: ofGroup(name), then: enrollmentTerms({}) };
      });
      const sides = { above, session: rulesOf('session'), app: rulesOf('app') };
      // No user whom the first rules of the app let in.
      const when: Conditions = { groups: { none: names('app', out) } };
      const next = [rule('new', any, { when }), rest];
      expect(changes({ ...sides, account: [old] }, { ...sides, account: next })).toEqual(expected);
    },
  );
});
