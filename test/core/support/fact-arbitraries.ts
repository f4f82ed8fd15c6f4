/** Random conditions and facts. Tables by name: a condition or a fact that is missing here does not compile. */

import fc from 'fast-check';
import type {
  AnyAllNone,
  AttributeTest,
  CompiledExpression,
  ConditionName,
  ConditionOf,
  ConditionSet,
  Conditions,
  DateBound,
  ValueTest,
} from '../../../src/core/model/conditions.ts';
import type { Facts, OperatingSystem, Platform, RuleFacts, Subject } from '../../../src/core/model/facts.ts';
import { riskSignals } from '../../../src/core/model/risk.ts';
import { dateSpan } from '../../../src/core/policy/values/date-bound.ts';
import { riskOf } from '../../../src/core/policy/values/risk.ts';
import { type Arbitraries, allEnrollments, enrollments, evidenceOf, request } from './arbitraries.ts';
import { descriptor, fixedNow, type Key, riskScoring, thisTransaction } from './fixtures.ts';
import { waysToProve } from './naive-evaluator.ts';

const keys = Object.keys(descriptor) as Key[];
const proofNames = [...keys, 'phone.sms', 'phone.voice'];
const names = ['a', 'b', 'c'];
const list = fc.subarray(names, { minLength: 1, maxLength: 2 });
const platforms: fc.Arbitrary<Platform> = fc.constantFrom('desktop', 'mobile');
const systems: fc.Arbitrary<OperatingSystem> = fc.constantFrom('linux', 'ios');
const listOf = <Value>(item: fc.Arbitrary<Value>) => fc.array(item, { minLength: 1, maxLength: 2 });
const value = fc.constantFrom('a', 'ab', 3, true, '2027-01-15');
const minute = fc.integer({ min: 0, max: 24 * 60 - 1 });

const ofAnyNone: Arbitraries<ConditionOf<'users' | 'userType' | 'apps'>> = { any: list, none: list };
const ofAnyAllNone: Arbitraries<AnyAllNone> = { any: list, all: list, none: list };
const anyNone = fc.record(ofAnyNone, { requiredKeys: [] });
const anyAllNone = fc.record(ofAnyAllNone, { requiredKeys: [] });

const deviceTests: Arbitraries<ConditionOf<'device'>> = {
  known: fc.boolean(),
  platform: listOf(platforms),
  os: listOf(systems),
  registered: fc.boolean(),
  managed: fc.boolean(),
  assurance: anyAllNone,
};

const timeTests: Arbitraries<ConditionOf<'time'>> = {
  zone: fc.constantFrom('UTC', 'Asia/Kathmandu', 'America/New_York'),
  days: fc.subarray([0, 1, 2, 3, 4, 5, 6], { minLength: 1 }),
  from: minute,
  to: minute,
};

const signals = fc.subarray([...riskSignals], { minLength: 1, maxLength: 2 });
const riskTests: Arbitraries<ConditionOf<'risk'>> = {
  atLeast: fc.constantFrom('medium', 'high'),
  below: fc.constantFrom('medium', 'high'),
  any: signals,
  none: signals,
};

const recoveredTests: Arbitraries<ConditionOf<'recovered'>> = { within: fc.constantFrom(60, 86_400) };

const authenticatedTests: Arbitraries<ConditionOf<'authenticated'>> = {
  any: fc.subarray(proofNames, { minLength: 1, maxLength: 2 }),
  all: fc.subarray(proofNames, { minLength: 1, maxLength: 2 }),
};

const accountAgeTests: Arbitraries<ConditionOf<'accountAge'>> = {
  atLeast: fc.constantFrom(60, 30 * 86_400),
  below: fc.constantFrom(60, 30 * 86_400),
};

const days = ['2026-12-31', '2027-01-15', '2027-06-30'];
const bound: fc.Arbitrary<DateBound> = fc.oneof(
  fc.constantFrom(...days).map((written) => ({ written, from: 0, to: 0, ...dateSpan(written) })),
  fc.constantFrom(0, -30 * 86_400).map((fromNow) => ({ written: 'now', fromNow })),
);

const valueTests: Arbitraries<ValueTest> = {
  equals: value,
  in: listOf(value),
  matches: fc.constantFrom('*', 'a*'),
  atLeast: fc.constantFrom(2, 3),
  above: fc.constantFrom(2, 3),
  atMost: fc.constantFrom(2, 3),
  below: fc.constantFrom(3, 4),
  before: bound,
  after: bound,
};
const valueTest: fc.Arbitrary<ValueTest> = fc
  .tuple(fc.subarray(Object.keys(valueTests) as (keyof ValueTest)[], { maxLength: 2 }), fc.record(valueTests))
  .map(([chosen, all]) => Object.fromEntries(chosen.map((name) => [name, all[name]])));

