import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { evaluate } from '../../src/core/decision/evaluate.ts';
import type { Decision } from '../../src/core/model/decision.ts';
import type { Enrollment, Evidence, Facts } from '../../src/core/model/facts.ts';
import type { Requirement } from '../../src/core/model/policy.ts';
import { alternatives, evidenceOf, requirement, type World, world } from './support/arbitraries.ts';
import { naivelyMeets, subsets, type When } from './support/naive.ts';
import { seeded } from './support/seeded.ts';
import {
  acrValues,
  allow,
  always,
  descriptor,
  factors,
  factsOf,
  HERE,
  type Key,
  NOW,
  person,
  policiesOf,
  proof,
} from './support/world.ts';

const keys = Object.keys(descriptor) as Key[];
/** Counts only where it is named, and beside something else. */
const isAuxiliary = ({ authenticator }: { readonly authenticator: string }) => authenticator === 'security_question';
const enabledOf = ({ disabled }: World) => keys.filter((key) => !(disabled as readonly string[]).includes(key));

function policies(given: World) {
  const { session, app, minimumAcr } = given;
  return policiesOf({
    session: always(allow(session)),
    app,
    enabled: enabledOf(given),
    ...(minimumAcr !== undefined && { minimumAcr }),
  });
}

function facts(given: World, evidence: readonly Evidence[] = given.evidence): Facts {
  return factsOf({ subject: person([], { enrollments: given.has }), evidence, request: given.request });
}

const decide = (given: World, evidence?: readonly Evidence[]): Decision =>
  evaluate(policies(given), facts(given, evidence));

/** What the plain reading says must be met, apart from voluntary acr values: any one of each list. */
function goalsOf({ session, app, minimumAcr, request }: World): readonly (readonly Requirement[])[] {
  const of = (values: readonly string[]) =>
    acrValues.filter(({ value }) => values.includes(value)).map((acr) => acr.requirement);
  const essential = request.acrEssential && request.acrValues.length > 0;
  return [
    [session],
    [app],
    ...(minimumAcr === undefined ? [] : [of([minimumAcr])]),
    ...(essential ? [of(request.acrValues)] : []),
  ];
}

function whenOf({ request }: World): When {
  return { now: NOW, transaction: HERE, maxAge: request.promptLogin ? 0 : request.maxAge };
}

function naivelyAllowed(given: World, evidence: readonly Evidence[]): boolean {
  const counted = evidence.filter(({ authenticator }) => enabledOf(given).includes(authenticator as Key));
  return goalsOf(given).every((goal) => goal.some((one) => naivelyMeets(one, counted, whenOf(given))));
}

/** Evidence of proving an enrollment now, at its best. */
function proving({ id, authenticator, factors: covered, characteristics }: Enrollment): Evidence {
  return { ...proof(authenticator as Key, 'here'), enrollment: id, factors: covered, characteristics };
}

const usable = (given: World) =>
  given.has.filter(({ authenticator }) => enabledOf(given).includes(authenticator as Key));
const newOnes = (given: World): readonly Evidence[] =>
  enabledOf(given)
    .filter((key) => descriptor[key].enrollable)
    .map((key) => ({ ...proof(key, 'here'), enrollment: `new ${key}` }));

/**
 * Law 7, read plainly: enough factor types, and phishing resistance if there is any, proved within five minutes; or a
 * recovery code and another factor type.
 */
function barIsCleared(given: World, evidence: readonly Evidence[]): boolean {
  const has = usable(given).filter((one) => !isAuxiliary(one));
  const resistant = has.some(({ characteristics }) => characteristics.includes('phishingResistant'));
  const bar: Requirement = {
    anyOf: [
      {
        factors: new Set(has.flatMap((one) => one.factors)).size as 1 | 2 | 3,
        demands: resistant ? [{ characteristics: ['phishingResistant'] }] : [],
        maxAge: 300,
      },
      { factors: 2, demands: [{ authenticators: ['recovery_code'] }], maxAge: 300 },
    ],
  };
  const old = evidence.filter(
    ({ enrollment, authenticator }) =>
      !enrollment.startsWith('new ') && enabledOf(given).includes(authenticator as Key),
  );
  return naivelyMeets(bar, old, whenOf(given));
}

const voluntary = (given: World) => !given.request.acrEssential && given.request.acrValues.length > 0;
const any = world({ requirement, enrollments: 5, evidence: 4 });
const small = world({ requirement, enrollments: 3, evidence: 2 }).filter((given) => !voluntary(given));

