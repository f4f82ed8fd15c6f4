/** How a person can go on from what they have shown: to prove more, to enroll, or not at all. */

import type { CountedEvidence } from '../evidence/counted-evidence.ts';
import { meetsGoal, type Showing } from '../evidence/requirement.ts';
import { findWitness } from '../evidence/supporting-evidence.ts';
import type { ChallengeOption, Goal } from '../model/decision.ts';
import { barOf, enrollable, forBar, type Means, provable } from './capabilities.ts';
import { optionsBestFirst } from './option-order.ts';
import { type Completion, firstOf, minimalCompletions } from './sufficient-sets.ts';

export type WayOn =
  | { readonly kind: 'met'; readonly witness: readonly CountedEvidence[] }
  | {
      readonly kind: 'challenge';
      readonly options: readonly ChallengeOption[];
      /** It is only asked so that one of these can be enrolled. */
      readonly toEnroll?: readonly string[];
    }
  | { readonly kind: 'enroll'; readonly choices: readonly string[] }
  | { readonly kind: 'impossible' };

/**
 * Existing enrollments first; enrolling is for those who cannot complete without it, and only after they have proved the strongest
 * level that their account can reach (Law 7), also by what the enrollment policy disables here. Whatever is offered is part of a completion
 * of which no part can be left out.
 */
export function wayOn(goals: readonly Goal[], means: Means): WayOn {
  const able = goals.some(({ isBar }) => isBar) ? forBar(means) : means;
  const witness = findWitness(goals, able.shown);
  if (witness !== undefined) return { kind: 'met', witness: witness.filter(({ barOnly }) => !barOnly) };
  const byProof = minimalCompletions(goals, able.shown, provable(able, goals));
  if (byProof.length > 0) return challenge(byProof, goals, able);
  return enrollingWay(goals, means);
}

function enrollingWay(goals: readonly Goal[], means: Means): WayOn {
  const able = forBar(means);
  const bar = barOf(means);
  const barred = [bar, ...goals];
  const completions = minimalCompletions(barred, able.shown, [...provable(able, goals), ...enrollable(means, goals)]);
  if (completions.length === 0) return { kind: 'impossible' };
  if (meetsGoal(bar, able.shown)) return enrollOrProveFirst(completions, goals, able);
  const proofs = challenge(completions, barred, able);
  // That there is something to enroll says what the account has not: only to somebody who has proved something.
  return able.shown.length === 0 ? proofs : { ...proofs, toEnroll: inOrder(completions.flatMap(keysToEnroll), means) };
}

/** Enrolling waits for a proof only if without that proof an authenticator could not be chosen that might complete with it. */
function enrollOrProveFirst(completions: readonly Completion[], goals: readonly Goal[], means: Means): WayOn {
  const isReady = (completion: Completion) => firstOf(completion, goals, means.shown).every(({ toEnroll }) => toEnroll);
  const ready = completions.filter(isReady);
  const waiting = completions.filter((completion) => !isReady(completion));
  const choices = ready.flatMap((completion) => keysToEnroll(firstOf(completion, goals, means.shown)));
  const waitingFor = waiting.flatMap(keysToEnroll);
  if (choices.length === 0 || !waitingFor.every((key) => choices.includes(key)))
    return challenge(waiting, goals, means);
  return { kind: 'enroll', choices: inOrder(choices, means) };
}

function inOrder(keys: readonly string[], { policies }: Means): readonly string[] {
  return policies.authenticators.map(({ key }) => key).filter((key) => keys.includes(key));
}

function keysToEnroll(actions: readonly Showing[]): readonly string[] {
  return actions.filter((action) => action.toEnroll).map((action) => action.authenticator);
}

/** What to prove now for one of these completions. */
export function challenge(
  completions: readonly Completion[],
  goals: readonly Goal[],
  means: Means,
): Extract<WayOn, { kind: 'challenge' }> {
  const shortest = new Map<Showing, number>();
  for (const completion of completions) {
    for (const action of proofsNow(completion, goals, means.shown)) {
      shortest.set(action, Math.min(completion.length, shortest.get(action) ?? Number.POSITIVE_INFINITY));
    }
  }
  return { kind: 'challenge', options: optionsBestFirst(shortest, means) };
}

/**
 * Where a chain wants something enrolled first that may not be enrolled yet, the proofs come first all the same. What is auxiliary comes
 * last, whatever a chain says: a question is a hint, which nobody sees before the rest is proved.
 */
function proofsNow(completion: Completion, goals: readonly Goal[], shown: readonly Showing[]): readonly Showing[] {
  const isProof = (action: Showing) => !action.toEnroll;
  const isSolid = (action: Showing) => isProof(action) && !action.auxiliary;
  const ready = firstOf(completion, goals, shown);
  const ways = [ready.filter(isSolid), completion.filter(isSolid), ready.filter(isProof), completion.filter(isProof)];
  return ways.find((actions) => actions.length > 0) ?? [];
}
