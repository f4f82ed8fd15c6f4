/**
 * Which proofs must come before which enrollments: the account-management requirement (Law 7), and what the account
 * policy adds. Authenticators with the same requirements are planned together.
 */
import type { AssessedEvidence } from '../evidence/requirement.ts';
import type { LayerRequirement } from '../model/decision.ts';
import { accountManagementOf, type Capabilities, enrollable, forAccountManagement, provable } from './capabilities.ts';

/** Enrollments that have the same requirements. */
export interface EnrollmentPlan {
  /** What the user must prove before any of them. */
  readonly before: readonly LayerRequirement[];
  /** Everything that the user could do: all proofs, and these enrollments. */
  readonly actions: readonly AssessedEvidence[];
}

/** Keys of authenticators whose enrollment has the same requirements. */
export interface AdditionGroup {
  readonly keys: readonly string[];
  readonly before: readonly LayerRequirement[];
}

/** Without an account policy all keys are in one group. */
export function additionGroups(keys: readonly string[], capabilities: Capabilities): readonly AdditionGroup[] {
  const accountManagement = accountManagementOf(capabilities);
  const { additions } = capabilities;
  if (additions === undefined) return [{ keys, before: [accountManagement] }];
  const groups = new Map<string, AdditionGroup>();
  for (const key of keys) {
    const addition = additions.get(key);
    const name = JSON.stringify(addition?.anyOf);
    const before = addition ? [accountManagement, addition] : [accountManagement];
    groups.set(name, { keys: [...(groups.get(name)?.keys ?? []), key], before });
  }
  return [...groups.values()];
}

/** One plan for each group, and one for all together, since a sign-in may need enrollments of two groups. */
export function enrollmentPlans(
  requirements: readonly LayerRequirement[],
  capabilities: Capabilities,
): readonly EnrollmentPlan[] {
  const proofs = provable(forAccountManagement(capabilities));
  const enrollments = enrollable(capabilities, requirements);
  const keys = [...new Set(enrollments.map(({ authenticator }) => authenticator))];
  const groups = additionGroups(keys, capabilities);
  const together = { keys, before: [...new Set(groups.flatMap(({ before }) => before))] };
  const plans = groups.length === 1 ? groups : [...groups, together];
  return plans.map((plan) => ({
    before: plan.before,
    actions: [...proofs, ...enrollments.filter(({ authenticator }) => plan.keys.includes(authenticator))],
  }));
}
