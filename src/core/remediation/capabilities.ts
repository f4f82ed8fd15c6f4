/** What a person could show. */

import { type CountedEvidence, showTheSame } from '../evidence/counted-evidence.ts';
import { presenceOnly } from '../evidence/presence-only.ts';
import type { AssessedEvidence } from '../evidence/requirement.ts';
import type { LayerRequirement } from '../model/decision.ts';
import type { AuthenticatorDescriptor, Enrollment, Subject } from '../model/facts.ts';
import type { PolicySet } from '../policy/compile.ts';
import { accountManagementRequirement } from './account-management.ts';

/** What there is, of whatever is enabled. */
export interface AuthenticatorState {
  /** Newest first. */
  readonly evidence: readonly CountedEvidence[];
  /** In the order of the authenticators. */
  readonly enrollments: readonly Enrollment[];
}

/** What is there to go on with. */
export interface Capabilities extends AuthenticatorState {
  /** What may be used here. */
  readonly policies: PolicySet;
  /**
   * What the bar of Law 7 is computed from and cleared with: also what the enrollment policy disables here, marked as
   * such.
   */
  readonly bar: AuthenticatorState & { readonly authenticators: readonly AuthenticatorDescriptor[] };
}

/** The means where only `usable` of the enabled authenticators may be used. */
export function capabilitiesWithin(usable: PolicySet, enabled: PolicySet, all: AuthenticatorState): Capabilities {
  const { authenticators } = enabled;
  if (usable.authenticators === authenticators) return { ...all, policies: usable, bar: { ...all, authenticators } };
  const { evidence, enrollments } = all;
  const isUsable = ({ authenticator }: { readonly authenticator: string }) =>
    usable.authenticators.some(({ key }) => key === authenticator);
  const mark = <One extends CountedEvidence | Enrollment>(one: One): One =>
    isUsable(one) ? one : { ...one, accountManagementOnly: true };
  return {
    evidence: evidence.filter(isUsable),
    enrollments: enrollments.filter(isUsable),
    policies: usable,
    bar: { evidence: evidence.map(mark), enrollments: enrollments.map(mark), authenticators },
  };
}

/** The bar of Law 7 for whoever has these means. */
export function accountManagementOf({ bar }: Capabilities): LayerRequirement {
  return accountManagementRequirement(bar.enrollments, bar.authenticators);
}

/** The means as the bar of Law 7 sees them: for goals of which it is one. */
export function forAccountManagement(capabilities: Capabilities): Capabilities {
  const { evidence, enrollments } = capabilities.bar;
  return { ...capabilities, evidence, enrollments };
}

/** The person's enrollments of enabled authenticators, in the order of the authenticators. */
export function usableEnrollments(subject: Subject, policies: PolicySet): readonly Enrollment[] {
  return policies.authenticators.flatMap(({ key, auxiliary }) => {
    const usable = subject.enrollments.filter(({ authenticator, consumed }) => authenticator === key && !consumed);
    return auxiliary ? usable.map((enrollment) => ({ ...enrollment, auxiliary })) : usable;
  });
}

/**
 * What the person would show by proving each enrollment. Enrollments that are alike stand for one another: of each kind
 * only as many as the longest chain could tell apart.
 */
export function provable(
  { enrollments, evidence, policies }: Capabilities,
  requirements: readonly LayerRequirement[],
): readonly AssessedEvidence[] {
  const limit = longestChain(requirements);
  return enrollments
    .filter((enrollment, index) => {
      const before = enrollments.slice(0, index);
      return before.filter((other) => standsFor(other, enrollment, evidence)).length < limit;
    })
    .map(({ id, authenticator, factors, characteristics, auxiliary, accountManagementOnly }): AssessedEvidence => {
      const proof = { authenticator, enrollment: id, factors, characteristics, age: 'now' } as const;
      const marked = {
        ...proof,
        ...(auxiliary && { auxiliary }),
        ...(accountManagementOnly && { accountManagementOnly }),
      };
      return authenticator === policies.presenceOnly ? presenceOnly(marked) : marked;
    });
}

/** Proving one is as good as proving the other: they show the same, and both or neither have shown it before. */
export function standsFor(one: Enrollment, other: Enrollment, evidence: readonly AssessedEvidence[]): boolean {
  const isShown = (id: string) => evidence.some(({ enrollment }) => enrollment === id);
  return showTheSame(one, other) && isShown(one.id) === isShown(other.id);
}

/** What the person would show by enrolling something that they do not have yet in an equal form. */
export function enrollable(
  { enrollments, policies }: Capabilities,
  requirements: readonly LayerRequirement[],
): readonly AssessedEvidence[] {
  const limit = longestChain(requirements);
  return policies.authenticators
    .filter(
      (descriptor) =>
        descriptor.enrollable && enrollments.filter((enrollment) => isAsGood(enrollment, descriptor)).length < limit,
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

function isAsGood(enrollment: Enrollment, descriptor: AuthenticatorDescriptor): boolean {
  return (
    enrollment.authenticator === descriptor.key &&
    descriptor.factors.every((factor) => enrollment.factors.includes(factor)) &&
    descriptor.characteristics.every((characteristic) => enrollment.characteristics.includes(characteristic))
  );
}

function longestChain(requirements: readonly LayerRequirement[]): number {
  const chains = requirements.flatMap(({ anyOf }) =>
    anyOf.flatMap((requirement) => ('chains' in requirement ? requirement.chains : [])),
  );
  return Math.max(1, ...chains.map((chain) => chain.length));
}
