/** Which `acr` values can be reached at all: those that discovery may announce. */
import type { AuthenticatorDescriptor } from '../model/facts.ts';
import type { AcrLevel, Requirement } from '../model/policy.ts';
import { type AssessedEvidence, meetsRequirement } from './requirement.ts';

/** The values, in their order, that a user who has all these authenticators at their best would reach. */
export function attainableAcrValues(
  acrLevels: readonly AcrLevel[],
  authenticators: readonly AuthenticatorDescriptor[],
): readonly string[] {
  return acrLevels
    .filter(({ requirement }) => meetsRequirement(requirement, bestEvidence(requirement, authenticators)))
    .map(({ value }) => value);
}

/**
 * Evidence of every authenticator, each as often as the longest chain could ask for it and a user can have it. More
 * evidence never hurts, so this meets the requirement if any evidence can.
 */
export function bestEvidence(
  requirement: Requirement,
  authenticators: readonly AuthenticatorDescriptor[],
): readonly AssessedEvidence[] {
  const often = 'chains' in requirement ? Math.max(1, ...requirement.chains.map((chain) => chain.length)) : 1;
  return authenticators.flatMap(({ key, methods, factors, characteristics, auxiliary, maxEnrollments }) =>
    Array.from({ length: maxEnrollments ?? often }, (_, index) => ({
      authenticator: key,
      enrollment: `${key} ${index}`,
      factors,
      characteristics,
      age: 'now' as const,
      ...(methods && { methods }),
      ...(auxiliary && { auxiliary }),
    })),
  );
}
