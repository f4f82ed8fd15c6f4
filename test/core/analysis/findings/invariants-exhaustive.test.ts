/** In a small universe, every sign-in with every set of proofs is tried: the invariants come to the same. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { examineInvariant, type Invariant, type Violation } from '../../../../src/core/analysis/findings/invariants.ts';
import type { Guarantee } from '../../../../src/core/analysis/proofs/demand-verdict.ts';
import { factsWith } from '../../../../src/core/analysis/proofs/proving-user.ts';
import { isSignInDenied } from '../../../../src/core/analysis/simulation/simulated-outcome.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import { evaluate } from '../../../../src/core/decision/evaluate.ts';
import { type AssessedEvidence, meetsRequirement } from '../../../../src/core/evidence/requirement.ts';
import type { ConditionOf, Conditions } from '../../../../src/core/model/conditions.ts';
import type { AuthenticatorDescriptor, Characteristic, Evidence, Facts } from '../../../../src/core/model/facts.ts';
import { omitUndefined } from '../../../../src/core/model/omit-undefined.ts';
import type { Alternative, Demand, Requirement, Rule, RuleHead } from '../../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { findRule } from '../../../../src/core/policy/rules/rules.ts';
import { type UserFacts, withProof } from '../../../../src/core/policy/theories/theory.ts';
import { riskOf } from '../../../../src/core/policy/values/risk.ts';
import { descriptor, factsOf, fixedNow, riskScoring, userWith } from '../../support/fixtures.ts';
import { enough, seeded } from '../../support/seeded.ts';
import { universe } from '../../support/universe.ts';

const keys = ['password', 'email', 'totp', 'webauthn'] as const;
const webauthn: AuthenticatorDescriptor = {
  ...descriptor.webauthn,
  characteristics: [...descriptor.webauthn.characteristics, 'hardwareProtected'],
};
const authenticators: readonly AuthenticatorDescriptor[] = keys.map((key) =>
  key === 'webauthn' ? webauthn : descriptor[key],
);
const places = [
  { ip: '203.0.113.7', zones: [] },
  { ip: '192.0.2.1', zones: ['office'] },
];
const browser = { platform: 'desktop', os: 'windows' } as const;
/** A browser that the account does not know is unusual, and a known one may be somewhere else. */
const pasts: readonly Pick<Facts, 'device' | 'risk'>[] = [
  { device: { known: true, ...browser }, risk: riskOf([], [], riskScoring) },
  { device: { known: true, ...browser }, risk: riskOf(['newNetwork', 'impossibleTravel'], [], riskScoring) },
  { device: { known: false, ...browser }, risk: riskOf(['newDevice'], [], riskScoring) },
  { device: { known: false, ...browser }, risk: riskOf(['newDevice', 'newNetwork', 'newCountry'], [], riskScoring) },
];
const everywhere: readonly UserFacts[] = [[], ['a'], ['b'], ['a', 'b']].flatMap((memberOf) =>
  places.flatMap((network) =>
    pasts.map((past) => {
      const subject = userWith([...keys], { groups: memberOf });
      return { ...factsOf({ network, ...past }), subject };
    }),
  ),
);

/** What keys differ in: one that hardware protects is bound to its device. */
const lacking: readonly (readonly Characteristic[])[] = [
  ['userVerification', 'deviceBound', 'hardwareProtected'],
  ['userVerification', 'hardwareProtected'],
  ['userVerification'],
  ['deviceBound', 'hardwareProtected'],
  ['hardwareProtected'],
];

/** Proofs of two ages, and of all kinds of passkeys. */
const proofs: readonly Evidence[] = authenticators.flatMap(({ key, factors, characteristics }) => {
  const of = { authenticator: key, enrollment: key, subject: 'alice', amr: [], origin: 'sign_in' as const };
  const young = { ...of, factors, characteristics, at: fixedNow, transaction: 'earlier' };
  const old = { ...young, at: fixedNow - 3000 };
  if (key !== 'webauthn') return [young, old];
  const lesser = lacking.map((lacks) => ({
    ...old,
    factors: lacks.includes('userVerification') ? (['possession'] as const) : factors,
    characteristics: characteristics.filter((characteristic) => !lacks.includes(characteristic)),
  }));
  return [young, old, ...lesser];
});
const sets = subsetsOf(proofs, 2);

