/** What a user could enroll under the policies of an app. */
import { isAddress, isIndependent } from '../evidence/recovered-password.ts';
import { type AssessedEvidence, meetsLayerRequirement } from '../evidence/requirement.ts';
import { authenticatorIn } from '../model/authenticator-name.ts';
import type { LayerRequirement } from '../model/decision.ts';
import type { AuthenticatorDescriptor, Enrollment, RecoveredPart } from '../model/facts.ts';
import { type ChainStep, longestChain } from '../model/policy.ts';
import {
  accountManagementOf,
  type Capabilities,
  forAccountManagement,
  provable,
  withinMethods,
} from './capabilities.ts';

/**
 * The evidence that the user would gain by enrolling each authenticator. Each kind appears once, or more often if a
 * chain needs several.
 */
export function enrollable(
  capabilities: Capabilities,
  requirements: readonly LayerRequirement[],
): readonly AssessedEvidence[] {
  const { enrollments, policies } = capabilities;
  const isRecovered = isRestricted(capabilities);
  return policies.authenticators.flatMap((descriptor) => {
    const { key } = descriptor;
    const own = enrollments.filter(({ authenticator }) => authenticator === key);
    const equal = own.filter((enrollment) => isAsGood(enrollment, descriptor)).length;
    const left = descriptor.enrollable ? (descriptor.enrollmentsLeft ?? longestChain) : 0;
    // A new enrollment replaces the existing one if only one is allowed, and so adds nothing.
    const wanted = descriptor.maxEnrollments ?? mostOf(key, requirements);
    const missing = Math.max(0, Math.min(left, wanted - equal));
    const numbered = Array.from({ length: missing }, (_, index) =>
      newEnrollment(descriptor, { isRecovered, number: own.length + index }),
    );
    return numbered.flatMap((action) => withinMethods(action, policies));
  });
}

/** The same for one more of this authenticator, whether or not a requirement can use it. Empty: there is none. */
export function oneMore(authenticator: string, capabilities: Capabilities): readonly AssessedEvidence[] {
  const { enrollments, policies } = capabilities;
  const descriptor = policies.authenticators.find(({ key, enrollable: may }) => may && key === authenticator);
  if (descriptor === undefined) return [];
  const number = enrollments.filter((enrollment) => enrollment.authenticator === authenticator).length;
  return withinMethods(newEnrollment(descriptor, { isRecovered: isRestricted(capabilities), number }), policies);
}

interface AsNew {
  /** The user has proved nothing but what a recovery made. */
  readonly isRecovered: boolean;
  /** How many enrollments of the authenticator the user has. */
  readonly number: number;
}

function newEnrollment(descriptor: AuthenticatorDescriptor, { isRecovered, number }: AsNew): AssessedEvidence {
  const { key, methods, factors, characteristics, auxiliary } = descriptor;
  const recovered = isRecovered ? partOfNew(descriptor) : undefined;
  return {
    ...{ authenticator: key, enrollment: `new ${key} ${number}` },
    ...{ factors, characteristics, age: 'now', toEnroll: true },
    ...(methods && { methods }),
    ...(auxiliary && { auxiliary }),
    ...(recovered && { recovered }),
  };
}

function isRestricted(capabilities: Capabilities): boolean {
  return isAfterRecovery(capabilities) && !hasOtherProof(capabilities);
}

/** Whether the user has something that a recovery made, or that proved it, also if it may not be used here. */
export function isAfterRecovery({ accountManagement }: Capabilities): boolean {
  return accountManagement.enrollments.some(({ recovered }) => recovered !== undefined);
}

/**
 * The capabilities of a user who proves something beside a recovery before an enrollment: what is enrolled then stands
 * for itself (decision 33). Undefined: the user cannot, or has done so.
 */
export function provingBesideRecovery(capabilities: Capabilities): Capabilities | undefined {
  const { enrollments } = capabilities.accountManagement;
  return isAfterRecovery(capabilities) && isIndependent(enrollments) && !hasOtherProof(capabilities)
    ? { ...capabilities, isBesideRecovery: true }
    : undefined;
}

/**
 * Keys of what the user could enroll that stands for itself beside a recovery, and that the user has not. Empty: what
 * is enrolled stands for itself in any case.
 */
export function keysBesideRecovery(capabilities: Capabilities): readonly string[] {
  if (!isRestricted(capabilities)) return [];
  const { policies, accountManagement } = capabilities;
  const isOwn = (key: string) => accountManagement.enrollments.some(({ authenticator }) => authenticator === key);
  const added = policies.authenticators.filter(
    ({ key, enrollable: may, auxiliary }) => may && !auxiliary && !isOwn(key),
  );
  return added.filter((descriptor) => partOfNew(descriptor) === undefined).map(({ key }) => key);
}

/** Whether the user has proved more than what a recovery made, or must do so before an enrollment (Law 7). */
function hasOtherProof(capabilities: Capabilities): boolean {
  const able = forAccountManagement(capabilities);
  if (isIndependent(able.evidence)) return true;
  const dependent = [...able.evidence, ...provable(able)].filter((proof) => !isIndependent([proof]));
  return !meetsLayerRequirement(accountManagementOf(capabilities), dependent);
}

/** How a recent recovery would restrict a new enrollment. */
function partOfNew(descriptor: AuthenticatorDescriptor): RecoveredPart | undefined {
  if (descriptor.underPasswordPolicy) return 'secret';
  return isAddress(descriptor) && !descriptor.recovery ? 'proof' : undefined;
}

function isAsGood(enrollment: Enrollment, descriptor: AuthenticatorDescriptor): boolean {
  return (
    (descriptor.methods?.every((method) => enrollment.methods?.includes(method) ?? true) ?? true) &&
    descriptor.factors.every((factor) => enrollment.factors.includes(factor)) &&
    descriptor.characteristics.every((characteristic) => enrollment.characteristics.includes(characteristic))
  );
}

/** How many enrollments of one authenticator a requirement can use. */
export function mostOf(authenticator: string, requirements: readonly LayerRequirement[]): number {
  const chains = requirements.flatMap(({ anyOf }) =>
    anyOf.flatMap((requirement) => ('chains' in requirement ? requirement.chains : [])),
  );
  const stepsOf = (chain: readonly ChainStep[]) =>
    chain.filter(({ authenticators }) => authenticators.some((name) => authenticatorIn(name) === authenticator)).length;
  return Math.max(1, ...chains.map(stepsOf));
}
