/** The ways to go on as the person is shown them. */

import type { Showing } from '../evidence/requirement.ts';
import type { ChallengeOption } from '../model/decision.ts';
import type { Enrollment } from '../model/facts.ts';
import { recoveryKeys } from './account-management.ts';
import { type Means, standsFor } from './capabilities.ts';

/**
 * Options for the given proofs, each with the length of the shortest completion that it is part of. Shortest first, then knowledge, then
 * what resists phishing, then as configured. What exists for recovery comes after everything else.
 */
export function optionsBestFirst(shortest: ReadonlyMap<Showing, number>, means: Means): readonly ChallengeOption[] {
  const order = means.bar.authenticators.map(({ key }) => key);
  const recovery = recoveryKeys(means.bar.authenticators);
  const rank = (action: Showing): readonly number[] => [
    Number(recovery.includes(action.authenticator)),
    shortest.get(action) ?? 0,
    action.factors.includes('knowledge') ? 0 : 1,
    action.characteristics.includes('phishingResistant') ? 0 : 1,
    order.indexOf(action.authenticator),
  ];
  const best = [...shortest.keys()].sort((a, b) => compareRanks(rank(a), rank(b)));
  const asked = best.flatMap((action) => means.enrollments.filter(({ id }) => id === action.enrollment));
  const wouldDo = (enrollment: Enrollment) => asked.some((one) => standsFor(one, enrollment, means.shown));
  const keys = [...new Set(best.map((action) => action.authenticator))];
  return challengeOptions(keys, means.enrollments.filter(wouldDo), recovery);
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Groups enrollments by authenticator, in the given order. `recovery`: keys of those that exist for it. */
export function challengeOptions(
  order: readonly string[],
  enrollments: readonly Enrollment[],
  recovery: readonly string[],
): readonly ChallengeOption[] {
  return order
    .map((authenticator) => ({
      authenticator,
      enrollments: enrollments.filter((enrollment) => enrollment.authenticator === authenticator).map(({ id }) => id),
      ...(recovery.includes(authenticator) && { recovery: true as const }),
    }))
    .filter((option) => option.enrollments.length > 0);
}
