/** Which rules decide over the sign-ins that `config diff` compares, and how often a policy is asked. */

import { describe, expect, test } from '@jest/globals';
import type { Circumstance } from '../../../../../src/cli/config/diff/sign-ins/circumstances.ts';
import {
  type CircumstanceOfUser,
  decidingRuleNames,
} from '../../../../../src/cli/config/diff/sign-ins/deciding-rules.ts';
import type { UserClass } from '../../../../../src/cli/config/diff/sign-ins/user-classes.ts';
import type { Conditions } from '../../../../../src/core/model/conditions.ts';
import type { Facts } from '../../../../../src/core/model/facts.ts';
import { neutralFacts, neutralRequest } from '../../../../../src/core/model/neutral-facts.ts';
import type { Requirement } from '../../../../../src/core/model/policy.ts';
import { type CompiledPolicy, compilePolicy, type PolicySet } from '../../../../../src/core/policy/rules/compile.ts';

const requirement: Requirement = { anyOf: [{ factors: 1, demands: [] }] };

function policyOf(...conditions: readonly Conditions[]): CompiledPolicy {
  const rules = conditions.map((when, at) => ({ name: `R${at}`, when, then: { kind: 'allow' as const, requirement } }));
  return compilePolicy({ name: 'p', rules });
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

const user = (groups: readonly string[], rest = ''): UserClass => ({
  subject: { id: groups.join(), status: 'active', identifiers: [], groups, profile: {}, enrollments: [] },
  users: 1,
  consents: new Map(),
  groups,
  results: [],
  rest,
});

function circumstanceIn(...zones: readonly string[]): Circumstance {
  const network = { ip: '192.0.2.1', zones };
  const place = {
    label: zones.join(),
    activeLabel: zones.join(),
    zones,
    activeZones: zones,
    active: network,
    next: network,
  };
  const device = { known: false, platform: 'desktop', os: 'other' } as const;
  return { place, device, believed: { active: {}, next: {} }, now: 1_800_000_000, scopes: ['openid'] };
}

function factsOf({ user: { subject }, circumstance: { place, device, now, scopes } }: CircumstanceOfUser): Facts {
  return neutralFacts({ now, request: neutralRequest('app', scopes), network: place.next, device, subject });
}

const set = (policies: Pick<PolicySet, 'session' | 'app'>): PolicySet => ({
  ...policies,
  acrLevels: [],
  authenticators: [],
});
const places = [circumstanceIn(), circumstanceIn('office'), circumstanceIn('home')];
const users = [user([]), user(['a']), user(['a', 'b']), user(['b']), user(['b'], 'enrolled TOTP')];
const eachAsked = users.flatMap((user) => places.map((circumstance) => ({ user: user, circumstance })));

describe('a policy is asked', () => {
  const office: Conditions = { network: { any: ['office'] } };

  test('once in each circumstance where its rules ask nothing about the user', () => {
    const session = counted(policyOf(office, {}));
    const named = decidingRuleNames(set({ session: session.policy, app: policyOf({}) }), factsOf);
    for (const asked of [...eachAsked, ...eachAsked]) named(asked);
    expect(session.questions()).toBe(places.length);
  });

  test('once for users in the same of the groups that its rules name', () => {
    const app = counted(policyOf({ groups: { any: ['a'] }, ...office }, {}));
    const named = decidingRuleNames(set({ session: policyOf({}), app: app.policy }), factsOf);
    for (const asked of eachAsked) named(asked);
    expect(app.questions()).toBe(2 * places.length);
  });

  test('about every user where its rules ask for more than groups', () => {
    const app = counted(policyOf({ userType: { any: ['guest'] } }, {}));
    const named = decidingRuleNames(set({ session: policyOf({}), app: app.policy }), factsOf);
    for (const asked of eachAsked) named(asked);
    expect(app.questions()).toBe(eachAsked.length);
  });
});

describe('sign-ins have the same name', () => {
  const conditions: readonly Conditions[] = [{ groups: { all: ['a', 'b'] } }, { network: { any: ['office'] } }, {}];
  const named = decidingRuleNames(set({ session: policyOf({}), app: policyOf(...conditions) }), factsOf);
  const [elsewhere, office, home] = places as [Circumstance, Circumstance, Circumstance];
  const nameOf = (groups: readonly string[], circumstance: Circumstance) => named({ user: user(groups), circumstance });

  test('where the same rules decide', () => {
    expect(nameOf(['a'], elsewhere)).toBe(nameOf(['b'], home));
    expect(nameOf(['a', 'b'], office)).toBe(nameOf(['b', 'a'], home));
  });

  test('and another where others do', () => {
    expect(nameOf(['a'], elsewhere)).not.toBe(nameOf(['a'], office));
    expect(nameOf(['a'], office)).not.toBe(nameOf(['a', 'b'], office));
  });

  test('no user represents another that a rule about more than groups distinguishes', () => {
    const app = policyOf({ userType: { any: ['guest'] } }, {});
    const byType = decidingRuleNames(set({ session: policyOf({}), app }), factsOf);
    const guest = { ...user([]), subject: { ...user([]).subject, userType: 'guest' } };
    const [own, other] = [guest, user([])].map((userClass) => byType({ user: userClass, circumstance: elsewhere }));
    expect(own).not.toBe(other);
  });
});
