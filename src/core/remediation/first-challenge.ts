/** Keeps a deny back from somebody who has only identified: it would tell who has an account, and in what state. */
import type { ChallengeOption, Goal } from '../model/decision.ts';
import { NO_ENROLLMENT } from '../model/no-enrollment.ts';
import { recoveryKeys } from './account-management.ts';
import type { Means } from './capabilities.ts';
import { challengeOptions } from './option-order.ts';
import { type WayOn, wayOn } from './requirement-status.ts';

/**
 * What somebody is asked for who will be denied whatever they prove: what they would be asked without the deny, as far as that is
 * known, else anything that they have. Never empty as long as an authenticator is enabled that is not auxiliary.
 */
export function firstProof(goals: readonly Goal[], means: Means): readonly ChallengeOption[] {
  const way: WayOn = wayOn(goals, means);
  if (way.kind === 'challenge' && way.options.length > 0) return way.options;
  const inOrder = means.policies.authenticators.filter(({ auxiliary }) => !auxiliary);
  const order = inOrder.map(({ key }) => key);
  const options = challengeOptions(order, means.enrollments, recoveryKeys(inOrder));
  if (options.length > 0) return options;
  const authenticator = inOrder.find(({ besideIdentifier }) => besideIdentifier)?.key ?? order[0];
  return authenticator === undefined ? [] : [{ authenticator, enrollments: [NO_ENROLLMENT] }];
}
