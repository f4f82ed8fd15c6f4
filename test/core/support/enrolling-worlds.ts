/** Small worlds in which a sign-in may take enrollments: rules of each policy, and a user. */
import fc from 'fast-check';
import type { AccountRule } from '../../../src/core/model/account-policy.ts';
import type { Conditions } from '../../../src/core/model/conditions.ts';
import { oneDay } from '../../../src/core/model/durations.ts';
import type { EnrollmentRule, RequiredEnrollment } from '../../../src/core/model/enrollment-policy.ts';
import type { Facts, Subject } from '../../../src/core/model/facts.ts';
import { defaultPasswordTerms } from '../../../src/core/model/password-policy.ts';
import type { Requirement, Rule } from '../../../src/core/model/policy.ts';
import { compileAccountPolicy } from '../../../src/core/policy/rules/account-policy.ts';
import { compilePolicy, type PolicySet } from '../../../src/core/policy/rules/compile.ts';
import { riskOf } from '../../../src/core/policy/values/risk.ts';
import { by, enrollableKeys, underPasswordPolicy } from './enrolling-parts.ts';
import {
  allow,
  enrolled,
  enrollmentTerms,
  factors,
  factsOf,
  fixedNow,
  type Key,
  policiesOf,
  riskScoring,
  userWith,
} from './fixtures.ts';

const someKeys = (maxLength: number) => fc.subarray([...enrollableKeys], { minLength: 1, maxLength });

const requirement: fc.Arbitrary<Requirement> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<1 | 2 | 3>(1, 2, 2, 3).map((count) => factors(count)) },
  { weight: 3, arbitrary: someKeys(2).map((some) => by(...some)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Requirement>(
      factors(1, { demands: [{ characteristics: ['phishingResistant'] }] }),
      factors(1, { demands: [{ factor: 'inherence' }] }),
      factors(2, { demands: [{ factor: 'possession', exclude: ['email'] }] }),
      { anyOf: [...anyOfBy('totp'), ...anyOfBy('webauthn')] },
      factors(1, { demands: [{ authenticators: ['password'] }, { authenticators: ['totp', 'phone'] }] }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .array(someKeys(2), { minLength: 1, maxLength: 2 })
      .map((steps) => ({ chains: [steps.map((authenticators) => ({ authenticators }))] })),
  },
);

function anyOfBy(key: string) {
  return [{ factors: 1 as const, demands: [{ authenticators: [key] }] }];
}

const then: fc.Arbitrary<Rule['then']> = requirement.map((asked) => allow(asked));
const denies: Rule['then'] = { kind: 'deny' };
const mayDeny = fc.oneof({ weight: 5, arbitrary: then }, { weight: 1, arbitrary: fc.constant(denies) });
const past = fc.constantFrom<Conditions>({}, {}, { risk: { any: ['newDevice'] } }, { risk: { none: ['newDevice'] } });
const signOnRules = (maxLength: number) =>
  fc
    .tuple(fc.array(fc.record({ when: past, then }), { maxLength }), then)
    .map(([some, last]) => [...some, { when: {}, then: last }]);

const signedIn: fc.Arbitrary<Conditions> = fc.oneof(
  fc.constant<Conditions>({}),
  someKeys(2).map((any): Conditions => ({ authenticated: { any } })),
  someKeys(2).map((all): Conditions => ({ authenticated: { all } })),
);
const required: fc.Arbitrary<RequiredEnrollment> = fc
  .record({
    anyOf: someKeys(2),
    count: fc.constantFrom(undefined, undefined, undefined, 2),
    grace: fc.constantFrom<RequiredEnrollment['grace']>(
      undefined,
      undefined,
      { skips: 1 },
      { until: fixedNow + oneDay },
      { until: fixedNow - oneDay },
    ),
  })
  .map(({ anyOf, count, grace }) => ({ anyOf, ...(count && { count }), ...(grace && { grace }) }));
const enrollmentThen = fc
  .record({
    required: fc.array(required, { maxLength: 2 }),
    optional: fc.oneof(fc.constant([]), someKeys(1)),
    disabled: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: someKeys(1) }),
    useOnly: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: someKeys(1) }),
  })
  .map((terms) => enrollmentTerms(terms));
