/**
 * What changed enrollment policies let users do with less, compared with brute force: each user of a small universe,
 * with every number of enrollments, is put to the evaluator on both sides.
 */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { laxerEnrollments } from '../../../../src/core/analysis/comparison/laxer-enrollment.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import { evaluate } from '../../../../src/core/decision/evaluate.ts';
import { oneDay } from '../../../../src/core/model/durations.ts';
import type { EnrollmentRule } from '../../../../src/core/model/enrollment-policy.ts';
import type { AuthenticatorDescriptor, Enrollment, Facts } from '../../../../src/core/model/facts.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import {
  descriptor,
  factors,
  factsOf,
  fixedNow,
  policiesOf,
  proof,
  thisTransaction,
  userWith,
} from '../../support/fixtures.ts';
import { enough, few, seeded } from '../../support/seeded.ts';
import { universe } from '../../support/universe.ts';

const keys = ['password', 'totp', 'webauthn'] as const;
const authenticators: readonly AuthenticatorDescriptor[] = keys.map((key) => descriptor[key]);

/** So many enrollments of each, the first of each kind proved or not. */
const fresh: readonly Facts[] = [[], ['a']].flatMap((groups) =>
  [0, 1].flatMap((passwords) =>
    [0, 1, 2, 3].flatMap((codes) =>
      [0, 1, 2, 3].flatMap((passkeys) => {
        const counts = { password: passwords, totp: codes, webauthn: passkeys };
        const had = keys.filter((key) => counts[key] > 0);
        const enrollments = had.flatMap((key) => many(key, counts[key]));
        const proved = had.flatMap((key, at) => [[key], ...had.slice(at + 1).map((other) => [key, other])]);
        return proved.map((all) =>
          factsOf({
            transaction: { id: thisTransaction, startedAt: fixedNow },
            subject: userWith([], { groups, enrollments }),
            evidence: all.map((key) => proof(key, 'now')),
          }),
        );
      }),
    ),
  ),
);

const skipped = (count: number) => Object.fromEntries(keys.map((key) => [key, { grace: { count, at: fixedNow } }]));

/** Also on other days, and when they have skipped what they may. Of users with many enrollments only the extremes. */
const users: readonly Facts[] = fresh.flatMap((facts) => {
  const { subject, evidence } = facts;
  if (subject === undefined) return [facts];
  const areMany = subject.enrollments.length > 2;
  return (areMany ? [0, 90] : [0, 60, 90]).flatMap((days) =>
    (areMany ? [0, 2] : [0, 1, 2]).map((count) => {
      const now = fixedNow + days * oneDay;
      const transaction = { id: thisTransaction, startedAt: now };
      const proofs = evidence.map((given) => ({ ...given, at: now }));
      return { ...facts, now, transaction, subject: { ...subject, skipped: skipped(count) }, evidence: proofs };
    }),
  );
});

function many(key: (typeof keys)[number], count: number): readonly Enrollment[] {
  const { factors: covered, characteristics } = descriptor[key];
  return Array.from({ length: count }, (_, at) => {
    return { id: at === 0 ? key : `${key} ${at}`, authenticator: key, factors: covered, characteristics };
  });
}

const required = fc
  .record({
    anyOf: fc.subarray(['totp', 'webauthn'], { minLength: 1 }),
    count: fc.constantFrom(1, 1, 2, 3),
    grace: fc.constantFrom(
      undefined,
      ...[undefined, undefined, undefined, { skips: 1 }, { skips: 2 }],
      ...[60, 90].map((days) => ({ until: fixedNow + days * oneDay })),
    ),
  })
  .map(({ grace, ...ungraced }) => ({ ...ungraced, ...(grace && { grace }) }));
const terms = fc.record({
  required: fc.array(required, { maxLength: 2 }),
  useOnly: fc.constantFrom<readonly string[]>([], [], [], ['totp']),
});
const policy = fc.record({ ofGroup: fc.option(terms, { nil: undefined }), rest: terms });
const drawn = fc.record({ active: policy, next: policy, asked: fc.constantFrom(factors(1), factors(2)) });
type Drawn = typeof policy extends fc.Arbitrary<infer One> ? One : never;

function setOf({ ofGroup, rest }: Drawn, asked: ReturnType<typeof factors>): PolicySet {
  const rule = (name: string, then: Drawn['rest'], when: EnrollmentRule['when'] = {}): EnrollmentRule => {
    return { name, when, then: { optional: [], promoted: [], disabled: [], ...then } };
  };
  const rules = [...(ofGroup ? [rule('group', ofGroup, { groups: { any: ['a'] } })] : []), rule('rest', rest)];
  return {
    ...policiesOf({ app: asked }),
    authenticators,
    enrollment: compilePolicy({ name: 'enrollment', rules }),
  };
}

/** 0: let in, 1: may set up something first, 2: neither. */
function rankOf(policies: PolicySet, facts: Facts): number {
  const decision = evaluate(policies, facts);
  if (decision.kind !== 'enroll') return decision.kind === 'deny' || decision.kind === 'challenge' ? 2 : 0;
  if (decision.skippable) return 0;
  return decision.proofFirst ? 2 : 1;
}

test('some user gets on with less exactly if it is found', () => {
  const counts = { found: 0, undecided: 0, strict: 0 };
  fc.assert(
    fc.property(drawn, ({ active, next, asked }) => {
      const sides = { active: setOf(active, asked), next: setOf(next, asked) };
      const whens = [...(sides.active.enrollment?.rules ?? []), ...(sides.next.enrollment?.rules ?? [])];
      const space = ruleSpace(
        whens.map(({ rule }) => rule.when),
        universe(),
      );
      const { found, undecided } = laxerEnrollments(sides, space);
      const isLaxer = users.some((facts) => rankOf(sides.next, facts) < rankOf(sides.active, facts));
      expect(found.length > 0).toBe(isLaxer);
      counts.found += Number(found.length > 0);
      counts.undecided += Number(found.length === 0 && undecided.length > 0);
      counts.strict += Number(!isLaxer);
    }),
    seeded(150),
  );
  expect(counts.found).toBeGreaterThan(enough(40));
  expect(counts.strict).toBeGreaterThan(enough(15));
  // What is written otherwise, and comes to the same for every user.
  expect(counts.undecided).toBeLessThan(few(75));
});
