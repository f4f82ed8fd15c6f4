/** May somebody give this enrollment up? */
import { type EnrollmentRuling, enrollmentRuling, mustEnroll, usablePolicies } from './enrollment.ts';
import { evaluate, type PolicySet } from './evaluate.ts';
import { usableEnrollments } from './means.ts';
import type { Facts, Subject } from './model.ts';

/** `required`: the enrollment policy demands it or another of its kind. `last`: without it they could not sign in here any more. */
export type RemovalRefusal = 'required' | 'last';

/**
 * Why they may not; `undefined`: they may. `policies` are those of the account app. What is left must meet the enrollment policy, and be
 * enough for a new sign-in by itself, with nothing to enroll on the way.
 */
export function refusalToRemove(policies: PolicySet, facts: Facts, enrollment: string): RemovalRefusal | undefined {
  const removed = facts.subject?.enrollments.find(({ id }) => id === enrollment);
  if (facts.subject === undefined || removed === undefined) return undefined;
  const subject: Subject = {
    ...facts.subject,
    enrollments: facts.subject.enrollments.filter(({ id }) => id !== enrollment),
  };
  const { transaction: _, ...known } = facts;
  const afterwards: Facts = { ...known, subject, evidence: [], request: { ...facts.request, scopes: [] } };
  if (isDemanded(removed.authenticator, enrollmentRuling(policies, afterwards), policies, afterwards, subject)) {
    return 'required';
  }
  const authenticators = policies.authenticators.map((traits) => ({ ...traits, enrollable: false }));
  const next = evaluate({ ...policies, authenticators }, afterwards);
  return next.kind === 'challenge' && next.withheld === undefined ? undefined : 'last';
}

function isDemanded(
  key: string,
  { terms }: EnrollmentRuling,
  policies: PolicySet,
  facts: Facts,
  subject: Subject,
): boolean {
  if (terms === undefined) return false;
  const usable = usablePolicies(policies, terms);
  const means = { shown: [], enrollments: usableEnrollments(subject, usable), policies: usable };
  return mustEnroll({ subject, terms, means, facts }).some(({ anyOf }) => anyOf.includes(key));
}
