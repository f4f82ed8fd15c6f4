/** What a person could show. */

import { type CountedEvidence, showTheSame } from '../evidence/counted-evidence.ts';
import { presenceOnly } from '../evidence/presence-only.ts';
import type { Showing } from '../evidence/requirement.ts';
import type { Goal } from '../model/decision.ts';
import type { AuthenticatorTraits, Enrollment, Subject } from '../model/facts.ts';
import type { PolicySet } from '../policy/compile.ts';
import { enrollmentBar } from './account-management.ts';

/** What there is, of whatever is enabled. */
export interface Holdings {
  /** Newest first. */
  readonly shown: readonly CountedEvidence[];
  /** In the order of the authenticators. */
  readonly enrollments: readonly Enrollment[];
}

/** What is there to go on with. */
export interface Means extends Holdings {
  /** What may be used here. */
  readonly policies: PolicySet;
  /** What the bar of Law 7 is computed from and cleared with: also what the enrollment policy disables here, marked as such. */
  readonly bar: Holdings & { readonly authenticators: readonly AuthenticatorTraits[] };
}

/** The means where only `usable` of the enabled authenticators may be used. */
export function meansWithin(usable: PolicySet, enabled: PolicySet, all: Holdings): Means {
  const { authenticators } = enabled;
  if (usable.authenticators === authenticators) return { ...all, policies: usable, bar: { ...all, authenticators } };
  const { shown, enrollments } = all;
  const isUsable = ({ authenticator }: { readonly authenticator: string }) =>
    usable.authenticators.some(({ key }) => key === authenticator);
  const mark = <One extends CountedEvidence | Enrollment>(one: One): One =>
    isUsable(one) ? one : { ...one, barOnly: true };
  return {
    shown: shown.filter(isUsable),
    enrollments: enrollments.filter(isUsable),
    policies: usable,
    bar: { shown: shown.map(mark), enrollments: enrollments.map(mark), authenticators },
  };
}

/** The bar of Law 7 for whoever has these means. */
export function barOf({ bar }: Means): Goal {
  return enrollmentBar(bar.enrollments, bar.authenticators);
}

/** The means as the bar of Law 7 sees them: for goals of which it is one. */
export function forBar(means: Means): Means {
  const { shown, enrollments } = means.bar;
  return { ...means, shown, enrollments };
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
export function provable({ enrollments, shown, policies }: Means, goals: readonly Goal[]): readonly Showing[] {
  const limit = longestChain(goals);
  return enrollments
    .filter((enrollment, index) => {
      const before = enrollments.slice(0, index);
      return before.filter((other) => standsFor(other, enrollment, shown)).length < limit;
    })
    .map(({ id, authenticator, factors, characteristics, auxiliary, barOnly }): Showing => {
      const proof = { authenticator, enrollment: id, factors, characteristics, age: 'now' } as const;
      const marked = { ...proof, ...(auxiliary && { auxiliary }), ...(barOnly && { barOnly }) };
      return authenticator === policies.presenceOnly ? presenceOnly(marked) : marked;
    });
}

/** Proving one is as good as proving the other: they show the same, and both or neither have shown it before. */
export function standsFor(one: Enrollment, other: Enrollment, shown: readonly Showing[]): boolean {
  const isShown = (id: string) => shown.some(({ enrollment }) => enrollment === id);
  return showTheSame(one, other) && isShown(one.id) === isShown(other.id);
}

/** What the person would show by enrolling something that they do not have yet in an equal form. */
export function enrollable({ enrollments, policies }: Means, goals: readonly Goal[]): readonly Showing[] {
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