function subsetsOf(all: readonly Evidence[], most: number): readonly (readonly Evidence[])[] {
  const [first, ...rest] = all;
  if (first === undefined || most === 0) return [[]];
  return [...subsetsOf(rest, most), ...subsetsOf(rest, most - 1).map((set) => [first, ...set])];
}

const some = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 2 });
const demand: fc.Arbitrary<Demand> = fc
  .record({
    factor: some(fc.constantFrom('knowledge', 'possession', 'inherence')),
    authenticators: some(fc.subarray([...keys], { minLength: 1, maxLength: 2 })),
    exclude: some(fc.subarray([...keys], { minLength: 1, maxLength: 1 })),
    characteristics: some(fc.subarray([...webauthn.characteristics], { minLength: 1, maxLength: 3 })),
    maxAge: some(fc.constantFrom(60, 3600)),
  })
  .map((members) => omitUndefined(members) as Demand);
const alternative: fc.Arbitrary<Alternative> = fc.record({
  factors: fc.constantFrom(1, 1, 2),
  demands: fc.array(demand, { maxLength: 2 }),
});
const requirement: fc.Arbitrary<Requirement> = fc.record({
  anyOf: fc.array(alternative, { minLength: 1, maxLength: 2 }),
});
const groups = fc.subarray(['a', 'b'], { minLength: 1 });
const conditions: fc.Arbitrary<Conditions> = fc.record(
  {
    groups: fc.oneof(fc.record({ any: groups }), fc.record({ none: groups })),
    network: fc.constantFrom({ any: ['office'] }, { none: ['office'] }),
    device: fc.record({ known: fc.boolean() }),
    risk: fc.constantFrom<ConditionOf<'risk'>>({ atLeast: 'high' }, { below: 'medium' }, { none: ['newDevice'] }),
  },
  { requiredKeys: [] },
);
const then: fc.Arbitrary<Rule['then']> = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ kind: 'deny' as const }) },
  {
    weight: 4,
    arbitrary: fc
      .record({ requirement, remember: some(fc.constant(3600)) })
      .map((terms): Rule['then'] => ({ kind: 'allow', ...(omitUndefined(terms) as { requirement: Requirement }) })),
  },
);
const guarantee: fc.Arbitrary<Guarantee> = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ kind: 'refused' as const }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('proves' as const), requirement }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('without' as const),
      authenticators: fc.subarray([...keys], { minLength: 1, maxLength: 2 }),
    }),
  },
);

const drawn = fc.record({
  rules: fc.array(fc.record({ when: conditions, then }), { minLength: 1, maxLength: 3 }),
  disabled: fc.subarray([...keys], { maxLength: 2 }),
  invariant: fc.record({ when: conditions, guarantee }),
});

function policiesFor(rules: readonly Omit<Rule, 'name'>[], disabled: readonly string[]): PolicySet {
  const named = rules.map((rule, at) => ({ ...rule, name: String(at) }));
  const limits = { idle: 600, absolute: 3000 };
  const requirement1: Requirement = { anyOf: [{ factors: 1, demands: [] }] };
  const session: Rule = { name: 's', when: {}, then: { kind: 'allow', requirement: requirement1, session: limits } };
  const terms = { required: [], optional: [], promoted: [] };
  return {
    session: compilePolicy({ name: 'session', rules: [session] }),
    app: compilePolicy({ name: 'app', rules: named }),
    enrollment: compilePolicy({
      name: 'enrollment',
      rules: [
        { name: 'office', when: { network: { any: ['office'] } }, then: { ...terms, disabled } },
        { name: 'rest', when: {}, then: { ...terms, disabled: [] } },
      ],
    }),
    acrLevels: [],
    authenticators,
  };
}

function examined(policies: PolicySet, invariant: Invariant) {
  const { session, app, enrollment } = policies;
  const rules: readonly { readonly rule: RuleHead }[] = [
    ...session.rules,
    ...(app?.rules ?? []),
    ...(enrollment?.rules ?? []),
  ];
  const space = ruleSpace([...rules.map(({ rule }) => rule.when), invariant.when], universe({ places }));
  return examineInvariant(invariant, { policies, space });
}

