/** Comparing what requirements demand, against evidence of every kind. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { evidenceBetween, impliesAll } from '../../../../src/core/analysis/proofs/strictness.ts';
import { type AssessedEvidence, meetsRequirement } from '../../../../src/core/evidence/requirement.ts';
import type { AuthenticatorDescriptor, Characteristic } from '../../../../src/core/model/facts.ts';
import { omitUndefined } from '../../../../src/core/model/omit-undefined.ts';
import type { Alternative, ChainStep, Demand, Requirement } from '../../../../src/core/model/policy.ts';
import { allEnrollments, requirement, verificationOf } from '../../support/arbitraries.ts';
import { descriptor } from '../../support/fixtures.ts';
import { enough, seeded } from '../../support/seeded.ts';

const proofs = { authenticators: Object.values(descriptor) };

const evidence: fc.Arbitrary<AssessedEvidence> = fc
  .record({
    enrollment: fc.constantFrom(...allEnrollments),
    lesser: fc.boolean(),
    age: fc.constantFrom<number | 'now'>('now', 0, 60, 61, 300, 3600, 99_999),
    longestPause: fc.constantFrom(0, 60, 61, 300, 301, 3600),
  })
  .map(({ enrollment, lesser, age, longestPause }) => ({
    ...verificationOf(enrollment, lesser),
    authenticator: enrollment.authenticator,
    enrollment: enrollment.id,
    age,
    // No pause since the proof is longer than it is old.
    longestPause: age === 'now' ? 0 : Math.min(longestPause, age),
    ...(enrollment.authenticator === 'security_question' && { auxiliary: true as const }),
  }));

test('no evidence refutes a claimed consequence', () => {
  let implied = 0;
  fc.assert(
    fc.property(
      requirement,
      requirement,
      fc.array(fc.array(evidence, { maxLength: 4 }), { minLength: 30, maxLength: 30 }),
      (premise, conclusion, sets) => {
        if (impliesAll([premise], [conclusion], proofs) !== 'holds') return;
        implied += 1;
        for (const set of sets)
          if (meetsRequirement(premise, set)) expect(meetsRequirement(conclusion, set)).toBe(true);
      },
    ),
    seeded(600),
  );
  expect(implied).toBeGreaterThan(enough(5));
});

test('a demand that the weakest proof is not made to meet proves no more than that proof', () => {
  // No configuration has such an age. It stands for any demand that the analysis was not taught.
  const untaught = { anyOf: [{ factors: 1 as const, demands: [{ authenticators: ['password'], maxAge: -1 }] }] };
  const strong = {
    anyOf: [{ factors: 2 as const, demands: [{ characteristics: ['phishingResistant' as const] }] }],
  };
  const password: Requirement = { anyOf: [{ factors: 1, demands: [{ authenticators: ['password'] }] }] };
  expect(impliesAll([untaught], [strong], proofs)).toBe('undecided');
  expect(impliesAll([{ anyOf: [...strong.anyOf, ...untaught.anyOf] }], [strong], proofs)).toBe('undecided');
  expect(impliesAll([untaught], [password], proofs)).toBe('holds');
  expect(impliesAll([password], [untaught], proofs)).toBe('refuted');
  expect(evidenceBetween([untaught], strong, proofs)).toBe('undecided');
});

test('evidence between two requirements meets the one and not the other', () => {
  let found = 0;
  fc.assert(
    fc.property(requirement, requirement, (met, unmet) => {
      const set = evidenceBetween([met], unmet, proofs);
      expect(impliesAll([met], [unmet], proofs)).toBe(set === undefined ? 'holds' : 'refuted');
      if (typeof set !== 'object') return;
      found += 1;
      expect([meetsRequirement(met, set), meetsRequirement(unmet, set)]).toEqual([true, false]);
    }),
    seeded(300),
  );
  expect(found).toBeGreaterThan(enough(50));
});

const alternative = (maxIdle?: number) => ({
  anyOf: [{ factors: 1 as const, demands: [{ factor: 'possession' as const, ...(maxIdle && { maxIdle }) }] }],
});

test('a proof without a limit of pauses may be from before one', () => {
  expect(impliesAll([alternative()], [alternative(60)], proofs)).toBe('refuted');
  expect(evidenceBetween([alternative()], alternative(60), proofs)).toBeDefined();
  expect(impliesAll([alternative(60)], [alternative()], proofs)).toBe('holds');
});

test('no proof is older, and no session is longer without activity, than the limits say', () => {
  const young = { anyOf: [{ factors: 1 as const, demands: [{ factor: 'possession' as const, maxAge: 300 }] }] };
  expect(impliesAll([alternative()], [alternative(60)], { ...proofs, longestPause: 60 })).toBe('holds');
  expect(impliesAll([alternative()], [alternative(60)], { ...proofs, longestPause: 61 })).toBe('refuted');
  expect(impliesAll([alternative()], [young], { ...proofs, oldest: 300 })).toBe('holds');
  expect(impliesAll([alternative()], [young], { ...proofs, oldest: 301 })).toBe('refuted');
});

const webauthn: AuthenticatorDescriptor = {
  ...descriptor.webauthn,
  characteristics: [...descriptor.webauthn.characteristics, 'hardwareProtected'],
};
const able: readonly AuthenticatorDescriptor[] = [descriptor.password, descriptor.totp, descriptor.email, webauthn];

/** What keys differ in: one that hardware protects is bound to its device. */
const lacking: readonly (readonly Characteristic[])[] = [
  [],
  ['hardwareProtected'],
  ['deviceBound', 'hardwareProtected'],
  ['userVerification'],
  ['userVerification', 'hardwareProtected'],
  ['userVerification', 'deviceBound', 'hardwareProtected'],
];