const attributeTests: Arbitraries<Omit<AttributeTest, keyof ValueTest>> = { present: fc.boolean(), not: valueTest };
export const attributeTest: fc.Arbitrary<AttributeTest> = fc
  .tuple(valueTest, fc.record(attributeTests, { requiredKeys: [] }))
  .map(([test, more]) => ({ ...test, ...more }));

/** About the user, about the time, and one that fails now and then. */
const expressions: readonly CompiledExpression[] = [
  {
    written: 'user',
    aboutUser: true,
    varies: false,
    evaluate: (of) => (of.subject?.groups[0] === 'a' ? 'hit' : 'miss'),
    logic: { text: 'user' },
  },
  {
    written: 'now',
    aboutUser: false,
    varies: true,
    evaluate: ({ now }) => (now % 2 === 0 ? 'hit' : 'miss'),
    logic: { text: 'now' },
  },
  {
    written: 'fails',
    aboutUser: true,
    varies: false,
    evaluate: (of) => (of.subject?.groups.includes('b') ? 'error' : 'miss'),
    logic: { text: 'fails' },
  },
];

/** By name; few values, so that conditions often hold. */
export const conditionArbitraries: { readonly [Name in ConditionName]: fc.Arbitrary<ConditionOf<Name>> } = {
  users: anyNone,
  groups: anyAllNone,
  userType: anyNone,
  network: anyAllNone,
  device: fc.record(deviceTests, { requiredKeys: [] }),
  apps: anyNone,
  scopes: anyAllNone,
  claims: anyAllNone,
  time: fc.record(timeTests, { requiredKeys: ['zone'] }),
  accountAge: fc.record(accountAgeTests, { requiredKeys: [] }),
  lastSignIn: fc.constantFrom<ConditionOf<'lastSignIn'>>({ within: 86_400 }, { notWithin: 30 * 86_400 }),
  risk: fc.record(riskTests, { requiredKeys: [] }),
  distance: fc.constantFrom<ConditionOf<'distance'>>({ within: 100 }, { notWithin: 500 }),
  recovered: fc.record(recoveredTests),
  authenticated: fc.record(authenticatedTests, { requiredKeys: [] }),
  attributes: fc.dictionary(fc.constantFrom(...names), attributeTest, { maxKeys: 2 }),
  expression: fc.constantFrom(...expressions),
};

/** Up to so many conditions, without alternatives. */
const conditionSet = (maxLength: number): fc.Arbitrary<ConditionSet> =>
  fc
    .tuple(
      fc.subarray(Object.keys(conditionArbitraries) as ConditionName[], { maxLength }),
      fc.record(conditionArbitraries),
    )
    .map(([chosen, all]) => Object.fromEntries(chosen.map((name) => [name, all[name]])));

const ofConditions: Arbitraries<Pick<Conditions, 'any'>> = {
  any: fc.array(conditionSet(2), { minLength: 2, maxLength: 3 }),
};

/** Up to three conditions, in one of four cases with alternatives besides. */
export const conditions: fc.Arbitrary<Conditions> = fc.oneof(
  { weight: 3, arbitrary: conditionSet(3) },
  {
    weight: 1,
    arbitrary: fc.tuple(conditionSet(1), fc.record(ofConditions)).map(([set, any]) => ({ ...set, ...any })),
  },
);

const recoveryArbitraries: Arbitraries<NonNullable<Subject['recovery']>> = {
  at: fc.constantFrom(fixedNow - 3600, fixedNow),
  by: fc.subarray([...keys]),
};

const subjectArbitraries: Arbitraries<Subject> = {
  id: fc.constantFrom('a', 'ann'),
  status: fc.constant('active' as const),
  identifiers: fc.subarray(names, { maxLength: 1 }),
  groups: fc.subarray(names),
  userType: fc.constantFrom(...names),
  profile: fc.dictionary(fc.constantFrom(...names), fc.oneof(value, fc.array(value, { maxLength: 2 }))),
  enrollments: enrollments(3),
  createdAt: fc.constantFrom(fixedNow - 3600, fixedNow - 365 * 86_400),
  recovery: fc.record(recoveryArbitraries),
  acceptedTerms: fc.dictionary(fc.constantFrom(...names), fc.constantFrom('1', '2')),
  offeredAttributes: fc.subarray(names),
  consents: fc.dictionary(
    fc.constantFrom('app', 'other'),
    fc.record({ granted: fc.subarray(['openid', ...names]), rejected: fc.subarray(names) }),
  ),
  deletionDueAt: fc.constant(fixedNow + 86_400),
  skipped: fc.dictionary(fc.constantFrom(...keys), fc.constant({ grace: { count: 1, at: fixedNow - 60 } })),
};

