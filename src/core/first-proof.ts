/** Keeps a deny back from somebody who has only identified: it would tell who has an account, and in what state. */
import { challengeOptions } from './challenge-options.ts';
import type { PolicySet } from './compile.ts';
import { chance, shareOf } from './decoy.ts';
import { recoveryKeys } from './enrollment-bar.ts';
import type { Means } from './means.ts';
import type { AuthenticatorTraits, ChallengeOption, Facts } from './model.ts';
import { NO_ENROLLMENT } from './no-enrollment.ts';
import type { Goal } from './requirement.ts';
import { takenFromAnybody } from './taken.ts';
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

/**
 * What somebody is asked for who has proved nothing, at an app that names what it takes: of the options those, if there are any. Otherwise what
 * it takes first of somebody who does not exist comes before them, and cannot be answered: so people who have nothing that the app takes look
 * like those who do not exist, and these like people whom it takes. The options stay as other ways on, for whoever enrolls behind them.
 */
export function askable(
  options: readonly ChallengeOption[],
  policies: PolicySet,
  facts: Facts,
): readonly ChallengeOption[] {
  const taken = takenFromAnybody(policies, facts);
  const kept = options.filter(({ authenticator }) => taken.includes(authenticator));
  if (taken.length === 0 || kept.length > 0) return taken.length === 0 ? options : kept;
  const key = seeming(
    policies.authenticators.filter((traits) => taken.includes(traits.key)),
    facts,
  );
  return [{ authenticator: key ?? taken[0] ?? '', enrollments: [NO_ENROLLMENT] }, ...options];
}

/** One that people who do not exist may seem to have, as often as they do; `undefined`: there is none. */
function seeming(taken: readonly AuthenticatorTraits[], { seeming: who }: Facts): string | undefined {
  const shares = taken.map((traits) => ({ key: traits.key, share: shareOf(traits, who?.isAddress === true) }));
  const possible = shares.filter(({ share }) => share > 0);
  const upTo = (at: number) => possible.slice(0, at + 1).reduce((sum, { share }) => sum + share, 0);
  const drawn = who ? chance(who.entropy, 'first proof') * upTo(possible.length) : 0;
  return possible.find((_, at) => drawn < upTo(at))?.key;
}