const ages = [
  { age: 0, longestPause: 0 },
  { age: 5000, longestPause: 0 },
  { age: 5000, longestPause: 5000 },
];

/** All that a verification may show, young and old, without a pause or after a long one. */
const everyProof: readonly AssessedEvidence[] = able.flatMap(({ key, factors, characteristics }) =>
  (key === 'webauthn' ? lacking : [[]]).flatMap((lacks) =>
    ages.map((age) => ({
      ...{ authenticator: key, enrollment: key, ...age },
      factors: lacks.some((characteristic) => characteristic === 'userVerification')
        ? (['possession'] as const)
        : factors,
      characteristics: characteristics.filter((characteristic) => !lacks.some((lack) => lack === characteristic)),
    })),
  ),
);

function subsetsOf(all: readonly AssessedEvidence[], most: number): readonly (readonly AssessedEvidence[])[] {
  const [first, ...rest] = all;
  if (first === undefined || most === 0) return [[]];
  return [...subsetsOf(rest, most), ...subsetsOf(rest, most - 1).map((set) => [first, ...set])];
}

const rarely = <Value>(value: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
const keys = able.map(({ key }) => key);
const few: readonly (readonly Characteristic[])[] = webauthn.characteristics.map((characteristic) => [characteristic]);
const plainDemand: fc.Arbitrary<Demand> = fc
  .record({
    factor: rarely(fc.constantFrom('knowledge', 'possession', 'inherence')),
    authenticators: fc.constantFrom(undefined, ...keys.map((key) => [key]), keys.slice(0, 2), keys.slice(2)),
    exclude: rarely(fc.constantFrom(...keys.map((key) => [key]))),
    characteristics: fc.constantFrom(undefined, ...few, webauthn.characteristics.slice(1, 4)),
    maxAge: rarely(fc.constant(3600)),
    maxIdle: rarely(fc.constant(3600)),
  })
  .map((members) => omitUndefined(members) as Demand);
/** No alternative takes more than two proofs. */
const alternativeOf = (factors: 1 | 2, maxLength: number): fc.Arbitrary<Alternative> =>
  fc.record({ factors: fc.constant(factors), demands: fc.array(plainDemand, { maxLength }) });
const plainRequirement: fc.Arbitrary<Requirement> = fc.record({
  anyOf: fc.array(fc.oneof(alternativeOf(1, 2), alternativeOf(2, 1)), { minLength: 1, maxLength: 2 }),
});

test('of all sets of proofs, none or one that is shown refutes that something follows', () => {
  const sets = subsetsOf(everyProof, 2);
  let [implied, refuted] = [0, 0];
  fc.assert(
    fc.property(plainRequirement, plainRequirement, (premise, conclusion) => {
      const isRefuted = sets.some((set) => meetsRequirement(premise, set) && !meetsRequirement(conclusion, set));
      expect(impliesAll([premise], [conclusion], { authenticators: able })).toBe(isRefuted ? 'refuted' : 'holds');
      const shown = evidenceBetween([premise], conclusion, { authenticators: able });
      expect(shown !== undefined).toBe(isRefuted);
      const canBeMet = sets.some((set) => meetsRequirement(premise, set));
      if (isRefuted) refuted += 1;
      else if (canBeMet) implied += 1;
      for (const proof of typeof shown === 'object' ? shown : [])
        expect(everyProof).toContainEqual(expect.objectContaining(shownBy(proof)));
    }),
    seeded(2000),
  );
  expect(Math.min(implied, refuted)).toBeGreaterThan(enough(100));
});

function shownBy({ authenticator, factors, characteristics }: AssessedEvidence): Partial<AssessedEvidence> {
  return { authenticator, factors, characteristics };
}

/** Two enrollments of each, young and old, of which keys may fail to verify their users. */
const passkey: AuthenticatorDescriptor = {
  ...descriptor.webauthn,
  characteristics: ['userPresence', 'userVerification', 'phishingResistant'],
};
const enrolledTwice: readonly AuthenticatorDescriptor[] = [descriptor.password, descriptor.totp, passkey];
const twice: readonly AssessedEvidence[] = enrolledTwice.flatMap(({ key: authenticator, factors, characteristics }) =>
  ['1', '2'].flatMap((number) =>
    [0, 5000].flatMap((age) => {
      const proof = { authenticator, enrollment: `${authenticator} ${number}`, age, longestPause: age };
      const lesser = characteristics.filter((characteristic) => characteristic !== 'userVerification');
      return [
        { ...proof, factors, characteristics },
        ...(authenticator === 'webauthn'
          ? [{ ...proof, factors: ['possession' as const], characteristics: lesser }]
          : []),
      ];
    }),
  ),
);

const chainStep: fc.Arbitrary<ChainStep> = fc
  .record({
    authenticators: fc.constantFrom<readonly string[]>(
      ['totp'],
      ['webauthn'],
      ['password'],
      ['totp', 'webauthn'],
      ['password', 'totp', 'webauthn'],
    ),
    characteristics: rarely(fc.constant<readonly Characteristic[]>(['userVerification'])),
    maxAge: rarely(fc.constant(3600)),
  })
  .map((members) => omitUndefined(members) as ChainStep);
const chains = (maxLength: number): fc.Arbitrary<Requirement> =>
  fc.record({ chains: fc.array(fc.array(chainStep, { minLength: 1, maxLength }), { minLength: 1, maxLength: 2 }) });
const twoFactors: Requirement = { anyOf: [{ factors: 2, demands: [] }] };
const beside: fc.Arbitrary<readonly Requirement[]> = fc.oneof(
  fc.constant([]),
  fc.constant([twoFactors]),
  chainStep.map((demand) => [{ anyOf: [{ factors: 1 as const, demands: [demand] }] }]),
  chains(1).map((chained) => [chained]),
);

test('of all sets of proofs by several enrollments, none or one that is shown refutes that something follows', () => {
  // What follows from three proofs and one more is refuted by four at most.
  const sets = subsetsOf(twice, 4);
  const found = { holds: 0, refuted: 0, undecided: 0 };
  fc.assert(
    fc.property(chains(2), beside, fc.oneof(chains(3), plainRequirement), (premise, others, conclusion) => {
      const premises = [premise, ...others];
      const meets = (set: readonly AssessedEvidence[]) => premises.every((each) => meetsRequirement(each, set));
      const isRefuted = sets.some((set) => !meetsRequirement(conclusion, set) && meets(set));
      expect(impliesAll(premises, [conclusion], { authenticators: enrolledTwice })).toBe(
        isRefuted ? 'refuted' : 'holds',
      );
      found[isRefuted ? 'refuted' : 'holds'] += 1;
      const shown = evidenceBetween(premises, conclusion, { authenticators: enrolledTwice });
      expect(typeof shown === 'object').toBe(isRefuted);
      if (typeof shown === 'object') expect([meets(shown), meetsRequirement(conclusion, shown)]).toEqual([true, false]);
    }),
    seeded(300),
  );
  expect(Math.min(found.holds, found.refuted)).toBeGreaterThan(enough(30));
});
