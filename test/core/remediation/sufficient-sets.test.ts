/** The search for sufficient sets: what it finds, against the naive reading, and what it costs. */

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AssessedEvidence } from '../../../src/core/evidence/requirement.ts';
import type { Enrollment, Evidence } from '../../../src/core/model/facts.ts';
import type { Requirement } from '../../../src/core/model/policy.ts';
import { type SufficientSets, sufficientSets } from '../../../src/core/remediation/sufficient-sets.ts';
import { allEnrollments, chains, evidenceOf, requirement, withMethod } from '../support/arbitraries.ts';
import { descriptor, fixedNow, type Key, proof, thisTransaction } from '../support/fixtures.ts';
import { naivelyMeets, subsets, waysToProve } from '../support/naive-evaluator.ts';
import { enough, seeded } from '../support/seeded.ts';

const keys = Object.keys(descriptor) as Key[];
const when = { now: fixedNow, transaction: thisTransaction };

/** The evidence of proving an enrollment by each of its methods that is needed. */
function proving(enrollment: Enrollment): readonly [Evidence, ...Evidence[]] {
  const { id, authenticator, factors, characteristics } = enrollment;
  const [first, ...others] = waysToProve(enrollment);
  const proved = { ...proof(authenticator as Key, 'now'), enrollment: id, factors, characteristics };
  return [withMethod(proved, first), ...others.map((method) => withMethod(proved, method))];
}

function assessed(evidence: Evidence): AssessedEvidence {
  const { authenticator, enrollment, method, factors, characteristics, at, transaction, longestPause } = evidence;
  const age = transaction === thisTransaction ? 'now' : Math.max(0, fixedNow - at);
  const isAuxiliary = authenticator === 'security_question';
  const pause = longestPause !== undefined && { longestPause };
  const shown = { authenticator, enrollment, factors, characteristics, age, ...pause } as const;
  return { ...shown, ...(method !== undefined && { methods: [method] }), ...(isAuxiliary && { auxiliary: true }) };
}

/** What is assumed: a proof by whichever methods are needed. */
function action(enrollment: Enrollment): AssessedEvidence {
  const [first, ...others] = proving(enrollment);
  const methods = [first, ...others].flatMap(({ method }) => method ?? []);
  return { ...assessed(first), ...(methods.length > 0 && { methods }) };
}

interface World {
  readonly requirements: readonly Requirement[];
  readonly evidence: readonly Evidence[];
  readonly has: readonly Enrollment[];
}

function search({ requirements, evidence, has }: World, limit?: number): SufficientSets {
  const layers = requirements.map((each) => ({ layer: 'app' as const, anyOf: [each] }));
  const actions = has.map(action);
  return sufficientSets(layers, { evidence: evidence.map(assessed), actions }, limit);
}

function suffices({ requirements, evidence, has }: World, ids: readonly string[]): boolean {
  const proofs = has.filter(({ id }) => ids.includes(id)).flatMap(proving);
  return requirements.every((each) => naivelyMeets(each, [...evidence, ...proofs], when));
}

const without = (ids: readonly string[], id: string) => ids.filter((other) => other !== id);

/** Ids of enrollments, for each minimal sufficient set, by trying every set. */
function naiveSets(drawn: World): readonly (readonly string[])[] {
  const sufficient = subsets(drawn.has.map(({ id }) => id)).filter((ids) => suffices(drawn, ids));
  return sufficient.filter((ids) => ids.every((id) => !suffices(drawn, without(ids, id))));
}

/** The size of the smallest set with each enrollment. */
function sizes(
  sets: readonly { readonly ids: readonly string[]; readonly size: number }[],
): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { ids, size } of sets) for (const id of ids) found.set(id, Math.min(size, found.get(id) ?? size));
  return found;
}

/** Of each class of a set the members that stand for it, one for each time that it is in the set. */
function idsOf({ sets }: SufficientSets): readonly (readonly string[])[] {
  return sets.map(({ actions }) =>
    actions.map(({ members }, index) => {
      const before = actions.slice(0, index).filter((other) => other.members === members).length;
      return members[before]?.enrollment ?? '';
    }),
  );
}