const enrollmentRules = fc
  .tuple(fc.array(fc.record({ when: signedIn, then: enrollmentThen }), { maxLength: 2 }), enrollmentThen)
  .map(([some, last]) => [...some, { when: {}, then: last }])
  .map((rules) => rules.map((rule, at): EnrollmentRule => ({ name: `enrollment ${at}`, ...rule })));

const accountRules = fc
  .array(
    fc.record({
      change: fc.oneof(
        someKeys(2).map((add) => ({ add })),
        fc.constant({ add: 'all' as const }),
        fc.constant({ change: ['password'] }),
      ),
      then: mayDeny,
    }),
    { maxLength: 3 },
  )
  .map((rules): readonly AccountRule[] => [
    ...rules.map((rule, at) => ({ name: `account ${at}`, when: {}, ...rule })),
    { name: 'account rest', when: {}, then: allow(factors(1)) },
  ]);

/** A world, as its parts: a failing property prints them. */
export const enrollingWorld = fc.record({
  app: signOnRules(1),
  session: fc.oneof(fc.constant([{ when: {}, then: allow(factors(1)) }]), signOnRules(1)),
  enrollment: fc.option(enrollmentRules, { nil: undefined, freq: 3 }),
  account: fc.option(accountRules, { nil: undefined, freq: 3 }),
  profile: fc.oneof(fc.constant(undefined), signedIn),
  enrollable: fc.subarray([...enrollableKeys], { minLength: 2 }),
  has: fc.subarray<Key | 'key'>(['password', 'email', 'phone', 'totp', 'webauthn', 'key'], {
    minLength: 1,
    maxLength: 3,
  }),
  isOld: fc.boolean(),
  isRecovered: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  isNew: fc.boolean(),
  acrValues: fc.constantFrom<readonly string[]>([], [], [], ['2fa'], ['phr', '1fa']),
  acrEssential: fc.boolean(),
});

export type EnrollingWorld = typeof enrollingWorld extends fc.Arbitrary<infer World> ? World : never;

const named = (name: string, rules: readonly Pick<Rule, 'when' | 'then'>[]) => ({
  name,
  rules: rules.map((rule, at) => ({ name: `${name} ${at}`, ...rule })),
});

export function policiesIn({ app, session, enrollment, account, profile, enrollable }: EnrollingWorld): PolicySet {
  const policies = policiesOf({ app: named('app', app), session: named('session', session) });
  const month = { ...defaultPasswordTerms, maxAge: 30 * oneDay };
  return {
    ...policies,
    authenticators: underPasswordPolicy.map((authenticator) => ({
      ...authenticator,
      enrollable: (enrollable as readonly string[]).includes(authenticator.key),
    })),
    password: compilePolicy({ name: 'password', rules: [{ name: 'Month', when: {}, then: month }] }),
    ...(enrollment && { enrollment: compilePolicy({ name: 'enrollment', rules: enrollment }) }),
    ...(account && { accountPolicy: compileAccountPolicy({ name: 'account', rules: account }) }),
    ...(profile && {
      profile: compilePolicy({
        name: 'profile',
        rules: [
          { name: 'Some', when: profile, then: { required: ['name'], optional: [], terms: [] } },
          { name: 'Rest', when: {}, then: { required: [], optional: [], terms: [] } },
        ],
      }),
    }),
  };
}

function userIn({ has, isOld, isRecovered }: EnrollingWorld): Subject {
  const user = userWith(has);
  const enrollments = enrolled(...has).map((enrollment) =>
    isOld && enrollment.authenticator === 'password'
      ? { ...enrollment, createdAt: fixedNow - 100 * oneDay }
      : enrollment,
  );
  return { ...user, enrollments, ...(isRecovered && { recovery: { at: fixedNow - 60, by: ['email'] } }) };
}

export function factsIn(world: EnrollingWorld): Facts & { readonly subject: Subject } {
  const { isNew, acrValues, acrEssential } = world;
  const subject = userIn(world);
  const risk = isNew ? { risk: riskOf(['newDevice'], [], riskScoring) } : {};
  return { ...factsOf({ subject, request: { acrValues, acrEssential }, ...risk }), subject };
}
