/**
 * Finds users whom the rules let in and whose sign-in ends in a denial all the same: whatever they enroll, or with what
 * an account begins with.
 */
import { bestEvidence } from '../evidence/attainable-acr.ts';
import { meetsRequirement } from '../evidence/requirement.ts';
import type { AuthenticatorDescriptor, Enrollment, Facts } from '../model/facts.ts';
import type { Requirement } from '../model/policy.ts';
import type { PolicySet } from '../policy/compile.ts';
import { usablePolicies } from '../policy/enrollment-terms.ts';
import type { UserFacts } from '../policy/theory.ts';
import type { PolicyCase } from './policy-cases.ts';
import { simulate } from './simulate.ts';
import { minimumOf } from './weaker-below.ts';

/** With everything that can be used there, at its best and fresh, the requirements are not met. */
export function isLockedOut(
  policies: PolicySet,
  { session, app, enrollment }: Pick<PolicyCase, 'session' | 'app' | 'enrollment'>,
): boolean {
  const { authenticators } = usablePolicies(policies, enrollment?.then);
  return [session, app]
    .flatMap(({ then }): readonly Requirement[] => (then.kind === 'allow' ? [then.requirement] : []))
    .concat(minimumOf(policies))
    .some((requirement) => !meetsRequirement(requirement, bestEvidence(requirement, authenticators)));
}

/**
 * Whether a user who has these authenticators, each as often as it is named, and proves and enrolls all that is asked
 * for, is denied in the end.
 */
export function endsInDenial(policies: PolicySet, facts: UserFacts, keys: readonly string[]): boolean {
  return endOf(policies, facts, keys) === 'denied';
}

/** How a sign-in ends. Absent: the walk came to no end. */
export type SignInEnd = 'complete' | 'denied' | undefined;

/** How the sign-in of a user ends who has these authenticators, and proves and enrolls all that is asked for. */
export function endOf(policies: PolicySet, facts: UserFacts, keys: readonly string[]): SignInEnd {
  const enrollments = policies.authenticators.flatMap((one) => enrollmentsOf(one, keys));
  const { signedInWith: _, ...before } = facts;
  return endIn(policies, { ...before, evidence: [], subject: { ...facts.subject, enrollments } });
}

/** The same of a sign-in under these facts, whatever a session holds. */
export function endIn(policies: PolicySet, facts: Facts): SignInEnd {
  const end = simulate(policies, facts).at(-1)?.kind;
  return end === 'complete' || end === 'denied' ? end : undefined;
}

function enrollmentsOf(
  { key, factors, characteristics, maxEnrollments }: AuthenticatorDescriptor,
  keys: readonly string[],
): readonly Enrollment[] {
  return keys
    .filter((one) => one === key)
    .slice(0, maxEnrollments)
    .map((_, at) => ({ id: at === 0 ? key : `${key} ${at}`, authenticator: key, factors, characteristics }));
}
