/** Orders the options of a challenge for display. */

import type { AssessedEvidence } from '../evidence/requirement.ts';
import type { ChallengeOption } from '../model/decision.ts';
import type { Enrollment } from '../model/facts.ts';
import { recoveryKeys } from './account-management.ts';
import type { Capabilities } from './capabilities.ts';

/**
 * Orders proofs by the size of the smallest sufficient set that contains each, smallest first. Ties: knowledge first,
 * then phishing-resistant authenticators, then the order of the configuration. Recovery authenticators come last.
 */
export function optionsBestFirst(
  smallest: ReadonlyMap<AssessedEvidence, number>,
  capabilities: Capabilities,
): readonly ChallengeOption[] {
  const order = capabilities.accountManagement.authenticators.map(({ key }) => key);
  const recovery = recoveryKeys(capabilities.accountManagement.authenticators);
  const rank = (action: AssessedEvidence): readonly number[] => [
    Number(recovery.includes(action.authenticator)),
    smallest.get(action) ?? 0,
    action.factors.includes('knowledge') ? 0 : 1,
    action.characteristics.includes('phishingResistant') ? 0 : 1,
    order.indexOf(action.authenticator),
  ];
  const ranked = [...smallest.keys()].map((action) => ({ action, ranks: rank(action) }));
  const best = ranked.sort((a, b) => compareRanks(a.ranks, b.ranks)).map(({ action }) => action);
  const asked = new Set(best.map((action) => action.enrollment));
  const keys = [...new Set(best.map((action) => action.authenticator))];
  const enrollments = capabilities.enrollments.filter(({ id }) => asked.has(id));
  return challengeOptions(keys, enrollments, recovery);
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Groups enrollments by authenticator, in the given order. `recovery`: keys of the recovery authenticators. */
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
