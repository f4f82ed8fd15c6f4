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
  const afterwards = newSignIn(facts, enrollment);
  if (afterwards.subject === undefined || removed === undefined) return undefined;
  const ruling = enrollmentRuling(policies, afterwards);
  if (isDemanded(removed.authenticator, ruling, policies, afterwards, afterwards.subject)) return 'required';
  const authenticators = policies.authenticators.map((traits) => ({ ...traits, enrollable: false }));
  return canSignIn({ ...policies, authenticators }, afterwards) ? undefined : 'last';
}

/**
 * Whether they can sign in to an app today and could not any more without this enrollment: here or elsewhere, with this browser or with one
 * that is not known. `policies` are those of the app. What they could enroll on the way keeps the way open.
 */
export function isLostWithout(policies: PolicySet, facts: Facts, enrollment: string): boolean {
  return placesOf(facts).some(
    (place) => canSignIn(policies, newSignIn(place)) && !canSignIn(policies, newSignIn(place, enrollment)),
  );
}

function placesOf(facts: Facts): readonly Facts[] {
  const { network, device } = facts;
  const networks = network.zones.length === 0 ? [network] : [network, { ip: '', zones: [] }];
  const devices = device.known ? [device, { ...device, known: false }] : [device];
  return networks.flatMap((there) => devices.map((by) => ({ ...facts, network: there, device: by })));
}

/** Nothing is proved yet, and this enrollment is gone. */
function newSignIn(facts: Facts, without?: string): Facts {
  const { transaction: _, subject, ...known } = facts;
  const request = { ...facts.request, scopes: [] };
  if (subject === undefined) return { ...known, evidence: [], request };
  const enrollments = subject.enrollments.filter(({ id }) => id !== without);
  return { ...known, subject: { ...subject, enrollments }, evidence: [], request };
}

function canSignIn(policies: PolicySet, facts: Facts): boolean {
  const next = evaluate(policies, facts);
  return next.kind === 'challenge' && next.withheld === undefined;
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
