/** Which rules decide over the sign-ins that `config diff` compares, and how often a policy is asked. */

import { describe, expect, test } from '@jest/globals';
import type { Circumstance } from '../../../../../src/cli/config/diff/sign-ins/circumstances.ts';
import {
  type CircumstanceOfUser,
  decidingRuleNames,
} from '../../../../../src/cli/config/diff/sign-ins/deciding-rules.ts';
import { atomIds } from '../../../../../src/cli/config/diff/sign-ins/user-classes.ts';
import type { Conditions } from '../../../../../src/core/model/conditions.ts';
import type { Requirement, Rule } from '../../../../../src/core/model/policy.ts';
import { compileAccountPolicy } from '../../../../../src/core/policy/rules/account-policy.ts';
import {
  type CompiledAccountPolicy,
  type CompiledPolicy,
  compilePolicy,
  type PolicySet,
} from '../../../../../src/core/policy/rules/compile.ts';
import { circumstanceIn, factsThere, memberOf } from '../../support/compared-users.ts';

const requirement: Requirement = { anyOf: [{ factors: 1, demands: [] }] };

const rulesOf = (conditions: readonly Conditions[]): readonly Rule[] =>
  conditions.map((when, at) => ({ name: `R${at}`, when, then: { kind: 'allow', requirement } }));

function policyOf(...conditions: readonly Conditions[]): CompiledPolicy {
  return compilePolicy({ name: 'p', rules: rulesOf(conditions) });
}

/** `questions`: the policy was asked so often. */
function counted(policy: CompiledPolicy): { readonly policy: CompiledPolicy; readonly questions: () => number } {
  let questions = 0;
  const groups: CompiledPolicy['groups'] = (of) => {
    questions += 1;
    return policy.groups(of);
  };
  return { policy: { ...policy, groups }, questions: () => questions };
}

/** The names of sign-ins. */
function namesUnder(policies: PolicySet, of: typeof factsThere, atoms: readonly string[] = []) {
  const namesOf = decidingRuleNames(policies, of, atoms);
  return ({ circumstance, ...who }: CircumstanceOfUser) => namesOf(who)(circumstance);
}

const set = (policies: Pick<PolicySet, 'session' | 'app'>): PolicySet => ({
  ...policies,
  acrLevels: [],
  authenticators: [],
});
const withAccount = (accountPolicy: CompiledAccountPolicy): PolicySet => ({
  ...set({ session: policyOf({}), app: policyOf({}) }),
  accountPolicy,
  authenticators: [{ key: 'totp', factors: ['possession'], characteristics: [], enrollable: true }],
});
const newDevice = { signal: 'newDevice', points: 20 } as const;
const places = [circumstanceIn(), circumstanceIn('office'), circumstanceIn('home')];
const users = [memberOf([]), memberOf(['a']), memberOf(['a', 'b']), memberOf(['b']), memberOf(['b'], 'enrolled TOTP')];
const eachAsked = users.flatMap((each) =>
  places.map((circumstance) => ({ user: each, circumstance, clientId: 'app' })),
);

describe('a policy is asked', () => {
  const office: Conditions = { network: { any: ['office'] } };

  test('once in each circumstance where its rules ask nothing about the user', () => {
    const session = counted(policyOf(office, {}));
    const named = namesUnder(set({ session: session.policy, app: policyOf({}) }), factsThere);
    for (const asked of [...eachAsked, ...eachAsked]) named(asked);
    expect(session.questions()).toBe(places.length);
  });

  test('once for users in the same of the groups that its rules name', () => {
    const app = counted(policyOf({ groups: { any: ['a'] }, ...office }, {}));
    const named = namesUnder(set({ session: policyOf({}), app: app.policy }), factsThere);
    for (const asked of eachAsked) named(asked);
    expect(app.questions()).toBe(2 * places.length);
  });

  test('once for users for whom a condition has the same results', () => {
    const guests: Conditions = { userType: { any: ['guest'] }, ...office };
    const app = counted(policyOf(guests, {}));
    const named = namesUnder(set({ session: policyOf({}), app: app.policy }), factsThere, atomIds(guests));
    for (const { user: who, ...asked } of eachAsked)
      named({ ...asked, user: { ...who, results: [who.groups.includes('a') ? 'hit' : 'miss'] } });
    expect(app.questions()).toBe(2 * places.length);
  });

  test('about every user where its rules ask what no class tells apart', () => {
    const app = counted(policyOf({ userType: { any: ['guest'] } }, {}));
    const named = namesUnder(set({ session: policyOf({}), app: app.policy }), factsThere);
    for (const asked of eachAsked) named(asked);
    expect(app.questions()).toBe(eachAsked.length);
  });
});

