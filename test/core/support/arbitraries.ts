/** Random policies, enrollments and evidence for the properties. */

import fc from 'fast-check';
import type { Characteristic, Enrollment, Evidence, Factor, RequestFacts } from '../../../src/core/model/facts.ts';
import { omitUndefined } from '../../../src/core/model/omit-undefined.ts';
import type { Alternative, ChainStep, Demand, Requirement } from '../../../src/core/model/policy.ts';
import { acrLevels, descriptor, enrolled, fixedNow, type Key, proof, thisTransaction } from './fixtures.ts';
import { waysToProve } from './naive-evaluator.ts';

const keys = Object.keys(descriptor) as Key[];
/** What a policy may call a proof. */
const names: readonly string[] = [...keys, 'phone.sms', 'phone.voice', 'email.code', 'email.link'];
const someNames = (maxLength: number): fc.Arbitrary<readonly string[]> =>
  fc.oneof(
    { weight: 2, arbitrary: fc.subarray<string>([...keys], { minLength: 1, maxLength }) },
    { weight: 1, arbitrary: fc.subarray([...names], { minLength: 1, maxLength: maxLength + 1 }) },
  );
const [totp, phone] = enrolled('totp', 'phone');
if (totp === undefined || phone === undefined) throw new Error('no totp and no phone');

/**
 * Everything that a user may have: one enrollment of each authenticator, a key without user verification, a second
 * TOTP, a phone that only takes calls.
 */
export const allEnrollments: readonly Enrollment[] = [
  ...enrolled(...keys, 'key'),
  { ...totp, id: 'totp2' },
  { ...phone, id: 'landline', methods: ['voice'] },
];

/**
 * One arbitrary for each member, optional ones and those of members included: one that is left out does not compile.
 */
export type Arbitraries<Members> = {
  readonly [Name in keyof Required<Members>]: fc.Arbitrary<NonNullable<Members[Name]>>;
};

/** The same, where an arbitrary also says how often the member is absent. */
type OptionalArbitraries<Members> = {
  readonly [Name in keyof Required<Members>]: fc.Arbitrary<Members[Name] | undefined>;
};

const factor = fc.constantFrom<Factor>('knowledge', 'possession', 'inherence');
const characteristics = fc.subarray<Characteristic>(['userVerification', 'phishingResistant', 'deviceBound'], {
  minLength: 1,
  maxLength: 2,
});
const maxAge = fc.constantFrom(0, 60, 300, 3600);
const maxIdle = fc.constantFrom(60, 300);
const some = <Value>(value: fc.Arbitrary<Value>, freq = 2) => fc.option(value, { nil: undefined, freq });
/** With a `freq` of one, `fc.option` would never draw it. */
const rarely = <Value>(value: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });

const demandMembers: OptionalArbitraries<Demand> = {
  factor: some(factor, 3),
  authenticators: rarely(someNames(3)),
  exclude: rarely(someNames(2)),
  characteristics: rarely(characteristics),
  maxAge: rarely(maxAge),
  maxIdle: rarely(maxIdle),
};

const demand: fc.Arbitrary<Demand> = fc.record(demandMembers).map((members) => omitUndefined(members) as Demand);

const alternativeMembers: OptionalArbitraries<Alternative> = {
  factors: fc.constantFrom<1 | 2 | 3>(1, 1, 2, 2, 3),
  demands: fc.array(demand, { maxLength: 2 }),
  maxAge: rarely(maxAge),
};

const alternative: fc.Arbitrary<Alternative> = fc
  .record(alternativeMembers)
  .map((members) => omitUndefined(members) as Alternative);

const chainStepMembers: OptionalArbitraries<ChainStep> = {
  authenticators: someNames(3),
  characteristics: rarely(characteristics),
  maxAge: rarely(maxAge),
  maxIdle: rarely(maxIdle),
};

