/** Properties of evaluation over random policies and evidence, against the naive reading. */

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { evaluate } from '../../src/core/decision/evaluate.ts';
import type { Decision } from '../../src/core/model/decision.ts';
import type { AuthenticatorDescriptor, Enrollment, Evidence, Facts } from '../../src/core/model/facts.ts';
import type { ChainStep, Requirement } from '../../src/core/model/policy.ts';
import { alternatives, evidenceOf, requirement, type World, withMethod, world } from './support/arbitraries.ts';
import {
  acrLevels,
  allow,
  always,
  descriptor,
  factors,
  factsOf,
  fixedNow,
  type Key,
  policiesOf,
  proof,
  thisTransaction,
  userWith,
} from './support/fixtures.ts';
import { naivelyMeets, subsets, type When, waysToProve } from './support/naive-evaluator.ts';
import { enough, seeded } from './support/seeded.ts';

const keys = Object.keys(descriptor) as Key[];
/** Counts only where a demand names it, and only beside other evidence. */
const isAuxiliary = ({ authenticator }: { readonly authenticator: string }) => authenticator === 'security_question';
const enabledOf = ({ disabled }: World) => keys.filter((key) => !(disabled as readonly string[]).includes(key));

function policies(drawn: World) {
  const { session, app, minimumAcr } = drawn;
  return policiesOf({
    session: always(allow(session)),
    app,
    enabled: enabledOf(drawn),
    ...(minimumAcr !== undefined && { minimumAcr }),
  });
}

function facts(drawn: World, evidence: readonly Evidence[] = drawn.evidence): Facts {
  return factsOf({ subject: userWith([], { enrollments: drawn.has }), evidence, request: drawn.request });
}

const decide = (drawn: World, evidence?: readonly Evidence[]): Decision =>
  evaluate(policies(drawn), facts(drawn, evidence));

/** What must be met by the naive reading, apart from voluntary acr values: any one of each list. */
function requirementsOf({ session, app, minimumAcr, request }: World): readonly (readonly Requirement[])[] {
  const of = (values: readonly string[]) =>
    acrLevels.filter(({ value }) => values.includes(value)).map((acr) => acr.requirement);
  const essential = request.acrEssential && request.acrValues.length > 0;
  return [
    [session],
    [app],
    ...(minimumAcr === undefined ? [] : [of([minimumAcr])]),
    ...(essential ? [of(request.acrValues)] : []),
  ];
}

function whenOf({ request }: World): When {
  return { now: fixedNow, transaction: thisTransaction, maxAge: request.promptLogin ? 0 : request.maxAge };
}

function naivelyAllowed(drawn: World, evidence: readonly Evidence[]): boolean {
  const counted = evidence.filter(({ authenticator }) => enabledOf(drawn).includes(authenticator as Key));
  return requirementsOf(drawn).every((anyOf) =>
    anyOf.some((alternative) => naivelyMeets(alternative, counted, whenOf(drawn))),
  );
}

/** The evidence of proving an enrollment now, at its best, by each of its methods that is needed. */
function proving(enrollment: Enrollment): readonly Evidence[] {
  const { id, authenticator, factors: covered, characteristics } = enrollment;
  const proved = { ...proof(authenticator as Key, 'now'), enrollment: id, factors: covered, characteristics };
  return waysToProve(enrollment).map((method) => withMethod(proved, method));
}

const usable = (drawn: World) =>
  drawn.has.filter(({ authenticator }) => enabledOf(drawn).includes(authenticator as Key));

/** How many enrollments of one authenticator a chain may take. */
function mostOf(key: Key, { session, app }: World): number {
  const chains = [session, app].flatMap((each) => ('chains' in each ? each.chains : []));
  return Math.max(1, ...chains.map((chain) => chain.filter((step) => takes(step, key)).length));
}

function takes({ authenticators }: ChainStep, key: Key): boolean {
  return authenticators.some((name) => name.split('.')[0] === key);
}

/** How many more of an authenticator the account may take. */
function roomFor(key: Key, { has }: World): number {
  const { maxEnrollments }: AuthenticatorDescriptor = descriptor[key];
  const present = has.filter(({ authenticator }) => authenticator === key).length;
  return maxEnrollments === undefined ? Number.POSITIVE_INFINITY : Math.max(0, maxEnrollments - present);
}

const newOnes = (drawn: World): readonly (readonly Evidence[])[] =>
  enabledOf(drawn)
    .filter((key) => descriptor[key].enrollable)
    .flatMap((key) =>
      Array.from({ length: Math.min(mostOf(key, drawn), roomFor(key, drawn)) }, (_, index) => {
        const { factors: covered, characteristics } = descriptor[key];
        const id = `new ${key}${index === 0 ? '' : index}`;
        return proving({ id, authenticator: key, factors: covered, characteristics });
      }),
    );