describe('sign-ins have the same name', () => {
  const conditions: readonly Conditions[] = [{ groups: { all: ['a', 'b'] } }, { network: { any: ['office'] } }, {}];
  const named = namesUnder(set({ session: policyOf({}), app: policyOf(...conditions) }), factsThere);
  const [elsewhere, office, home] = places as [Circumstance, Circumstance, Circumstance];
  const nameOf = (groups: readonly string[], circumstance: Circumstance) =>
    named({ user: memberOf(groups), circumstance, clientId: 'app' });

  test('where the same rules decide', () => {
    expect(nameOf(['a'], elsewhere)).toBe(nameOf(['b'], home));
    expect(nameOf(['a', 'b'], office)).toBe(nameOf(['b', 'a'], home));
  });

  test('and another where others decide once something is proved', () => {
    const byRisk = namesUnder(
      set({
        session: policyOf({}),
        app: policyOf({ groups: { any: ['a'] }, risk: { any: ['newDevice'] } }, { groups: { any: ['c'] } }, {}),
      }),
      ({ circumstance, ...who }) => {
        const facts = factsThere({ circumstance, ...who });
        return circumstance.device.known ? facts : { ...facts, risk: { level: 'low', reasons: [newDevice] } };
      },
    );
    const known = { ...elsewhere, device: { ...elsewhere.device, known: true } };
    const byRiskOf = (groups: readonly string[], circumstance: Circumstance) =>
      byRisk({ user: memberOf(groups), circumstance, clientId: 'app' });
    expect(byRiskOf(['a'], elsewhere)).not.toBe(byRiskOf(['b'], elsewhere));
    expect(byRiskOf(['a'], elsewhere)).not.toBe(byRiskOf(['a'], known));
  });

  test('and another in a new browser, where only the recovery policy asks about the risk', () => {
    const recovery = policyOf({ risk: { any: ['newDevice'] } }, {});
    const byRisk = namesUnder({ ...set({ session: policyOf({}), app: policyOf({}) }), recovery }, factsThere);
    const known = { ...elsewhere, device: { ...elsewhere.device, known: true } };
    const [inNew, inKnown] = [elsewhere, known].map((circumstance) =>
      byRisk({ user: memberOf(['a']), circumstance, clientId: 'app' }),
    );
    expect(inNew).not.toBe(inKnown);
  });

  test('and another where others do', () => {
    expect(nameOf(['a'], elsewhere)).not.toBe(nameOf(['a'], office));
    expect(nameOf(['a'], office)).not.toBe(nameOf(['a', 'b'], office));
  });

  test('where the same rule of the account policy is about what is enrolled', () => {
    const of = (...all: readonly Conditions[]) => compileAccountPolicy({ name: 'account', rules: rulesOf(all) });
    const namedUnder = (...all: readonly Conditions[]) => namesUnder(withAccount(of(...all)), factsThere);
    const nameIn = (by: ReturnType<typeof namesUnder>, groups: readonly string[]) =>
      by({ user: memberOf(groups), circumstance: elsewhere, clientId: 'app' });
    const byGroup = namedUnder({ groups: { any: ['a'] } }, {});
    expect(nameIn(byGroup, ['b'])).toBe(nameIn(byGroup, []));
    expect(nameIn(byGroup, ['a'])).not.toBe(nameIn(byGroup, []));
    const byRisk = namedUnder({ risk: { atLeast: 'medium' }, groups: { any: ['a'] } }, {});
    expect(nameIn(byRisk, ['b'])).toBe(nameIn(byRisk, []));
    expect(nameIn(byRisk, ['a'])).not.toBe(nameIn(byRisk, []));
  });

  test('no user represents another that a rule about more than groups distinguishes', () => {
    const app = policyOf({ userType: { any: ['guest'] } }, {});
    const byType = namesUnder(set({ session: policyOf({}), app }), factsThere);
    const guest = { ...memberOf([]), subject: { ...memberOf([]).subject, userType: 'guest' } };
    const [own, other] = [guest, memberOf([])].map((userClass) =>
      byType({ user: userClass, circumstance: elsewhere, clientId: 'app' }),
    );
    expect(own).not.toBe(other);
  });
});

