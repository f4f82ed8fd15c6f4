/** How a person can go on from what they have shown: to prove more, to enroll, or not at all. */
import type { PolicySet } from './compile.ts';
import { type Completion, firstOf, minimalCompletions } from './completions.ts';
import type { ChallengeOption, Enrollment } from './model.ts';
import { type Goal, meetsGoal, type Showing } from './requirement.ts';
import { areAlike, type CountedEvidence, enrollable, enrollmentBar, provable } from './situation.ts';
import { findWitness } from './witness.ts';

export type WayOn =
  | { readonly kind: 'met'; readonly witness: readonly CountedEvidence[] }
  | { readonly kind: 'challenge'; readonly options: readonly ChallengeOption[] }
  | { readonly kind: 'enroll'; readonly choices: readonly string[] }
  | { readonly kind: 'impossible' };

/** What is there to go on with. */
export interface Means {
  /** Newest first. */
  readonly shown: readonly CountedEvidence[];
  /** Usable ones. */
  readonly enrollments: readonly Enrollment[];
  readonly policies: PolicySet;
}

/**
 * Existing enrollments first; enrolling is for those who cannot complete without it, and only after they have proved the strongest
 * level that their account can reach (Law 7). Whatever is offered is part of a completion of which no part can be left out.
 */
export function wayOn(goals: readonly Goal[], means: Means): WayOn {
  const witness = findWitness(goals, means.shown);
  if (witness !== undefined) return { kind: 'met', witness };
  const proofs = provable(means.enrollments, means.shown, goals);
  const byProof = minimalCompletions(goals, means.shown, proofs);
  if (byProof.length > 0) return challenge(byProof, goals, means);
  if (means.enrollments.length === 0) return { kind: 'impossible' };
  const bar = enrollmentBar(means.enrollments);
  const barred = [bar, ...goals];
  const actions = [...proofs, ...enrollable(means.enrollments, means.policies, goals)];
  const completions = minimalCompletions(barred, means.shown, actions);
  if (completions.length === 0) return { kind: 'impossible' };
  if (!meetsGoal(bar, means.shown)) return challenge(completions, barred, means);
  return enrollOrProveFirst(completions, goals, means);
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
  const order = means.policies.authenticators.map(({ key }) => key);
  return { kind: 'enroll', choices: order.filter((key) => choices.includes(key)) };
}

function keysToEnroll(actions: readonly Showing[]): readonly string[] {
  return actions.filter((action) => action.toEnroll).map((action) => action.authenticator);
}

function challenge(completions: readonly Completion[], goals: readonly Goal[], means: Means): WayOn {
  const shortest = new Map<Showing, number>();
  for (const completion of completions) {
    for (const action of proofsNow(completion, goals, means.shown)) {
      shortest.set(action, Math.min(completion.length, shortest.get(action) ?? Number.POSITIVE_INFINITY));
    }
  }
  return { kind: 'challenge', options: optionsBestFirst(shortest, means) };
}

/** Where a chain wants something enrolled first that may not be enrolled yet, the proofs come first all the same. */
function proofsNow(completion: Completion, goals: readonly Goal[], shown: readonly Showing[]): readonly Showing[] {
  const isProof = (action: Showing) => !action.toEnroll;
  const ready = firstOf(completion, goals, shown).filter(isProof);
  return ready.length > 0 ? ready : completion.filter(isProof);
}

/** Shortest way first, then knowledge, then what resists phishing, then as configured. */
function optionsBestFirst(shortest: ReadonlyMap<Showing, number>, means: Means): readonly ChallengeOption[] {
  const order = means.policies.authenticators.map(({ key }) => key);
  const rank = (action: Showing): readonly number[] => [
    shortest.get(action) ?? 0,
    action.factors.includes('knowledge') ? 0 : 1,
    action.characteristics.includes('phishingResistant') ? 0 : 1,
    order.indexOf(action.authenticator),
  ];
  const best = [...shortest.keys()].sort((a, b) => compareRanks(rank(a), rank(b)));
  const isShown = (id: string) => means.shown.some(({ enrollment }) => enrollment === id);
  const wouldDo = (enrollment: Enrollment) =>
    best.some((action) => areAlike(action, enrollment) && isShown(action.enrollment) === isShown(enrollment.id));
  return challengeOptions([...new Set(best.map((action) => action.authenticator))], means.enrollments.filter(wouldDo));
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Groups enrollments by authenticator, in the given order. */
export function challengeOptions(
  order: readonly string[],
  enrollments: readonly Enrollment[],
): readonly ChallengeOption[] {
  return order
    .map((authenticator) => ({
      authenticator,
      enrollments: enrollments.filter((enrollment) => enrollment.authenticator === authenticator).map(({ id }) => id),
    }))
    .filter((option) => option.enrollments.length > 0);
}
