/** Keeps a deny back from somebody who has only identified: it would tell who has an account, and in what state. */
import { challengeOptions } from './challenge-options.ts';
import { recoveryKeys } from './enrollment-bar.ts';
import type { Means } from './means.ts';
import type { ChallengeOption } from './model.ts';
import { NO_ENROLLMENT } from './no-enrollment.ts';
import type { Goal } from './requirement.ts';
import { type WayOn, wayOn } from './way-on.ts';

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
