/** Users whose accounts can never have enough are compared with all users of a small universe. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { additionRules, canBeMet } from '../../../../src/core/analysis/accounts/addition-rules.ts';
import { conditionsOfPlaces, entryRules } from '../../../../src/core/analysis/accounts/entry-rules.ts';
import { findLastingLack } from '../../../../src/core/analysis/accounts/lasting-lack.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { AccountRule } from '../../../../src/core/model/account-policy.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { EnrollmentRule } from '../../../../src/core/model/enrollment-policy.ts';
import type { AuthenticatorDescriptor } from '../../../../src/core/model/facts.ts';
import type { Rule } from '../../../../src/core/model/policy.ts';
import { compileAccountPolicy } from '../../../../src/core/policy/rules/account-policy.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { findRule } from '../../../../src/core/policy/rules/rules.ts';
import type { UserFacts } from '../../../../src/core/policy/theories/theory.ts';
import { allow, always, descriptor, enrollmentTerms, factors, factsOf, userWith } from '../../support/fixtures.ts';
import { enough, seeded } from '../../support/seeded.ts';
import { universe } from '../../support/universe.ts';

const email: AuthenticatorDescriptor = { ...descriptor.email, enrollable: true };
const authenticators: readonly AuthenticatorDescriptor[] = [
  ...[descriptor.password, email, descriptor.totp, descriptor.webauthn],
];
const given: readonly AuthenticatorDescriptor[] = [descriptor.password];
const networks = ['in', 'out'].map((name, at) => ({ ip: `192.0.2.${at}`, zones: [name] }));
const apps = ['open', 'behind'];
const within = universe({ places: networks, clientIds: apps });

const groups = ['a', 'b', 'c', 'd'];
const whens = fc.constantFrom<Conditions>(
  ...groups.map((group) => ({ groups: { any: [group] } })),
  ...[{ groups: { none: ['a'] } }, { groups: { all: ['b', 'c'] } }, { network: { any: ['in'] } }],
  ...[{ groups: { any: ['a'] }, network: { any: ['in'] } }, { groups: { any: ['d'] }, network: { none: ['in'] } }, {}],
);
const deny: Rule['then'] = { kind: 'deny' };
const thens = fc.constantFrom<Rule['then']>(
  ...[deny, deny, allow(factors(1)), allow(factors(1)), allow(factors(2))],
  ...['totp', 'webauthn', 'email'].map((key) =>
    allow({ anyOf: [{ factors: 1, demands: [{ ...always, authenticators: [key] }] }] }),
  ),
);
const keys = fc.constantFrom('totp', 'webauthn', 'email');
const rule = fc
  .record({ key: keys, when: whens, then: thens })
  .map(({ key, when, then }): AccountRule => ({ name: key, change: { add: [key] }, when, then }));
const enrollmentRule = fc
  .record({ when: whens, useOnly: fc.subarray(['totp', 'webauthn']), disabled: fc.subarray(['email']) })
  .map(({ when, ...terms }): EnrollmentRule => ({ name: 'e', when, then: enrollmentTerms(terms) }));
const sessionRule = fc
  .record({ when: whens, then: fc.constantFrom(deny, allow(factors(1))) })
  .map((parts): Rule => ({ name: 's', ...parts }));

const drawn = fc.record({
  rules: fc.array(rule, { minLength: 1, maxLength: 8 }),
  enrollment: fc.array(enrollmentRule, { maxLength: 2 }),
  session: fc.array(sessionRule, { maxLength: 2 }),
  signOn: fc.array(sessionRule, { maxLength: 2 }),
  isAllBehind: fc.boolean(),
  when: whens,
  enough: fc.subarray(['totp', 'webauthn', 'email'], { minLength: 1, maxLength: 2 }),
  needed: fc.subarray(['password', 'totp', 'webauthn', 'email']),
});

const users = groups.reduce<readonly (readonly string[])[]>(
  (all, group) => all.flatMap((some) => [some, [...some, group]]),
  [[]],
);

test('a user who can never have enough is found exactly if there is one', () => {
  const counts = { found: 0, none: 0 };
  fc.assert(
    fc.property(drawn, ({ rules, when, enough: wanted, needed, ...parts }) => {
      const rest = { name: 'rest', when: {} };
      const accountPolicy = compileAccountPolicy({
        name: 'account',
        rules: [...rules, { ...rest, then: allow(factors(1)) }],
      });
      const enrollment = compilePolicy({
        name: 'enrollment',
        rules: [...parts.enrollment, { ...rest, then: enrollmentTerms() }],
      });
      const session = compilePolicy({
        name: 'session',
        rules: [...parts.session, { ...rest, then: allow(factors(1)) }],
      });
      const signOn = compilePolicy({ name: 'app', rules: [...parts.signOn, { ...rest, then: deny }] });
      const behind = parts.isAllBehind ? apps : ['behind'];
      const places = {
        open: apps.filter((app) => !behind.includes(app)),
        behind: [{ clientIds: behind, entry: entryRules(signOn) }],
      };
      const all = [...rules, ...parts.enrollment, ...parts.session].map((each) => each.when);
      const space = ruleSpace([when, ...all, ...conditionsOfPlaces(places)], within);
      const policies = { session, accountPolicy, enrollment, authenticators, signOn, behind, places };
      const search = { authenticators, given, additionRules: additionRules(policies, given, space), space };
      const isEnough = (some: readonly string[]) => wanted.some((key) => some.includes(key));
      const isNeedless = (some: readonly string[]) => !needed.some((key) => some.includes(key));
      const lacks = (facts: UserFacts) => {
        const has = reachedBy(facts.subject.groups, policies);
        return !isEnough(has) && !isNeedless(has);
      };
      const meant = compilePolicy({ name: 'meant', rules: [{ name: 'meant', when, then: deny }] });
      const isMeant = (facts: UserFacts) => findRule(meant, facts).rule !== undefined;
      const found = findLastingLack([space.applies(when)], search, { isEnough, isNeedless });
      const expected = users.flatMap((own) => factsIn(own)).some((facts) => isMeant(facts) && lacks(facts));
      counts[expected ? 'found' : 'none'] += 1;
      if (!expected) return expect(found).toBeUndefined();
      if (typeof found !== 'object') throw new Error(`no user: ${found}`);
      expect([isMeant(found.facts), lacks(found.facts)]).toEqual([true, true]);
      const has = reachedBy(found.facts.subject.groups, policies);
      expect([...has, ...found.never].toSorted()).toEqual(authenticators.map(({ key }) => key).toSorted());
    }),
    seeded(400),
  );
  expect(counts.found).toBeGreaterThan(enough(60));
  expect(counts.none).toBeGreaterThan(enough(100));
});

function factsIn(own: readonly string[]): readonly UserFacts[] {
  const subject = userWith([], { groups: own });
  return networks.flatMap((network) =>
    apps.map((clientId) => ({ ...factsOf({ network, request: { clientId } }), subject, signedInWith: [] })),
  );
}

interface Policies {
  readonly accountPolicy: ReturnType<typeof compileAccountPolicy>;
  readonly enrollment: ReturnType<typeof compilePolicy<EnrollmentRule>>;
  readonly session: ReturnType<typeof compilePolicy<Rule>>;
  /** Of the apps in `behind`. */
  readonly signOn: ReturnType<typeof compilePolicy<Rule>>;
  readonly behind: readonly string[];
}

/** Adds whatever may be added somewhere, until nothing more can be. Keys. */
function reachedBy(own: readonly string[], policies: Policies): readonly string[] {
  const { accountPolicy, enrollment, session, signOn, behind } = policies;
  const reached = [...given];
  for (const _ of authenticators) {
    for (const authenticator of authenticators) {
      const about = accountPolicy.about({ action: 'add', of: authenticator.key });
      const mayAdd = factsIn(own).some((facts) => {
        const { disabled = [], useOnly = [] } = findRule(enrollment, facts).rule?.then ?? {};
        const isLeft = ![...disabled, ...useOnly].includes(authenticator.key);
        const entered = [session, ...(behind.includes(facts.request.clientId) ? [signOn] : [])];
        const isLetIn = entered.every((policy) => findRule(policy, facts).rule?.then.kind === 'allow');
        return isLeft && isLetIn && canBeMet(findRule(about, facts).rule, reached);
      });
      if (mayAdd && !reached.includes(authenticator)) reached.push(authenticator);
    }
  }
  return reached.map(({ key }) => key);
}