const subject: fc.Arbitrary<Subject> = fc.record(subjectArbitraries, {
  requiredKeys: ['id', 'status', 'identifiers', 'groups', 'profile', 'enrollments'],
});

const remembered = fc
  .tuple(fc.constantFrom(...allEnrollments), fc.integer({ min: 0, max: 2 }))
  .map(([enrollment, way]) => {
    const { id, authenticator, factors, characteristics: best } = enrollment;
    const method = waysToProve(enrollment)[way];
    const proved = {
      authenticator,
      enrollment: id,
      factors,
      characteristics: best,
      at: fixedNow - 3600,
      until: fixedNow + 3600,
    };
    return { ...proved, ...(method !== undefined && { method }) };
  });

const transactionArbitraries: Arbitraries<NonNullable<Facts['transaction']>> = {
  id: fc.constant(thisTransaction),
  startedAt: fc.constant(fixedNow - 60),
  skipped: list,
  requestedEnrollment: fc.constantFrom(...keys),
  recovering: fc.constant(true as const),
  consented: fc.constant(true as const),
  accountSelected: fc.constant(true as const),
  deletionAcknowledged: fc.constant(true as const),
};

const deviceArbitraries: Arbitraries<Facts['device']> = {
  known: fc.boolean(),
  platform: platforms,
  os: systems,
  registered: fc.constant(true as const),
  managed: fc.constant(true as const),
  assurances: fc.subarray(names),
  lastUsed: fc.subarray(keys, { maxLength: 2 }),
  remembered: fc.array(remembered, { maxLength: 2 }),
};

const networkArbitraries: Arbitraries<Facts['network']> = {
  ip: fc.constant('192.0.2.1'),
  isUnknown: fc.constant(true as const),
  zones: fc.subarray(names),
  unknownZones: fc.constant(['c']),
};

/** By name, without what no condition reads. */
export const factArbitraries: Arbitraries<Omit<Facts, 'isLastSignInAssumed'>> = {
  now: fc.integer({ min: fixedNow, max: fixedNow + 365 * 86_400 }),
  transaction: fc.record(transactionArbitraries, { requiredKeys: ['id', 'startedAt'] }),
  // Its other members are drawn by `request`, each of them.
  request: fc
    .tuple(request, fc.constantFrom(...names), fc.subarray(names), fc.subarray(names))
    .map(([asked, clientId, scopes, essentialClaims]) => ({ ...asked, clientId, scopes, essentialClaims })),
  network: fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .record(networkArbitraries, { requiredKeys: ['ip', 'zones'] })
        .map(({ unknownZones: _zones, isUnknown: _address, ...known }) => known),
    },
    {
      weight: 1,
      arbitrary: fc
        .record(networkArbitraries)
        .map((network) => ({ ...network, zones: network.zones.filter((zone) => zone !== 'c') })),
    },
  ),
  device: fc
    .record(deviceArbitraries, { requiredKeys: ['known', 'platform', 'os'] })
    // A managed device is a registered one.
    .map((device) => ({ ...device, ...(device.managed && { registered: true as const }) })),
  keepSignedIn: fc.boolean(),
  lastSignIn: fc.constantFrom(fixedNow - 3600, fixedNow - 90 * 86_400),
  risk: fc
    .tuple(fc.subarray([...riskSignals], { maxLength: 3 }), fc.subarray(['newCountry', 'impossibleTravel'] as const))
    .map(([unusual, unknown]) => riskOf(unusual, unusual.length > 2 ? unknown : [], riskScoring)),
  distance: fc.constantFrom<NonNullable<Facts['distance']>>(0, 200, 6000, 'nowhere', 'unknown'),
  subject,
  evidence: fc.array(evidenceOf(allEnrollments), { maxLength: 3 }),
};

/** Facts of a user who has identified. */
export const facts: fc.Arbitrary<Facts & { readonly subject: Subject }> = fc.record(factArbitraries, {
  requiredKeys: ['now', 'request', 'network', 'device', 'subject', 'evidence'],
});

/** The same once the user has signed in: no condition is unknown any more. */
export const factsAfterSignIn: fc.Arbitrary<RuleFacts & { readonly subject: Subject }> = fc
  .tuple(facts, fc.subarray([...proofNames]))
  .map(([known, proved]) => ({
    ...known,
    signedInWith: [...new Set(proved.flatMap((name) => [name, name.split('.')[0] ?? name]))],
  }));
