/** What changed account policies come to where it cannot be shown, and where several rules do. */
import { describe, expect, test } from '@jest/globals';
import { laxerChanges } from '../../../../src/core/analysis/comparison/laxer-changes.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { AccountRule } from '../../../../src/core/model/account-policy.ts';
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
const deny: Rule['then'] = { kind: 'deny' };

/** The names of the rules before and now, of each pair. */
function namesIn(all: readonly { readonly before?: Rule; readonly now?: Rule }[]): readonly string[] {
  return all.map(({ before, now }) => `${before?.name ?? '-'} > ${now?.name ?? '-'}`);
}

describe('changes of an account', () => {
  const rule = (name: string, then: Rule['then'], more: Partial<AccountRule> = {}): AccountRule => {
    return { name, when: {}, then, ...more };
  };

  function changes(active: readonly AccountRule[], next?: readonly AccountRule[]) {
    const setOf = (rules: readonly AccountRule[] | undefined): PolicySet => ({
      ...policiesOf(),
      authenticators,
      isAccountApp: true as const,
      ...(rules && { accountPolicy: compileAccountPolicy({ name: 'account', rules }) }),
    });
    const space = ruleSpace(
      [...active, ...(next ?? [])].map(({ when }) => when),
      universe(),
    );
    const { found, undecided } = laxerChanges({ active: setOf(active), next: setOf(next) }, space);
    return { found: namesIn(found), undecided: namesIn(undecided) };
  }

  test.each<[string, readonly AccountRule[], readonly AccountRule[] | undefined, ReturnType<typeof changes>]>([
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
  ])('%s', (_, active, next, expected) => {
    expect(changes(active, next)).toEqual(expected);
  });
});

describe('what users set up while they sign in to an app', () => {
  const rule = (name: string, then: Rule['then'], more: Partial<AccountRule> = {}): AccountRule => {
    return { name, when: {}, then, ...more };
  };
  interface Side {
    readonly account: readonly AccountRule[];
    readonly terms?: Partial<EnrollmentTerms>;
    readonly app?: readonly Rule[];
    readonly enabled?: readonly AuthenticatorDescriptor[];
  }

  function changes(active: Side, next: Side) {
    const setOf = ({ account, terms = { required: [{ anyOf: ['totp'] }] }, app, enabled = authenticators }: Side) => ({
      ...policiesOf(app && { app: { name: 'app', rules: app } }),
      authenticators: enabled,
      accountPolicy: compileAccountPolicy({ name: 'account', rules: account }),
      enrollment: compilePolicy<EnrollmentRule>({
        name: 'enrollment',
        rules: [{ name: 'terms', when: {}, then: enrollmentTerms(terms) }],
      }),
    });
    const whens = [active, next].flatMap(({ account, app = [] }) => [...account, ...app].map(({ when }) => when));
    const { found, undecided } = laxerChanges(
      { active: setOf(active), next: setOf(next) },
      ruleSpace(whens, universe()),
    );
    return { found: namesIn(found), undecided: namesIn(undecided) };
  }

  const old = rule('old', passkey);
  const now = rule('new', any);
  const removing = (then: Rule['then']) => rule('removing', then, { change: { remove: ['totp'] } });
  const changing = (name: string, then: Rule['then']) => rule(name, then, { change: { change: ['username'] } });
  const offered = { optional: ['totp'], promoted: [{ authenticator: 'totp', cooldown: 60 }] };
  const fixed = authenticators.map((one) => ({ ...one, enrollable: false }));
  const denied: Rule = { name: 'denied', when: inA, then: deny };
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
    [
      'nothing that they could remove',
      { account: [removing(passkey), now] },
      { account: [removing(any), now] },
      { found: [], undecided: [] },
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
      'nothing, where no user gets in',
      { account: [old], app: [{ name: 'rest', when: {}, then: deny }] },
      { account: [now], app: [{ name: 'rest', when: {}, then: deny }] },
      { found: [], undecided: [] },
    ],
  ])('%s', (_, active, next, expected) => {
    expect(changes(active, next)).toEqual(expected);
  });
});