function memories(policies: PolicySet): readonly (readonly string[])[] {
  const remembers = policies.app?.rules.some(
    ({ rule: { then: outcome } }) => outcome.kind === 'allow' && outcome.remember,
  );
  return remembers ? [[], ['email'], ['totp'], ['webauthn']] : [[]];
}

function admits(policies: PolicySet, facts: Facts, evidence: readonly Evidence[], memory: readonly string[]): boolean {
  const remembered = authenticators
    .filter(({ key }) => memory.includes(key))
    .map(({ key, factors, characteristics }) => {
      return { authenticator: key, enrollment: key, factors, characteristics, at: fixedNow - 10, until: fixedNow + 10 };
    });
  return evaluate(policies, { ...facts, evidence, device: { ...facts.device, remembered } }).kind === 'allow';
}

function assessed(evidence: readonly Evidence[]): readonly AssessedEvidence[] {
  return evidence.map((proof) => ({ ...proof, age: fixedNow - proof.at }));
}

/** The past of the account counts from the first proof on. */
function describedBy(when: Conditions): (facts: UserFacts) => boolean {
  const scope = compilePolicy({ name: 'scope', rules: [{ name: 'scope', when }] });
  return (facts) => findRule(scope, withProof(facts)).rule !== undefined;
}

/** Whether some sign-in in the universe breaks the guarantee. */
function isBroken(policies: PolicySet, { when, guarantee: shall }: Invariant): boolean {
  return everywhere.filter(describedBy(when)).some((facts) => {
    return memories(policies).some((memory) =>
      sets.some((set) => {
        if (!admits(policies, facts, set, memory)) return false;
        if (shall.kind === 'proves') return !meetsRequirement(shall.requirement, assessed(set));
        if (shall.kind !== 'without') return true;
        const rest = set.filter(({ authenticator }) => !shall.authenticators.includes(authenticator));
        return !admits(policies, facts, rest, memory);
      }),
    );
  });
}

/** The evaluator lets the user in whom the violation shows, with what breaks the guarantee. */
function isReplayed({ facts, proved }: Violation, policies: PolicySet, { guarantee: shall }: Invariant): boolean {
  if (proved === undefined || evaluate(policies, factsWith(proved, facts, authenticators)).kind !== 'allow')
    return false;
  return shall.kind !== 'proves' || !meetsRequirement(shall.requirement, proved.evidence);
}

test('an invariant is broken somewhere exactly if it is refuted', () => {
  const counts = { holds: 0, refuted: 0, empty: 0, undecided: 0 };
  fc.assert(
    fc.property(drawn, ({ rules, disabled, invariant: { when, guarantee: shall } }) => {
      const policies = policiesFor([...rules, { when: {}, then: { kind: 'deny' } }], disabled);
      const invariant: Invariant = { name: 'i', when, guarantee: shall };
      const verdict = examined(policies, invariant);
      counts[verdict.kind] += 1;
      const broken = isBroken(policies, invariant);
      if (verdict.kind === 'refuted') {
        for (const violation of verdict.violations) expect(isReplayed(violation, policies, invariant)).toBe(true);
      } else if (verdict.kind !== 'undecided') expect(broken).toBe(false);
    }),
    seeded(140),
  );
  expect(counts.holds).toBeGreaterThan(enough(15));
  expect(counts.refuted).toBeGreaterThan(enough(5));
  expect(counts.undecided).toBeLessThan(4);
});

test('that users are let in is refuted exactly where one with every authenticator is denied', () => {
  let proved = 0;
  fc.assert(
    fc.property(drawn, ({ rules, invariant: { when } }) => {
      const one: Rule['then'] = { kind: 'allow', requirement: { anyOf: [{ factors: 1, demands: [] }] } };
      const policies = policiesFor([...rules, { when: {}, then: one }], []);
      const verdict = examined(policies, { name: 'i', when, guarantee: { kind: 'admitted' } });
      const isDenied = everywhere.filter(describedBy(when)).some((facts) => isSignInDenied(policies, facts, keys));
      expect(verdict.kind === 'refuted').toBe(isDenied);
      if (verdict.kind === 'refuted')
        for (const { facts } of verdict.violations) expect(isSignInDenied(policies, facts, keys)).toBe(true);
      if (verdict.kind === 'holds') proved += 1;
    }),
    seeded(150),
  );
  expect(proved).toBeGreaterThan(enough(20));
});
