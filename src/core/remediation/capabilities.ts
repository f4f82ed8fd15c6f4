/** What a user could prove or enroll here, and how many of several equal enrollments are worth looking at. */

import { type CountedEvidence, showTheSame } from '../evidence/counted-evidence.ts';
import { presenceOnly } from '../evidence/presence-only.ts';
import { isAddress, recoveredPart } from '../evidence/recovered.ts';
import type { AssessedEvidence } from '../evidence/requirement.ts';
import type { LayerRequirement } from '../model/decision.ts';
import type { AuthenticatorDescriptor, Enrollment, RecoveredPart, Subject } from '../model/facts.ts';
import type { PolicySet } from '../policy/compile.ts';
import { accountManagementRequirement } from './account-management.ts';

/** What a user has of the enabled authenticators. */
export interface AuthenticatorState {
  /** Newest first. */
  readonly evidence: readonly CountedEvidence[];
  /** In the order of the authenticators. */
  readonly enrollments: readonly Enrollment[];
}

/** What a user can prove or enroll under the policies of an app. */
export interface Capabilities extends AuthenticatorState {
  /** With the authenticators that may be used here. */
  readonly policies: PolicySet;
  /**
   * For the account-management requirement (Law 7): includes what the enrollment policy disables here, marked as such.
   */
  readonly accountManagement: AuthenticatorState & { readonly authenticators: readonly AuthenticatorDescriptor[] };
}

/** The capabilities where only the authenticators of `usable` may be used, out of all that are `enabled`. */
export function capabilitiesWithin(usable: PolicySet, enabled: PolicySet, all: AuthenticatorState): Capabilities {
  const { authenticators } = enabled;
  if (usable.authenticators === authenticators)
    return { ...all, policies: usable, accountManagement: { ...all, authenticators } };
  const { evidence, enrollments } = all;
  const isUsable = ({ authenticator }: { readonly authenticator: string }) =>
    usable.authenticators.some(({ key }) => key === authenticator);
  const mark = <One extends CountedEvidence | Enrollment>(one: One): One =>
    isUsable(one) ? one : { ...one, accountManagementOnly: true };
  return {
    evidence: evidence.filter(isUsable),
    enrollments: enrollments.filter(isUsable),
    policies: usable,
    accountManagement: { evidence: evidence.map(mark), enrollments: enrollments.map(mark), authenticators },
  };
}

/** The account-management requirement (Law 7) for a user with these capabilities. */
export function accountManagementOf({ accountManagement }: Capabilities): LayerRequirement {
  return accountManagementRequirement(accountManagement.enrollments, accountManagement.authenticators);
}

/**
 * The capabilities that count where the account-management requirement is among the requirements: also what the
 * enrollment policy disables, marked as such.
 */
export function forAccountManagement(capabilities: Capabilities): Capabilities {
  const { evidence, enrollments } = capabilities.accountManagement;
  return { ...capabilities, evidence, enrollments };
}

/** The user's enrollments of enabled authenticators, in the order of the authenticators. */
export function usableEnrollments(subject: Subject, policies: PolicySet): readonly Enrollment[] {
  return policies.authenticators.flatMap((descriptor) => {
    const { key, auxiliary } = descriptor;
    const usable = subject.enrollments.filter(({ authenticator, consumed }) => authenticator === key && !consumed);
    if (!auxiliary && !subject.recovery) return usable;
    return usable.map((enrollment) => {
      const recovered = recoveredPart(subject, descriptor, enrollment.id);
      return { ...enrollment, ...(auxiliary && { auxiliary }), ...(recovered && { recovered }) };
    });
  });
}

/**
 * The evidence that the user would have after proving each enrollment. Equal enrollments stand for one another, so of
 * each kind there are only as many as the longest chain could tell apart.
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
    .map(({ id, authenticator, factors, characteristics, ...marks }): AssessedEvidence => {
      const { auxiliary, recovered, accountManagementOnly } = marks;
      const proof = { authenticator, enrollment: id, factors, characteristics, age: 'now' } as const;
      const marked = {
        ...proof,
        ...(auxiliary && { auxiliary }),
        ...(recovered && { recovered }),
        ...(accountManagementOnly && { accountManagementOnly }),
      };
      return authenticator === policies.presenceOnly ? presenceOnly(marked) : marked;
    });
}

/**
 * Whether proving one enrollment is as good as proving the other: they show the same, and both or neither have been
 * proved.
 */
export function standsFor(one: Enrollment, other: Enrollment, evidence: readonly AssessedEvidence[]): boolean {
  const isProved = (id: string) => evidence.some(({ enrollment }) => enrollment === id);
  return showTheSame(one, other) && isProved(one.id) === isProved(other.id);
}

/** The evidence that the user would have after enrolling each authenticator of which an equal enrollment is missing. */
export function enrollable(
  { enrollments, policies }: Capabilities,
  requirements: readonly LayerRequirement[],
): readonly AssessedEvidence[] {
  const limit = longestChain(requirements);
  const isRecovered = enrollments.some(({ recovered }) => recovered !== undefined);
  return policies.authenticators
    .filter(
      (descriptor) =>
        descriptor.enrollable && enrollments.filter((enrollment) => isAsGood(enrollment, descriptor)).length < limit,
    )
    .map((descriptor) => {
      const { key, factors, characteristics, auxiliary } = descriptor;
      const recovered = isRecovered ? partOfNew(descriptor) : undefined;
      return {
        authenticator: key,
        enrollment: `new ${key}`,
        factors,
        characteristics,
        age: 'now',
        toEnroll: true,
        ...(auxiliary && { auxiliary }),
        ...(recovered && { recovered }),
      };
    });
}

/** What a recovery that still counts would make of a new enrollment. */
function partOfNew(descriptor: AuthenticatorDescriptor): RecoveredPart | undefined {
  if (descriptor.underPasswordPolicy) return 'secret';
  return isAddress(descriptor) && !descriptor.recovery ? 'proof' : undefined;
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