/**
 * A naive reading of Law 7: all factor types of the account, and phishing resistance if it has any, proved within five
 * minutes; or a recovery code and another factor type.
 */
function meetsAccountManagement(drawn: World, evidence: readonly Evidence[]): boolean {
  const has = usable(drawn).filter((enrollment) => !isAuxiliary(enrollment));
  const resistant = has.some(({ characteristics }) => characteristics.includes('phishingResistant'));
  const demanded: Requirement = {
    anyOf: [
      {
        factors: new Set(has.flatMap((enrollment) => enrollment.factors)).size as 1 | 2 | 3,
        demands: resistant ? [{ characteristics: ['phishingResistant'] }] : [],
        maxAge: 300,
      },
      { factors: 2, demands: [{ authenticators: ['recovery_code'] }], maxAge: 300 },
    ],
  };
  const old = evidence.filter(
    ({ enrollment, authenticator }) =>
      !enrollment.startsWith('new ') && enabledOf(drawn).includes(authenticator as Key),
  );
  return naivelyMeets(demanded, old, whenOf(drawn));
}

const voluntary = (drawn: World) => !drawn.request.acrEssential && drawn.request.acrValues.length > 0;
const any = world({ requirement, enrollments: 5, evidence: 4 });
const small = world({ requirement, enrollments: 3, evidence: 2 }).filter((drawn) => !voluntary(drawn));

test('the order of evidence does not matter', () => {
  const shuffled = any.chain((drawn) =>
    fc.tuple(fc.constant(drawn), fc.shuffledSubarray(drawn.evidence, { minLength: drawn.evidence.length })),
  );
  fc.assert(
    fc.property(shuffled, ([drawn, evidence]) => {
      expect(decide(drawn, evidence)).toEqual(decide(drawn));
    }),
    seeded(1000),
  );
});

test('evaluation allows exactly what the naive reading allows', () => {
  let allowed = 0;
  fc.assert(
    fc.property(any, (drawn) => {
      const isAllowed = decide(drawn).kind === 'allow';
      if (isAllowed) allowed += 1;
      if (isAllowed || !voluntary(drawn)) expect(isAllowed).toBe(naivelyAllowed(drawn, drawn.evidence));
    }),
    seeded(4000),
  );
  // The property says little unless many of the worlds allow.
  expect(allowed).toBeGreaterThan(enough(80));
});

