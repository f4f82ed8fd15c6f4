/** The authenticators with which users get in who set nothing more up on the way. */
import type { PolicySet } from '../../policy/rules/compile.ts';
import type { UserFacts } from '../../policy/theories/theory.ts';
import { outcomeKey, signInOutcome } from '../simulation/sign-in-outcomes.ts';
import { subsetsOf } from '../space/subsets.ts';

/** Users who must have added more are not followed. */
const mostAdded = 3;

type Sets = readonly (readonly string[])[];

/** Cached by the configuration's authenticators, and by all else that sign-ins depend on (`outcomeKey`). */
const cachedSets = new WeakMap<PolicySet['authenticators'], Map<string, Sets>>();

/**
 * The smallest sets of authenticators that are enough, each with these among them: users choose for themselves what
 * they set up.
 */
export function enoughToSignIn(policies: PolicySet, facts: UserFacts, begun: readonly string[]): Sets {
  const known = cachedSets.get(policies.authenticators) ?? new Map<string, Sets>();
  cachedSets.set(policies.authenticators, known);
  const key = JSON.stringify([outcomeKey(policies, facts), begun]);
  const found = known.get(key) ?? findEnough(policies, facts, begun);
  known.set(key, found);
  return found;
}

function findEnough(policies: PolicySet, facts: UserFacts, begun: readonly string[]): Sets {
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
