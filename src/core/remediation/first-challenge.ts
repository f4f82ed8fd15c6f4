/**
 * Withholds a denial from a user who has only identified. It would reveal which accounts exist and in what state they
 * are.
 */
import type { ChallengeOption, LayerRequirement } from '../model/decision.ts';
import { noEnrollment } from '../model/no-enrollment.ts';
import { recoveryKeys } from './account-management.ts';
import type { Capabilities } from './capabilities.ts';
import { challengeOptions } from './option-order.ts';
import { type RequirementStatus, requirementStatus } from './requirement-status.ts';

/**
 * The options of the challenge for a user who will be denied in any case. They are those without the denial, if these
 * can be determined, and otherwise anything that the user has. Never empty while an authenticator that is not auxiliary
 * is enabled.
 */
export function firstChallenge(
  requirements: readonly LayerRequirement[],
  capabilities: Capabilities,
): readonly ChallengeOption[] {
  const status: RequirementStatus = requirementStatus(requirements, capabilities);
  if (status.kind === 'challenge' && status.options.length > 0) return status.options;
  const inOrder = capabilities.policies.authenticators.filter(({ auxiliary }) => !auxiliary);
  const order = inOrder.map(({ key }) => key);
  const options = challengeOptions(order, capabilities.enrollments, recoveryKeys(inOrder));
  if (options.length > 0) return options;
  const authenticator = inOrder.find(({ askedWithIdentifier }) => askedWithIdentifier)?.key ?? order[0];
  return authenticator === undefined ? [] : [{ authenticator, enrollments: [noEnrollment] }];
}
