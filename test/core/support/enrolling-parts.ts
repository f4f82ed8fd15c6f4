/** What tests of sign-ins that take enrollments are made of: authenticators, policies, and a user who enrolls. */
import type { AccountRule } from '../../../src/core/model/account-policy.ts';
import type { RequiredEnrollment } from '../../../src/core/model/enrollment-policy.ts';
import type { AuthenticatorDescriptor, Evidence, Subject } from '../../../src/core/model/facts.ts';
import type { Requirement, Rule } from '../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../src/core/policy/rules/compile.ts';
import { allow, descriptor, enrolled, enrollmentTerms, factors, fixedNow, type Key, proof } from './fixtures.ts';

export const enrollableKeys = ['password', 'email', 'phone', 'totp', 'webauthn'] as const satisfies readonly Key[];

export type EnrollableKey = (typeof enrollableKeys)[number];

/** One factor, by one of these. */
export const by = (...authenticators: readonly string[]) => factors(1, { demands: [{ authenticators }] });

export const enrollableAuthenticators: readonly AuthenticatorDescriptor[] = enrollableKeys.map((key) => ({
  ...descriptor[key],
  enrollable: true,
}));

/** The password is one that a policy lets expire. */
export const underPasswordPolicy: readonly AuthenticatorDescriptor[] = enrollableAuthenticators.map((authenticator) =>
  authenticator.key === 'password' ? { ...authenticator, underPasswordPolicy: true, maxEnrollments: 1 } : authenticator,
);

/** What a rule says that asks for this. Undefined: it denies. */
export function ruling(requirement: Requirement | undefined): Rule['then'] {
  return requirement ? allow(requirement) : { kind: 'deny' };
}

/** Undefined: it cannot be enrolled. Where nothing is said, one factor. */
export type BeforeEnrollments = Readonly<Partial<Record<EnrollableKey, Requirement | undefined>>>;

/** Rules of an account policy that ask for this before each authenticator is added, and the last one. */
export function rulesBefore(before: BeforeEnrollments): readonly AccountRule[] {
  const rules = enrollableKeys
    .filter((key) => key in before)
    .map((key): AccountRule => ({ name: key, when: {}, then: ruling(before[key]), change: { add: [key] } }));
  return [...rules, { name: 'Rest', when: {}, then: allow(factors(1)) }];
}

/** An enrollment policy that requires these of all users. */
export function policyRequiring(...required: readonly RequiredEnrollment[]): NonNullable<PolicySet['enrollment']> {
  return compilePolicy({ name: 'enrollment', rules: [{ name: 'All', when: {}, then: enrollmentTerms({ required }) }] });
}

/** A user in a sign-in, and what was proved in it. */
export interface SignInState {
  readonly subject: Subject;
  readonly evidence: readonly Evidence[];
}

/** The state after an enrollment, with an id of its own. An account has one password. */
export function withEnrolled(key: EnrollableKey, { subject, evidence }: SignInState): SignInState {
  const id = `${key} ${subject.enrollments.length}`;
  const kept = subject.enrollments.filter(({ authenticator }) => key !== 'password' || authenticator !== key);
  const made = enrolled(key).map((enrollment) => ({ ...enrollment, id, createdAt: fixedNow }));
  return {
    subject: { ...subject, enrollments: [...kept, ...made] },
    evidence: [...evidence, { ...proof(key, 'now', { origin: 'enrollment' }), enrollment: id }],
  };
}
