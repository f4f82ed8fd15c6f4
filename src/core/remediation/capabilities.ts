/** What a user could prove or enroll here. */

import type { CountedEvidence } from '../evidence/counted-evidence.ts';
import type { NamedProof } from '../evidence/named.ts';
import { presenceOnly } from '../evidence/presence-only.ts';
import { isAddress, recoveredPart } from '../evidence/recovered.ts';
import type { AssessedEvidence } from '../evidence/requirement.ts';
import { authenticatorIn } from '../model/authenticator-name.ts';
import type { LayerRequirement } from '../model/decision.ts';
import type { AuthenticatorDescriptor, Enrollment, RecoveredPart, Subject } from '../model/facts.ts';
import { type ChainStep, LONGEST_CHAIN } from '../model/policy.ts';
import type { PolicySet } from '../policy/rules/compile.ts';
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
   * By key of an authenticator, what the account policy asks for before it is enrolled, beside the account-management
   * requirement. Absent: nothing.
   */
  readonly additions?: ReadonlyMap<string, LayerRequirement>;
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
  const usable: Enrollment[] = [];
  for (const descriptor of policies.authenticators)
    for (const enrollment of subject.enrollments) {
      if (enrollment.authenticator !== descriptor.key || enrollment.consumed) continue;
      const isPlain = !descriptor.auxiliary && !subject.recovery && !descriptor.methods;
      usable.push(isPlain ? enrollment : usableHere(enrollment, descriptor, subject));
    }
  return usable;
}

/** With the methods that may be used here, and with how a requirement sees it. */
function usableHere(enrollment: Enrollment, descriptor: AuthenticatorDescriptor, subject: Subject): Enrollment {
  const { auxiliary, methods } = descriptor;
  const recovered = recoveredPart(subject, descriptor, enrollment.id);
  const own = methods && { methods: methods.filter((one) => enrollment.methods?.includes(one) ?? true) };
  return { ...enrollment, ...own, ...(auxiliary && { auxiliary }), ...(recovered && { recovered }) };
}

/** The evidence that the user would have after proving each enrollment. */
export function provable({ enrollments, policies }: Capabilities): readonly AssessedEvidence[] {
  return enrollments.flatMap((enrollment) => {
    const proof = evidenceOfProving(enrollment);
    return withinMethods(enrollment.authenticator === policies.presenceOnly ? presenceOnly(proof) : proof, policies);
  });
}

/**
 * The evidence that the user has and could have by what the account has for good, here or elsewhere. Recovery
 * authenticators are for the loss of others, and what expires by itself is not counted on.
 */
export function enrolledAtBest(capabilities: Capabilities): readonly AssessedEvidence[] {
  const { enrollments, authenticators } = capabilities.accountManagement;
  const isForRecovery = (name: string) => authenticators.some(({ key, recovery }) => key === name && recovery);
  const lasting = enrollments.filter(
    ({ authenticator, auxiliary, temporary }) => !auxiliary && !temporary && !isForRecovery(authenticator),
  );
  const proofs = provable({ ...capabilities, enrollments: lasting });
  return [...capabilities.evidence, ...proofs.map(({ accountManagementOnly: _, ...proof }) => proof)];
}

function evidenceOfProving(enrollment: Enrollment): AssessedEvidence {
  const { id, authenticator, methods, factors, characteristics } = enrollment;
  const { auxiliary, recovered, accountManagementOnly } = enrollment;
  const proof = { authenticator, enrollment: id, factors, characteristics, age: 'now' } as const;
  if (!methods && !auxiliary && !recovered && !accountManagementOnly) return proof;
  return {
    ...proof,
    ...(methods && { methods }),
    ...(auxiliary && { auxiliary }),
    ...(recovered && { recovered }),
    ...(accountManagementOnly && { accountManagementOnly }),
  };
}

/**
 * The evidence that the user would have after enrolling each authenticator, as often as equal enrollments are missing:
 * one of each is enough, unless a chain takes several.
 */
export function enrollable(
  { enrollments, policies }: Capabilities,
  requirements: readonly LayerRequirement[],
): readonly AssessedEvidence[] {
  const isRecovered = enrollments.some(({ recovered }) => recovered !== undefined);
  return policies.authenticators.flatMap((descriptor) => {
    const { key, methods, factors, characteristics, auxiliary } = descriptor;
    const recovered = isRecovered ? partOfNew(descriptor) : undefined;
    const equal = enrollments.filter((enrollment) => isAsGood(enrollment, descriptor)).length;
    const room = descriptor.enrollable ? (descriptor.room ?? LONGEST_CHAIN) : 0;
    // A new enrollment takes the place of the only one that there may be, and adds nothing to it.
    const wanted = descriptor.maxEnrollments ?? mostOf(key, requirements);
    const missing = Math.max(0, Math.min(room, wanted - equal));
    const proof = { authenticator: key, factors, characteristics, age: 'now', toEnroll: true } as const;
    const one = {
      ...proof,
      ...(methods && { methods }),
      ...(auxiliary && { auxiliary }),
      ...(recovered && { recovered }),
    };
    const numbered = Array.from({ length: missing }, (_, index) => ({ ...one, enrollment: `new ${key} ${index}` }));
    return numbered.flatMap((action) => withinMethods(action, policies));
  });
}

/** The action as far as it is by the one method that an authenticator is assumed to have. */
function withinMethods<Action extends NamedProof>(action: Action, { onlyBy }: PolicySet): readonly Action[] {
  if (onlyBy?.authenticator !== action.authenticator) return [action];
  return action.methods?.includes(onlyBy.method) ? [{ ...action, methods: [onlyBy.method] }] : [];
}

/** What a recovery that still counts would make of a new enrollment. */
function partOfNew(descriptor: AuthenticatorDescriptor): RecoveredPart | undefined {
  if (descriptor.underPasswordPolicy) return 'secret';
  return isAddress(descriptor) && !descriptor.recovery ? 'proof' : undefined;
}

function isAsGood(enrollment: Enrollment, descriptor: AuthenticatorDescriptor): boolean {
  return (
    enrollment.authenticator === descriptor.key &&
    (descriptor.methods?.every((method) => enrollment.methods?.includes(method) ?? true) ?? true) &&
    descriptor.factors.every((factor) => enrollment.factors.includes(factor)) &&
    descriptor.characteristics.every((characteristic) => enrollment.characteristics.includes(characteristic))
  );
}

/** How many enrollments of one authenticator a requirement can take. */
function mostOf(authenticator: string, requirements: readonly LayerRequirement[]): number {
  const chains = requirements.flatMap(({ anyOf }) =>
    anyOf.flatMap((requirement) => ('chains' in requirement ? requirement.chains : [])),
  );
  const stepsOf = (chain: readonly ChainStep[]) =>
    chain.filter(({ authenticators }) => authenticators.some((name) => authenticatorIn(name) === authenticator)).length;
  return Math.max(1, ...chains.map(stepsOf));
}
