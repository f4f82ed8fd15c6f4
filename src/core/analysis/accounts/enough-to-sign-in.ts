/** The authenticators with which users get in who set nothing more up on the way. */
import type { PolicySet } from '../../policy/rules/compile.ts';
import type { UserFacts } from '../../policy/theories/theory.ts';
import { signInOutcome } from '../simulation/sign-in-outcomes.ts';
import { subsetsOf } from '../space/subsets.ts';

/** Users who must have added more are not followed. */
const mostAdded = 3;

/**
 * The smallest sets of authenticators that are enough, each with these among them: users choose for themselves what
 * they set up.
 */
export function enoughToSignIn(
  policies: PolicySet,
  facts: UserFacts,
  begun: readonly string[],
): readonly (readonly string[])[] {
  const enrollable = policies.authenticators.filter((descriptor) => descriptor.enrollable).map(({ key }) => key);
  const others = enrollable.filter((key) => !begun.includes(key));
  const isEnough = (added: readonly string[]) =>
    !signInOutcome(policies, facts, { keys: [...begun, ...added], never: enrollable }).isDenied;
  if (!isEnough(others)) return [];
  const enough: (readonly string[])[] = [];
  const few = subsetsOf(others).filter(({ length }) => length <= mostAdded);
  for (const added of few.toSorted((one, other) => one.length - other.length)) {
    const isSmallest = !enough.some((smaller) => smaller.every((key) => added.includes(key)));
    if (isSmallest && isEnough(added)) enough.push(added);
  }
  return enough.map((added) => [...begun, ...added]);
}