/** Every member of a class would do. */
function sizesOf({ sets }: SufficientSets): ReadonlyMap<string, number> {
  const idsIn = ({ actions }: SufficientSets['sets'][number]) =>
    actions.flatMap(({ members }) => members.map(({ enrollment }) => enrollment));
  return sizes(sets.map((set) => ({ ids: idsIn(set), size: set.actions.length })));
}

/** What is proved does not suffice. */
const worlds: fc.Arbitrary<World> = fc
  .subarray([...allEnrollments], { minLength: 1, maxLength: 6 })
  .chain((has) =>
    fc.record({
      requirements: fc.array(fc.oneof(requirement, chains), { minLength: 1, maxLength: 2 }),
      has: fc.constant(has),
      evidence: fc.array(evidenceOf(has), { maxLength: 3 }),
    }),
  )
  .filter((drawn) => !suffices(drawn, []));

/** Ten enrollments of each kind. */
const ten: readonly Enrollment[] = keys.flatMap((key) =>
  Array.from({ length: 10 }, (_, index) => ({ ...descriptor[key], id: `${key} ${index}`, authenticator: key })),
);
const step = (...authenticators: readonly Key[]) => ({ authenticators });
const open = step(...keys);

describe('the search for sufficient sets', () => {
  test('finds for each enrollment whether it is in a minimal set, and the size of the smallest', () => {
    let several = 0;
    fc.assert(
      fc.property(worlds, (drawn) => {
        const expected = sizes(naiveSets(drawn).map((ids) => ({ ids, size: ids.length })));
        if (expected.size > 2) several += 1;
        expect(sizesOf(search(drawn))).toEqual(expected);
      }),
      seeded(2000),
    );
    // The property says little unless many of the worlds leave a choice.
    expect(several).toBeGreaterThan(enough(70));
  });

  test.each([
    ['as far as it goes', undefined],
    ['at its limit', 0],
  ])('finds minimal sets only, and some wherever there are any: %s', (_, limit) => {
    fc.assert(
      fc.property(worlds, (drawn) => {
        const found = idsOf(search(drawn, limit));
        for (const ids of found) {
          expect(suffices(drawn, ids)).toBe(true);
          for (const id of ids) expect(suffices(drawn, without(ids, id))).toBe(false);
        }
        const everything = drawn.has.map(({ id }) => id);
        expect(found.length > 0).toBe(suffices(drawn, everything));
      }),
      seeded(1000),
    );
  });

  test.each<[string, readonly Requirement[], number]>([
    ['a chain of three open steps', [{ chains: [[open, open, open]] }], 40],
    ['two layers of open chains', [{ chains: [[open, open, open]] }, { chains: [[open, open]] }], 40],
    [
      'two layers of five chains, with steps that have authenticators in common',
      [
        { chains: keys.slice(0, 5).map((key) => [step(key, 'totp'), step('phone', 'email'), step(key, 'webauthn')]) },
        { chains: keys.slice(2, 7).map((key) => [step('email', key), step(key, 'totp'), step('phone', 'password')]) },
      ],
      3000,
    ],
    ['two factors', [{ anyOf: [{ factors: 2, demands: [] }] }], 40],
  ])('with ten enrollments of each kind, %s', (_, requirements, most) => {
    const { sets, steps } = search({ requirements, evidence: [], has: ten });
    expect(sets.length).toBeGreaterThan(0);
    expect(steps).toBeLessThanOrEqual(most);
  });

  test('with ten enrollments of each kind, no requirements take more steps than its limit allows', () => {
    const many = fc.array(fc.oneof(requirement, { weight: 3, arbitrary: chains }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(many, fc.array(evidenceOf(ten), { maxLength: 20 }), (requirements, evidence) => {
        expect(search({ requirements, evidence, has: ten }).steps).toBeLessThan(5000);
      }),
      seeded(300),
    );
  });

  test('proofs at hand make the search no longer', () => {
    const evidence = ten
      .slice(0, 12)
      .map((enrollment) => ({ ...proving(enrollment)[0], transaction: 'tx-before', at: fixedNow - 30 }));
    const aged = { ...open, maxAge: 10 };
    const { sets, steps } = search({ requirements: [{ chains: [[aged, open, aged]] }], evidence, has: ten });
    expect(sets.length).toBeGreaterThan(0);
    expect(steps).toBeLessThan(100);
  });
});
