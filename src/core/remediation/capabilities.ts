/** What a user could prove or enroll under the policies of an app. */

import type { CountedEvidence } from '../evidence/counted-evidence.ts';
import { presenceOnly } from '../evidence/presence-only.ts';
import type { NamedProof } from '../evidence/proof-names.ts';
import { isAddress, isIndependent } from '../evidence/recovered-password.ts';
import { type AssessedEvidence, meetsLayerRequirement } from '../evidence/requirement.ts';
import { authenticatorIn } from '../model/authenticator-name.ts';
import type { LayerRequirement } from '../model/decision.ts';
import type { RequiredEnrollment } from '../model/enrollment-policy.ts';
import type { AuthenticatorDescriptor, Enrollment, RecoveredPart } from '../model/facts.ts';
import { type ChainStep, longestChain } from '../model/policy.ts';
import type { PolicySet } from '../policy/rules/compile.ts';
import { accountManagementRequirement } from './account-management.ts';

/** What a user has proved and enrolled with the enabled authenticators. */
export interface AuthenticatorState {
  /** Newest first. */
  readonly evidence: readonly CountedEvidence[];
  /** In the order of the authenticators. */
  readonly enrollments: readonly Enrollment[];
}

/** What a user can prove or enroll under the policies of an app. */
export interface Capabilities extends AuthenticatorState {
  /** With only the authenticators that may be used here. */
  readonly policies: PolicySet;
  /**
   * By authenticator key: what the account policy requires before the enrollment, in addition to the account-management
   * requirement. Absent if it requires nothing.
   */
  readonly additions?: ReadonlyMap<string, LayerRequirement>;
  /** What the enrollment policy requires in any case, with or without grace. Absent without an account policy. */
  readonly required?: readonly RequiredEnrollment[];
  /**
   * The same for the account-management requirement (Law 7). It includes authenticators that the enrollment policy
   * disables here, and marks them.
   */
  readonly accountManagement: AuthenticatorState & { readonly authenticators: readonly AuthenticatorDescriptor[] };
}

/** The capabilities if only the authenticators of `usable` may be used, out of all that are `enabled`. */
export function capabilitiesWithin(usable: PolicySet, enabled: PolicySet, all: AuthenticatorState): Capabilities {
  const { authenticators } = enabled;
  if (usable.authenticators === authenticators)
    return { ...all, policies: usable, accountManagement: { ...all, authenticators } };
  const { evidence, enrollments } = all;
  const isUsable = ({ authenticator }: { readonly authenticator: string }) =>
    usable.authenticators.some(({ key }) => key === authenticator);
  const mark = <One extends CountedEvidence | Enrollment>(item: One): One =>
    isUsable(item) ? item : { ...item, accountManagementOnly: true };
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
 * The capabilities that count for the account-management requirement: it also accepts authenticators that the
 * enrollment policy disables, which are marked.
 */
export function forAccountManagement(capabilities: Capabilities): Capabilities {
  const { evidence, enrollments } = capabilities.accountManagement;
  return { ...capabilities, evidence, enrollments };
}

/** The evidence that the user would gain by proving each enrollment. */
export function provable({
  enrollments,
  policies,
}: Pick<Capabilities, 'enrollments' | 'policies'>): readonly AssessedEvidence[] {
  return enrollments.flatMap((enrollment) => {
    const proof = evidenceOfProving(enrollment);
    return withinMethods(enrollment.authenticator === policies.presenceOnly ? presenceOnly(proof) : proof, policies);
  });
}

/**
 * The evidence that the user has or could gain from the lasting enrollments of the account, including those that the
 * enrollment policy disables here. Recovery authenticators and temporary enrollments do not count.
 */
export function enrolledAtBest(capabilities: Capabilities): readonly AssessedEvidence[] {
  return lastingProofs(capabilities).map(({ accountManagementOnly: _, ...proof }) => proof);
}

/** The same, with a mark on what the enrollment policy disables here. */
export function lastingProofs(capabilities: Capabilities): readonly AssessedEvidence[] {
  const { enrollments, authenticators } = capabilities.accountManagement;
  const isForRecovery = (name: string) => authenticators.some(({ key, recovery }) => key === name && recovery);
  const lasting = enrollments.filter(
    ({ authenticator, auxiliary, temporary }) => !auxiliary && !temporary && !isForRecovery(authenticator),
  );
  return [...capabilities.evidence, ...provable({ ...capabilities, enrollments: lasting })];
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
 * The evidence that the user would gain by enrolling each authenticator. Each kind appears once, or more often if a
 * chain needs several.
 */
export function enrollable(
  capabilities: Capabilities,
  requirements: readonly LayerRequirement[],
): readonly AssessedEvidence[] {
  const { enrollments, policies } = capabilities;
  const isRecovered = enrollments.some(({ recovered }) => recovered !== undefined) && !hasOtherProof(capabilities);
  return policies.authenticators.flatMap((descriptor) => {
    const { key, methods, factors, characteristics, auxiliary } = descriptor;
    const recovered = isRecovered ? partOfNew(descriptor) : undefined;
    const own = enrollments.filter(({ authenticator }) => authenticator === key);
    const equal = own.filter((enrollment) => isAsGood(enrollment, descriptor)).length;
    const left = descriptor.enrollable ? (descriptor.enrollmentsLeft ?? longestChain) : 0;
    // A new enrollment replaces the existing one if only one is allowed, and so adds nothing.
    const wanted = descriptor.maxEnrollments ?? mostOf(key, requirements);
    const missing = Math.max(0, Math.min(left, wanted - equal));
    const proof = { authenticator: key, factors, characteristics, age: 'now', toEnroll: true } as const;
    const one = {
      ...proof,
      ...(methods && { methods }),
      ...(auxiliary && { auxiliary }),
      ...(recovered && { recovered }),
    };
    const numbered = Array.from({ length: missing }, (_, index) => {
      return { ...one, enrollment: `new ${key} ${own.length + index}` };
    });
    return numbered.flatMap((action) => withinMethods(action, policies));
  });
}

/** Limits the action to the one method that an analysis assumes for the authenticator. */
function withinMethods<Action extends NamedProof>(action: Action, { onlyBy }: PolicySet): readonly Action[] {
  if (onlyBy?.authenticator !== action.authenticator) return [action];
  return action.methods?.includes(onlyBy.method) ? [{ ...action, methods: [onlyBy.method] }] : [];
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
