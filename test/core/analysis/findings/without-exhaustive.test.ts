/**
 * "Never by these authenticators", compared with brute force: every set of proofs in every browser of a small universe
 * is put to the evaluator, with the authenticators and without them.
 */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { examineInvariant, type Violation } from '../../../../src/core/analysis/findings/invariants.ts';
import { factsWith } from '../../../../src/core/analysis/proofs/proving-user.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import { evaluate } from '../../../../src/core/decision/evaluate.ts';
import type { AuthenticatorDescriptor, Evidence, Facts, RememberedProof } from '../../../../src/core/model/facts.ts';
import { omitUndefined } from '../../../../src/core/model/omit-undefined.ts';
import type { Alternative, ChainStep, Demand, Requirement, Rule } from '../../../../src/core/model/policy.ts';
import type { PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { always, descriptor, enrolled, factsOf, fixedNow, policiesOf, userWith } from '../../support/fixtures.ts';
import { enough, seeded } from '../../support/seeded.ts';
import { universe } from '../../support/universe.ts';

const keys = ['password', 'email', 'totp', 'webauthn'] as const;
const authenticators: readonly AuthenticatorDescriptor[] = keys.map((key) => descriptor[key]);
const names = [...keys, 'email.code', 'email.link'];
const passkeys = enrolled('webauthn').flatMap((enrollment) => [enrollment, { ...enrollment, id: 'second passkey' }]);
const subject = userWith([], { groups: [], enrollments: [...enrolled('password', 'email', 'totp'), ...passkeys] });

/** The user has two passkeys, so that a chain can take both. */
const proofs: readonly Evidence[] = subject.enrollments.flatMap(({ id, authenticator, factors, characteristics }) => {
  const shown = { authenticator, enrollment: id, factors, characteristics, subject: subject.id, amr: [] };
  const proof: Evidence = { ...shown, at: fixedNow, transaction: 'earlier', origin: 'sign_in' };
  return authenticator === 'email' ? ['code', 'link'].map((method) => ({ ...proof, method })) : [proof];
});
const sets = Array.from({ length: 2 ** proofs.length }, (_, set) =>
  proofs.filter((_one, at) => set & (1 << at)),
).filter(({ length }) => length <= 3);
const nothing: readonly RememberedProof[] = [];
const memories = [
  nothing,
  ...proofs
    .filter(({ factors }) => factors.includes('possession'))
    .map(({ authenticator, enrollment, factors, characteristics, method }): readonly RememberedProof[] => [
      {
        authenticator,
        enrollment,
        factors,
        characteristics,
        ...(method && { method }),
        at: fixedNow - 10,
        until: fixedNow + 10,
      },
    ]),
];

const some = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 2 });
const taken = fc.subarray(names, { minLength: 1, maxLength: 2 });
const demand: fc.Arbitrary<Demand> = fc
  .record({
    factor: some(fc.constantFrom('knowledge', 'possession', 'inherence')),
    authenticators: some(taken),
  })
  .map((members) => omitUndefined(members) as Demand);
const alternative: fc.Arbitrary<Alternative> = fc.record({
  factors: fc.constantFrom(1, 2, 2),
  demands: fc.oneof(fc.constant([]), fc.array(demand, { minLength: 1, maxLength: 1 })),
});
const step: fc.Arbitrary<ChainStep> = fc.record({ authenticators: taken });
const chains: fc.Arbitrary<Requirement> = fc.record({
  chains: fc.array(fc.array(step, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 1 }),
});
const alternatives: fc.Arbitrary<Requirement> = fc.record({
  anyOf: fc.array(alternative, { minLength: 1, maxLength: 2 }),
});
const drawn = fc.record({
  requirement: fc.oneof({ weight: 3, arbitrary: alternatives }, { weight: 1, arbitrary: chains }),
  remember: fc.constantFrom(3600, undefined),
  minimum: fc.option(chains, { nil: undefined, freq: 2 }),
  avoided: fc.subarray(names, { minLength: 1, maxLength: 1 }),
});

type Drawn = typeof drawn extends fc.Arbitrary<infer Value> ? Value : never;

function policiesFor({ requirement, remember, minimum }: Drawn): PolicySet {
  const then: Rule['then'] = { kind: 'allow', requirement, ...(remember !== undefined && { remember }) };
  const level = minimum && { minimumAcr: 'least', acrLevels: [{ value: 'least', requirement: minimum }] };
  return policiesOf({ app: always(then), enabled: keys, acrLevels: [], ...level });
}

function admits(policies: PolicySet, facts: Facts): boolean {
  return evaluate(policies, facts).kind === 'allow';
}

/** The same, without what was proved by these authenticators, now or when the browser began to remember it. */
function without(avoided: readonly string[], { evidence, device, ...facts }: Facts): Facts {
  const isLeft = ({ authenticator, method }: Pick<Evidence, 'authenticator' | 'method'>) =>
    !avoided.includes(authenticator) && !avoided.includes(`${authenticator}.${method}`);
  const remembered = (device.remembered ?? []).filter(isLeft);
  return { ...facts, evidence: evidence.filter(isLeft), device: { ...device, remembered } };
}

function isBroken(policies: PolicySet, avoided: readonly string[]): boolean {
  return memories.some((remembered) => {
    const device = { known: true, platform: 'desktop', os: 'windows', remembered } as const;
    return sets.some((evidence) => {
      const facts = factsOf({ subject, device, evidence });
      return admits(policies, facts) && !admits(policies, without(avoided, facts));
    });
  });
}

function isReplayed({ facts, proved }: Violation, policies: PolicySet, avoided: readonly string[]): boolean {
  if (proved === undefined) return false;
  const shown = factsWith(proved, facts, authenticators);
  return admits(policies, shown) && !admits(policies, without(avoided, shown));
}

test('what is proved never to open an app opens it nowhere, and a refutation is a sign-in', () => {
  const counts = { holds: 0, refuted: 0, empty: 0, undecided: 0 };
  const space = ruleSpace([{}], universe());
  fc.assert(
    fc.property(drawn, (world) => {
      const policies = policiesFor(world);
      const guarantee = { kind: 'without', authenticators: world.avoided } as const;
      const verdict = examineInvariant({ name: 'i', when: {}, guarantee }, { policies, space });
      counts[verdict.kind] += 1;
      if (verdict.kind === 'refuted')
        for (const violation of verdict.violations) expect(isReplayed(violation, policies, world.avoided)).toBe(true);
      if (verdict.kind === 'holds') expect(isBroken(policies, world.avoided)).toBe(false);
    }),
    seeded(120),
  );
  expect(counts.holds).toBeGreaterThan(enough(4));
  expect(counts.refuted).toBeGreaterThan(enough(15));
  expect(counts.undecided).toBeLessThan(3);
});