test('the order of evidence does not matter', () => {
  const shuffled = any.chain((given) =>
    fc.tuple(fc.constant(given), fc.shuffledSubarray(given.evidence, { minLength: given.evidence.length })),
  );
  fc.assert(
    fc.property(shuffled, ([given, evidence]) => {
      expect(decide(given, evidence)).toEqual(decide(given));
    }),
    seeded(1000),
  );
});

test('evaluation allows exactly what the naive reading allows', () => {
  let allowed = 0;
  fc.assert(
    fc.property(any, (given) => {
      const isAllowed = decide(given).kind === 'allow';
      if (isAllowed) allowed += 1;
      if (isAllowed || !voluntary(given)) expect(isAllowed).toBe(naivelyAllowed(given, given.evidence));
    }),
    seeded(4000),
  );
  // The worlds are worth something only if many of them allow.
  expect(allowed).toBeGreaterThan(300);
});

test('an assurance is true of its supporting evidence, which is the newest that will do', () => {
  fc.assert(
    fc.property(any, (given) => {
      const decision = decide(given);
      if (decision.kind !== 'allow') return;
      const { supportingEvidence, authTime, amr, acr } = decision.assurance;
      expect(naivelyAllowed(given, supportingEvidence)).toBe(true);
      for (const one of supportingEvidence) expect(given.evidence).toContainEqual(one);
      expect(authTime).toBe(Math.min(...supportingEvidence.map(({ at }) => at)));
      const covered = new Set(supportingEvidence.filter((one) => !isAuxiliary(one)).flatMap((one) => one.factors)).size;
      expect(amr).toEqual(
        [...new Set([...supportingEvidence.flatMap((one) => one.amr), ...(covered > 1 ? ['mfa'] : [])])].sort(),
      );
      const met = acrValues
        .filter((one) => naivelyMeets(one.requirement, supportingEvidence, whenOf(given)))
        .map(({ value }) => value);
      expect(acr).toBe(given.request.acrValues.find((value) => met.includes(value)) ?? met[0]);
      if (voluntary(given)) return;
      const oldest = subsets(given.evidence)
        .filter((set) => naivelyAllowed(given, set))
        .map((set) => Math.min(...set.map(({ at }) => at)));
      expect(
        naivelyAllowed(
          given,
          supportingEvidence.filter(({ at }) => at >= Math.max(...oldest)),
        ),
      ).toBe(true);
    }),
    seeded(2000),
  );
});

test('evidence of other users changes nothing', () => {
  fc.assert(
    fc.property(
      any,
      fc.array(evidenceOf(person(['webauthn', 'password', 'totp']).enrollments), { maxLength: 3 }),
      (given, others) => {
        const mixed = [...others.map((one) => ({ ...one, subject: 'bob' })), ...given.evidence];
        expect(decide(given, mixed)).toEqual(decide(given));
      },
    ),
    seeded(500),
  );
});

const ranks = { deny: 0, identify: 0, challenge: 1, enroll: 1, allow: 2 } as const;

test('more evidence never makes a decision worse', () => {
  const more = any.chain((given) => fc.tuple(fc.constant(given), evidenceOf(given.has)));
  fc.assert(
    fc.property(more, ([given, added]) => {
      const before = decide(given);
      const after = decide(given, [...given.evidence, added]);
      // The first proof may bring to light a deny that was kept back.
      if (before.kind === 'challenge' && before.withheld) return;
      expect(ranks[after.kind]).toBeGreaterThanOrEqual(ranks[before.kind]);
    }),
    seeded(2000),
  );
});

test('two authenticators of one factor type never count as two factors', () => {
  const oneType = fc.constantFrom<readonly Key[]>(
    ['password', 'security_question'],
    ['email', 'phone', 'totp', 'recovery_code'],
  );
  const worlds = oneType.chain((kinds) =>
    fc.record({
      evidence: fc.array(evidenceOf(person(kinds).enrollments), { minLength: 1, maxLength: 6 }),
      asked: requirement,
    }),
  );
  fc.assert(
    fc.property(worlds, ({ evidence, asked }) => {
      const subject = person(keys);
      const two = evaluate(policiesOf({ app: factors(2) }), factsOf({ subject, evidence }));
      expect(two.kind).not.toBe('allow');
      const other = evaluate(policiesOf({ app: asked }), factsOf({ subject, evidence }));
      if (other.kind === 'allow') expect(other.assurance.amr).not.toContain('mfa');
    }),
    seeded(500),
  );
});

