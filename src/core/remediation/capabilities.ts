/** What a user could prove or enroll under the policies of an app. */

import type { CountedEvidence } from '../evidence/counted-evidence.ts';
import { presenceOnly } from '../evidence/presence-only.ts';
import type { NamedProof } from '../evidence/proof-names.ts';
import { isIndependent } from '../evidence/recovered-password.ts';
import type { AssessedEvidence } from '../evidence/requirement.ts';
import type { LayerRequirement } from '../model/decision.ts';
import type { RequiredEnrollment } from '../model/enrollment-policy.ts';
import type { AuthenticatorDescriptor, Enrollment } from '../model/facts.ts';
import type { Demand, Requirement } from '../model/policy.ts';
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
  /** The user proves something beside a recovery before an enrollment. */
  readonly isBesideRecovery?: true;
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
export function accountManagementOf({ accountManagement, isBesideRecovery }: Capabilities): LayerRequirement {
  const { enrollments, authenticators } = accountManagement;
  const required = accountManagementRequirement(enrollments, authenticators);
  if (!isBesideRecovery) return required;
  const isDependent = (key: string) =>
    enrollments.some((enrollment) => enrollment.authenticator === key && !isIndependent([enrollment]));
  const beside = { authenticators: authenticators.map(({ key }) => key).filter((key) => !isDependent(key)) };
  return { ...required, anyOf: required.anyOf.map((requirement) => withDemand(requirement, beside)) };
}

function withDemand(requirement: Requirement, demand: Demand): Requirement {
  if ('chains' in requirement) return requirement;
  return { anyOf: requirement.anyOf.map((each) => ({ ...each, demands: [...each.demands, demand] })) };
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

/** Limits the action to the one method that an analysis assumes for the authenticator. */
export function withinMethods<Action extends NamedProof>(action: Action, { onlyBy }: PolicySet): readonly Action[] {
  if (onlyBy?.authenticator !== action.authenticator) return [action];
  return action.methods?.includes(onlyBy.method) ? [{ ...action, methods: [onlyBy.method] }] : [];
}