const chainStep: fc.Arbitrary<ChainStep> = fc
  .record(chainStepMembers)
  .map((members) => omitUndefined(members) as ChainStep);

export const alternatives: fc.Arbitrary<Requirement> = fc.record({
  anyOf: fc.array(alternative, { minLength: 1, maxLength: 2 }),
});

export const chains: fc.Arbitrary<Requirement> = fc.record({
  chains: fc.array(fc.array(chainStep, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 2 }),
});

export const requirement: fc.Arbitrary<Requirement> = fc.oneof(
  { weight: 4, arbitrary: alternatives },
  { weight: 1, arbitrary: chains },
);

/** Consent and the choice of an account have tests of their own. */
type DrawnRequest = Omit<
  RequestFacts,
  'clientId' | 'scopes' | 'essentialClaims' | 'claims' | 'promptConsent' | 'promptSelectAccount'
>;

const requestMembers: OptionalArbitraries<DrawnRequest> = {
  maxAge: rarely(maxAge),
  promptLogin: fc.constantFrom(false, false, false, true),
  acrValues: fc.subarray(['gold', 'phr', '2fa', 'pwd', '1fa']),
  acrEssential: fc.boolean(),
};

export const request: fc.Arbitrary<DrawnRequest> = fc
  .record(requestMembers)
  .map((members) => omitUndefined(members) as DrawnRequest);

/** What one verification of an enrollment may show: its best, or less for a key. */
export function verificationOf(enrollment: Enrollment, lesser: boolean): Pick<Evidence, 'factors' | 'characteristics'> {
  const { factors, characteristics: best } = enrollment;
  if (!lesser || enrollment.authenticator !== 'webauthn') return { factors, characteristics: best };
  return {
    factors: ['possession'],
    characteristics: best.filter((characteristic) => characteristic !== 'userVerification'),
  };
}

/** Undefined: the record does not say. */
export function withMethod({ method: _, ...evidence }: Evidence, method: string | undefined): Evidence {
  return { ...evidence, ...(method !== undefined && { method }) };
}

export const evidenceOf = (owned: readonly Enrollment[]): fc.Arbitrary<Evidence> =>
  fc
    .record({
      enrollment: fc.constantFrom(...owned),
      age: fc.constantFrom(-30, 0, 30, 60, 200, 300, 301, 1000, 5000),
      transaction: fc.constantFrom(thisTransaction, 'tx-1', 'tx-2'),
      lesser: fc.boolean(),
      longestPause: fc.option(fc.constantFrom(0, 60, 61, 301), { nil: undefined }),
      way: fc.integer({ min: 0, max: 3 }),
    })
    .map(({ enrollment, age, transaction, lesser, longestPause, way }) => ({
      ...withMethod(proof(enrollment.authenticator as Key, 0), waysToProve(enrollment)[way]),
      ...verificationOf(enrollment, lesser),
      enrollment: enrollment.id,
      at: fixedNow - age,
      transaction,
      ...(longestPause !== undefined && { longestPause }),
    }));

export const enrollments = (maxLength: number) => fc.subarray([...allEnrollments], { minLength: 1, maxLength });

/** Requirements of session and app, enrollments of the user, and evidence. */
export const world = (sizes: {
  readonly requirement: fc.Arbitrary<Requirement>;
  readonly enrollments: number;
  readonly evidence: number;
}) =>
  enrollments(sizes.enrollments).chain((has) =>
    fc.record({
      session: sizes.requirement,
      app: sizes.requirement,
      minimumAcr: rarely(fc.constantFrom(...acrLevels.map(({ value }) => value))),
      disabled: fc.oneof(
        { weight: 3, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.subarray(keys, { maxLength: 3 }) },
      ),
      has: fc.constant(has),
      evidence: fc.array(evidenceOf(has), { maxLength: sizes.evidence }),
      request,
    }),
  );

export type World = typeof world extends (...args: never[]) => fc.Arbitrary<infer Value> ? Value : never;
