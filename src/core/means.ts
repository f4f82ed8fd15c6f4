/** What a person could show. */
import type { PolicySet } from './compile.ts';
import { type CountedEvidence, showTheSame } from './counted-evidence.ts';
import type { AuthenticatorTraits, Enrollment, Subject } from './model.ts';
import type { Goal, Showing } from './requirement.ts';

/** What is there to go on with. */
export interface Means {
  /** Newest first. */
  readonly shown: readonly CountedEvidence[];
  /** Usable ones. */
  readonly enrollments: readonly Enrollment[];
  readonly policies: PolicySet;
}

/** The person's enrollments of enabled authenticators, in the order of the authenticators. */
export function usableEnrollments(subject: Subject, policies: PolicySet): readonly Enrollment[] {
  return policies.authenticators.flatMap(({ key, auxiliary }) => {
    const usable = subject.enrollments.filter(({ authenticator, spent }) => authenticator === key && !spent);
    return auxiliary ? usable.map((enrollment) => ({ ...enrollment, auxiliary })) : usable;
  });
}

/**
 * What the person would show by proving each enrollment. Enrollments that are alike stand for one another: of each kind only as many
 * as the longest chain could tell apart.
 */
export function provable(
  enrollments: readonly Enrollment[],
  shown: readonly Showing[],
  goals: readonly Goal[],
): readonly Showing[] {
  const limit = longestChain(goals);
  return enrollments
    .filter((enrollment, index) => {
      const before = enrollments.slice(0, index);
      return before.filter((other) => standsFor(other, enrollment, shown)).length < limit;
    })
    .map(({ id, authenticator, factors, characteristics, auxiliary }) => ({
      authenticator,
      enrollment: id,
      factors,
      characteristics,
      age: 'now',
      ...(auxiliary && { auxiliary }),
    }));
}

/** Proving one is as good as proving the other: they show the same, and both or neither have shown it before. */
export function standsFor(one: Enrollment, other: Enrollment, shown: readonly Showing[]): boolean {
  const isShown = (id: string) => shown.some(({ enrollment }) => enrollment === id);
  return showTheSame(one, other) && isShown(one.id) === isShown(other.id);
}

/** What the person would show by enrolling something that they do not have yet in an equal form. */
export function enrollable(
  enrollments: readonly Enrollment[],
  policies: PolicySet,
  goals: readonly Goal[],
): readonly Showing[] {
  const limit = longestChain(goals);
  return policies.authenticators
    .filter(
      (traits) => traits.enrollable && enrollments.filter((enrollment) => isAsGood(enrollment, traits)).length < limit,
    )
    .map(({ key, factors, characteristics, auxiliary }) => ({
      authenticator: key,
      enrollment: `new ${key}`,
      factors,
      characteristics,
      age: 'now',
      toEnroll: true,
      ...(auxiliary && { auxiliary }),
    }));
}

function isAsGood(enrollment: Enrollment, traits: AuthenticatorTraits): boolean {
  return (
    enrollment.authenticator === traits.key &&
    traits.factors.every((factor) => enrollment.factors.includes(factor)) &&
    traits.characteristics.every((characteristic) => enrollment.characteristics.includes(characteristic))
  );
}

function longestChain(goals: readonly Goal[]): number {
  const chains = goals.flatMap(({ anyOf }) =>
    anyOf.flatMap((requirement) => ('chains' in requirement ? requirement.chains : [])),
  );
  return Math.max(1, ...chains.map((chain) => chain.length));
}
