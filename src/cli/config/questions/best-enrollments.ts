/**
 * The enrollments of a user who has every authenticator that users can enroll, each as often as any rule requires, so
 * that neither a chain of two passkeys nor a `count` of enrollments excludes this user.
 */
import { maxEnrollmentsPerAuthenticator } from '../../../core/enrollment/enrollment-limit.ts';
import { takesAuthenticator } from '../../../core/model/authenticator-name.ts';
import type { AuthenticatorDescriptor } from '../../../core/model/facts.ts';
import type { Requirement } from '../../../core/model/policy.ts';
import type { PolicySet } from '../../../core/policy/rules/compile.ts';

/** The number of enrollments of this authenticator, at least one. */
export type NumberOf = (authenticator: Pick<AuthenticatorDescriptor, 'key' | 'maxEnrollments'>) => number;

/**
 * For each authenticator, the most enrollments that a rule of these policies can require, at most as many as an account
 * may have.
 */
export function numberAskedFor(policies: readonly PolicySet[]): NumberOf {
  const chains = policies
    .flatMap(requirementsIn)
    .flatMap((requirement) => ('chains' in requirement ? requirement.chains : []));
  const required = policies.flatMap(
    ({ enrollment }) => enrollment?.rules.flatMap(({ rule }) => rule.then.required) ?? [],
  );
  return ({ key, maxEnrollments }) => {
    const inChains = chains.map((chain) => chain.filter((step) => takesAuthenticator(step, key)).length);
    const counts = required.flatMap(({ anyOf, count = 1 }) => (anyOf.includes(key) ? [count] : []));
    return Math.min(maxEnrollments ?? maxEnrollmentsPerAuthenticator, Math.max(1, ...inChains, ...counts));
  };
}

function requirementsIn({ session, app, acrLevels }: PolicySet): readonly Requirement[] {
  const rules = [session, app].flatMap((policy) => policy?.rules ?? []);
  return [
    ...rules.flatMap(({ rule: { then } }) => (then.kind === 'allow' ? [then.requirement] : [])),
    ...acrLevels.map(({ requirement }) => requirement),
  ];
}