test('a request never lowers what the policies demand', () => {
  fc.assert(
    fc.property(any, (given) => {
      if (decide(given).kind !== 'allow') return;
      const plain: World = { ...given, request: { acrValues: [], acrEssential: false, promptLogin: false } };
      expect(decide(plain).kind).toBe('allow');
    }),
    seeded(1000),
  );
});

test('the user is asked exactly if the sign-in can still be completed', () => {
  const seen = { deny: 0, challenge: 0, enroll: 0 };
  fc.assert(
    fc.property(world({ requirement, enrollments: 3, evidence: 2 }), (given) => {
      const decision = decide(given);
      if (voluntary(given) || decision.kind === 'allow' || decision.kind === 'identify') return;
      seen[decision.kind] += 1;
      const proofs = [...given.evidence, ...usable(given).map(proving)];
      const canProve = naivelyAllowed(given, proofs);
      const hasSolid = usable(given).some((one) => !isAuxiliary(one));
      const canEnroll = hasSolid && naivelyAllowed(given, [...proofs, ...newOnes(given)]);
      const isDenied = decision.kind === 'deny' || (decision.kind === 'challenge' && decision.withheld !== undefined);
      expect(isDenied).toBe(!canProve && !canEnroll);
      if (decision.kind === 'enroll') expect([canProve, barIsCleared(given, given.evidence)]).toEqual([false, true]);
    }),
    seeded(2000),
  );
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(50);
});

function solidFirst(set: readonly Evidence[]): readonly Evidence[] {
  const solid = set.filter((one) => !isAuxiliary(one));
  return solid.length > 0 ? solid : set;
}

/** All sets of actions that complete, and of which nothing can be left out. */
function minimalSets(given: World, actions: readonly Evidence[], isDone: (evidence: readonly Evidence[]) => boolean) {
  const done = (set: readonly Evidence[]) => isDone([...given.evidence, ...set]);
  return subsets(actions).filter((set) => done(set) && set.every((one) => !done(set.filter((other) => other !== one))));
}

test('every option makes progress: it is part of a minimal sufficient set', () => {
  fc.assert(
    fc.property(small, (given) => {
      const decision = decide(given);
      if (decision.kind !== 'challenge' || decision.withheld) return;
      const proofs = usable(given).map(proving);
      const byProof = minimalSets(given, proofs, (evidence) => naivelyAllowed(given, evidence));
      const sets =
        byProof.length > 0
          ? byProof
          : minimalSets(
              given,
              [...proofs, ...newOnes(given)],
              (evidence) => barIsCleared(given, evidence) && naivelyAllowed(given, evidence),
            );
      const useful = new Set(sets.flatMap((set) => set.map(({ enrollment }) => enrollment)));
      const offered = decision.options.flatMap((option) => option.enrollments);
      expect(offered.length).toBeGreaterThan(0);
      expect(offered.filter((enrollment) => !useful.has(enrollment))).toEqual([]);
    }),
    seeded(1500),
  );
});

test('without chains every useful option is offered', () => {
  const worlds = world({ requirement: alternatives, enrollments: 4, evidence: 2 }).filter((given) => !voluntary(given));
  fc.assert(
    fc.property(worlds, (given) => {
      const decision = decide(given);
      if (decision.kind !== 'challenge' || decision.withheld) return;
      const sets = minimalSets(given, usable(given).map(proving), (evidence) => naivelyAllowed(given, evidence));
      if (sets.length === 0) return;
      // What is auxiliary is asked for last.
      const useful = sets.flatMap((set) => solidFirst(set).map(({ enrollment }) => enrollment));
      expect(new Set(decision.options.flatMap((option) => option.enrollments))).toEqual(new Set(useful));
    }),
    seeded(1000),
  );
});

test('every offered enrollment completes the sign-in together with what the user has', () => {
  fc.assert(
    fc.property(small, (given) => {
      const decision = decide(given);
      if (decision.kind !== 'enroll') return;
      const actions = [...usable(given).map(proving), ...newOnes(given)];
      const sets = minimalSets(given, actions, (evidence) => naivelyAllowed(given, evidence));
      const useful = new Set(sets.flatMap((set) => set.map(({ enrollment }) => enrollment)));
      for (const key of decision.choices) expect(useful).toContain(`new ${key}`);
    }),
    seeded(1500),
  );
});