test('an assurance is true of its supporting evidence, which is the newest that will do', () => {
  fc.assert(
    fc.property(any, (drawn) => {
      const decision = decide(drawn);
      if (decision.kind !== 'allow') return;
      const { supportingEvidence, authTime, amr, acr } = decision.assurance;
      expect(naivelyAllowed(drawn, supportingEvidence)).toBe(true);
      for (const shown of supportingEvidence) expect(drawn.evidence).toContainEqual(shown);
      expect(authTime).toBe(Math.min(...supportingEvidence.map(({ at }) => at)));
      const covered = new Set(
        supportingEvidence.filter((shown) => !isAuxiliary(shown)).flatMap((shown) => shown.factors),
      ).size;
      expect(amr).toEqual(
        [...new Set([...supportingEvidence.flatMap((shown) => shown.amr), ...(covered > 1 ? ['mfa'] : [])])].sort(),
      );
      const met = acrLevels
        .filter((acrValue) => naivelyMeets(acrValue.requirement, supportingEvidence, whenOf(drawn)))
        .map(({ value }) => value);
      expect(acr).toBe(drawn.request.acrValues.find((value) => met.includes(value)) ?? met[0]);
      if (voluntary(drawn)) return;
      const oldest = subsets(drawn.evidence)
        .filter((set) => naivelyAllowed(drawn, set))
        .map((set) => Math.min(...set.map(({ at }) => at)));
      expect(
        naivelyAllowed(
          drawn,
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
      fc.array(evidenceOf(userWith(['webauthn', 'password', 'totp']).enrollments), { maxLength: 3 }),
      (drawn, others) => {
        const mixed = [...others.map((evidence) => ({ ...evidence, subject: 'bob' })), ...drawn.evidence];
        expect(decide(drawn, mixed)).toEqual(decide(drawn));
      },
    ),
    seeded(500),
  );
});

const ranks = {
  deny: 0,
  identify: 0,
  challenge: 1,
  enroll: 1,
  profile: 2,
  consent: 2,
  select_account: 2,
  keep_account: 2,
  allow: 2,
} as const;

test('more evidence never makes a decision worse', () => {
  const more = any.chain((drawn) => fc.tuple(fc.constant(drawn), evidenceOf(drawn.has)));
  fc.assert(
    fc.property(more, ([drawn, added]) => {
      const before = decide(drawn);
      const after = decide(drawn, [...drawn.evidence, added]);
      // The first proof may reveal a denial that was withheld.
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
      evidence: fc.array(evidenceOf(userWith(kinds).enrollments), { minLength: 1, maxLength: 6 }),
      asked: requirement,
    }),
  );
  fc.assert(
    fc.property(worlds, ({ evidence, asked }) => {
      const subject = userWith(keys);
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
    fc.property(any, (drawn) => {
      if (decide(drawn).kind !== 'allow') return;
      const plain: World = { ...drawn, request: { acrValues: [], acrEssential: false, promptLogin: false } };
      expect(decide(plain).kind).toBe('allow');
    }),
    seeded(1000),
  );
});

test('the user is asked exactly if the sign-in can still be completed', () => {
  const seen = { deny: 0, challenge: 0, enroll: 0 };
  fc.assert(
    fc.property(world({ requirement, enrollments: 3, evidence: 2 }), (drawn) => {
      const decision = decide(drawn);
      if (voluntary(drawn) || decision.kind === 'allow' || decision.kind === 'identify') return;
      if (!(decision.kind in seen)) throw new Error('no policy and no request asks for that');
      seen[decision.kind as keyof typeof seen] += 1;
      const proofs = [...drawn.evidence, ...usable(drawn).flatMap(proving)];
      const canProve = naivelyAllowed(drawn, proofs);
      const hasSolid = usable(drawn).some((enrollment) => !isAuxiliary(enrollment));
      const canEnroll = hasSolid && naivelyAllowed(drawn, [...proofs, ...newOnes(drawn).flat()]);
      const isDenied = decision.kind === 'deny' || (decision.kind === 'challenge' && decision.withheld !== undefined);
      expect(isDenied).toBe(!canProve && !canEnroll);
      if (decision.kind === 'enroll')
        expect([canProve, meetsAccountManagement(drawn, drawn.evidence)]).toEqual([false, true]);
    }),
    seeded(2000),
  );
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(enough(50));
});

function solidFirst(set: readonly Evidence[]): readonly Evidence[] {
  const solid = set.filter((shown) => !isAuxiliary(shown));
  return solid.length > 0 ? solid : set;
}

/** Each action gives some evidence. */
type Actions = readonly (readonly Evidence[])[];

/** All minimal sufficient sets, by trying every set of actions. */
function minimalSets(
  drawn: World,
  actions: Actions,
  isDone: (evidence: readonly Evidence[]) => boolean,
): readonly (readonly Evidence[])[] {
  const done = (set: Actions) => isDone([...drawn.evidence, ...set.flat()]);
  return subsets(actions)
    .filter((set) => done(set) && set.every((action) => !done(set.filter((other) => other !== action))))
    .map((set) => set.flat());
}

test('every option makes progress: it is part of a minimal sufficient set', () => {
  fc.assert(
    fc.property(small, (drawn) => {
      const decision = decide(drawn);
      if (decision.kind !== 'challenge' || decision.withheld) return;
      const proofs = usable(drawn).map(proving);
      const byProof = minimalSets(drawn, proofs, (evidence) => naivelyAllowed(drawn, evidence));
      const sets =
        byProof.length > 0
          ? byProof
          : minimalSets(
              drawn,
              [...proofs, ...newOnes(drawn)],
              (evidence) => meetsAccountManagement(drawn, evidence) && naivelyAllowed(drawn, evidence),
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
  const worlds = world({ requirement: alternatives, enrollments: 4, evidence: 2 }).filter((drawn) => !voluntary(drawn));
  fc.assert(
    fc.property(worlds, (drawn) => {
      const decision = decide(drawn);
      if (decision.kind !== 'challenge' || decision.withheld) return;
      const sets = minimalSets(drawn, usable(drawn).map(proving), (evidence) => naivelyAllowed(drawn, evidence));
      if (sets.length === 0) return;
      // Auxiliary authenticators are asked for last.
      const useful = sets.flatMap((set) => solidFirst(set).map(({ enrollment }) => enrollment));
      expect(new Set(decision.options.flatMap((option) => option.enrollments))).toEqual(new Set(useful));
    }),
    seeded(1000),
  );
});

test('every offered enrollment completes the sign-in together with what the user has', () => {
  fc.assert(
    fc.property(small, (drawn) => {
      const decision = decide(drawn);
      if (decision.kind !== 'enroll') return;
      const actions = [...usable(drawn).map(proving), ...newOnes(drawn)];
      const sets = minimalSets(drawn, actions, (evidence) => naivelyAllowed(drawn, evidence));
      const useful = new Set(sets.flatMap((set) => set.map(({ enrollment }) => enrollment)));
      for (const key of decision.choices) expect(useful).toContain(`new ${key}`);
    }),
    seeded(1500),
  );
});
