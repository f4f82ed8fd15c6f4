/**
 * What is said of sign-ins that take enrollments, against every way through their pages. The worlds have account rules,
 * rules about how the user signed in and about the past, expired passwords, recoveries and grace.
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { askedInAll, leastAskedInAll } from '../../../../src/core/analysis/simulation/asked-in-all.ts';
import { leastOfWays } from '../../../../src/core/analysis/simulation/least-steps.ts';
import { requiredInEach } from '../../../../src/core/analysis/simulation/required-choices.ts';
import { type Action, minimalOf } from '../../../../src/core/remediation/all-sufficient-sets.ts';
import { enrollingWorld, factsIn, policiesIn } from '../../support/enrolling-worlds.ts';
import { isOneOf } from '../../support/every-way.ts';
import { descriptor } from '../../support/fixtures.ts';
import { enough, seeded } from '../../support/seeded.ts';
import { walkedSignIn } from '../../support/walked-sign-ins.ts';

const allKeys = Object.keys(descriptor);

/** Whether a set names just these, with their methods where it tells them apart. */
function names(set: readonly Action[], walked: readonly Action[]): boolean {
  const left = [...walked];
  const areTaken = set.every((action) => {
    const at = left.findIndex((other) => isOneOf(action, other) && action.toEnroll === other.toEnroll);
    return at >= 0 && left.splice(at, 1);
  });
  return areTaken && left.length === 0;
}

describe('of a fresh sign-in that may take enrollments', () => {
  test('each named way is offered, and each minimal way is named, with what must be set up', () => {
    const seen = { denied: 0, byProof: 0, enrolling: 0, afterwards: 0 };
    fc.assert(
      fc.property(enrollingWorld, (world) => {
        const [policies, facts] = [policiesIn(world), factsIn(world)];
        const walked = walkedSignIn(policies, facts, facts.subject);
        const asked = askedInAll(policies, facts);
        const sets = asked?.proofs.sets ?? [];
        const said = JSON.stringify(sets);
        expect(sets.filter((set) => !walked.sets.some((own) => names(set, own)))).toEqual([]);
        const leftOut = minimalOf(walked.sets).filter((own) => !sets.some((set) => names(set, own)));
        expect(leftOut.map((own) => [own, said])).toEqual([]);
        const least = leastOfWays(policies, facts, leastAskedInAll(policies, facts));
        const setUps = requiredInEach(least.flatMap((way) => way.setUps));
        expect(setUps.filter((keys) => walked.fewestOf(keys) === 0)).toEqual([]);
        if (asked) expect(setUps).toHaveLength(walked.fewestOf(allKeys));
        const isEnrolling = walked.sets.some((set) => set.some(({ toEnroll }) => toEnroll));
        seen.denied += asked ? 0 : 1;
        seen.byProof += asked && !isEnrolling ? 1 : 0;
        seen.enrolling += isEnrolling ? 1 : 0;
        seen.afterwards += !isEnrolling && setUps.length > 0 ? 1 : 0;
      }),
      seeded(1200),
    );
    expect(seen.denied).toBeGreaterThan(enough(200));
    expect(seen.byProof).toBeGreaterThan(enough(150));
    expect(seen.enrolling).toBeGreaterThan(enough(150));
    expect(seen.afterwards).toBeGreaterThan(enough(15));
  });
});