describe('where other rules may decide later in the sign-in', () => {
  const byPassword: Conditions = { authenticated: { any: ['password'] } };
  const [elsewhere, office, home] = places as [Circumstance, Circumstance, Circumstance];
  const terms = { required: [], optional: [], promoted: [], disabled: [] };
  const enrollmentOf = (...conditions: readonly Conditions[]) =>
    compilePolicy({ name: 'enrollment', rules: conditions.map((when, at) => ({ name: `R${at}`, when, then: terms })) });
  const profileOf = (...required: readonly string[]) =>
    compilePolicy({ name: 'profile', rules: [{ name: 'All', when: {}, then: { required, optional: [], terms: [] } }] });
  const namer = (more: Partial<PolicySet>) =>
    namesUnder({ ...set({ session: policyOf({}), app: policyOf({}) }), ...more }, factsThere);
  const namerAt = (enrollment: readonly Conditions[], circumstance: Circumstance) => {
    const named = namer({ enrollment: enrollmentOf(...enrollment) });
    return (...groups: readonly string[]) => named({ user: memberOf(groups), circumstance, clientId: 'app' });
  };

  test('the names are as many as their rules tell apart beside what may change', () => {
    const enrollment = enrollmentOf(
      { ...byPassword, groups: { any: ['a'] } },
      { ...byPassword, network: { any: ['office'] } },
      { authenticated: { any: ['totp'] } },
      {},
    );
    const named = namer({ enrollment });
    expect(new Set(eachAsked.map(named)).size).toBe(4);
  });

  test.each<[string, Conditions]>([
    ['how the user signed in', byPassword],
    ['the risk', { risk: { atLeast: 'medium' } }],
  ])('users differ by what a rule about %s asks besides', (_, open) => {
    const nameOf = namerAt([{ ...open, groups: { any: ['a'] } }, {}], elsewhere);
    expect(nameOf('b')).toBe(nameOf());
    expect(nameOf('a')).not.toBe(nameOf());
  });

  test('places differ by what such a rule asks besides, in an alternative too', () => {
    const rules: readonly Conditions[] = [{ any: [{ ...byPassword, network: { any: ['office'] } }, byPassword] }, {}];
    const named = namer({ enrollment: enrollmentOf(...rules) });
    const nameAt = (circumstance: Circumstance) => named({ user: memberOf([]), circumstance, clientId: 'app' });
    expect(nameAt(home)).toBe(nameAt(elsewhere));
    expect(nameAt(office)).not.toBe(nameAt(elsewhere));
  });

  test('rules below one that decides in any case make no difference', () => {
    const nameOf = namerAt([byPassword, { groups: { any: ['a'] } }, { groups: { any: ['b'] } }, {}], elsewhere);
    expect(nameOf('a', 'b')).toBe(nameOf('a'));
    expect(new Set([nameOf(), nameOf('a'), nameOf('b')]).size).toBe(3);
  });

  test('an attribute counts that the user may fill in', () => {
    const session = policyOf({ attributes: { nickname: { present: false } }, groups: { any: ['a'] } }, {});
    const named = namer({ session, profile: profileOf('nickname') });
    const nameOf = (groups: readonly string[], nickname?: string) => {
      const { subject, ...others } = memberOf(groups);
      const profile = nickname === undefined ? {} : { nickname };
      return named({ user: { ...others, subject: { ...subject, profile } }, circumstance: elsewhere, clientId: 'app' });
    };
    expect(nameOf(['b'])).toBe(nameOf([]));
    expect(nameOf(['a'])).not.toBe(nameOf([]));
    expect(nameOf(['a'], 'Ann')).not.toBe(nameOf(['a']));
  });

  test('a formula that reads such an attribute may read anything besides', () => {
    const expression: Conditions['expression'] = {
      written: 'x',
      aboutUser: true,
      varies: true,
      evaluate: () => 'miss',
      logic: { text: 'x' },
      partOf: () => ({
        evaluate: () => 'miss',
        reads: ['user.profile.nickname', 'network.ip'],
        texts: [],
        numbers: [],
      }),
    };
    const namesAt = (more: Partial<PolicySet>) => {
      const named = namer({ session: policyOf({ expression }, {}), ...more });
      return new Set(eachAsked.map(named)).size;
    };
    expect(namesAt({ profile: profileOf('nickname') })).toBe(4 * places.length);
    expect(namesAt({ profile: profileOf('locale') })).toBe(1);
  });
});
