/** Keeps a deny back from somebody who has only identified: it would tell who has an account, and in what state. */
import type { ChallengeOption, LayerRequirement } from '../model/decision.ts';
import { NO_ENROLLMENT } from '../model/no-enrollment.ts';
import { recoveryKeys } from './account-management.ts';
import type { Capabilities } from './capabilities.ts';
import { challengeOptions } from './option-order.ts';
import { type RequirementStatus, requirementStatus } from './requirement-status.ts';

/**
 * What somebody is asked for who will be denied whatever they prove: what they would be asked without the deny, as far
 * as that is known, else anything that they have. Never empty as long as an authenticator is enabled that is not
 * auxiliary.
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
  return authenticator === undefined ? [] : [{ authenticator, enrollments: [NO_ENROLLMENT] }];
}
