/** May somebody give this enrollment up? */

import { evaluate, type PolicySet } from '../decision/evaluate.ts';
import { mustEnroll } from '../enrollment/apply-policy.ts';
import type { EnrollmentTerms, RequiredEnrollment } from '../model/enrollment-policy.ts';
import type { Facts } from '../model/facts.ts';
import { usablePolicies } from '../policy/enrollment-terms.ts';
import { rulesAnywhere } from '../policy/rules.ts';
import { capabilitiesWithin, usableEnrollments } from '../remediation/capabilities.ts';

/**
 * What the enrollment policy of an app demands of this person and would no longer be met without this enrollment. It is
 * asked of every rule that may decide there, now or another time, here or elsewhere, with any device. Grace that still
 * runs does not count, nor does an app that denies them whatever they prove.
 */
export function demandsOn(policies: PolicySet, facts: Facts, enrollment: string): readonly RequiredEnrollment[] {
  const before = newSignIn(facts);
  const afterwards = newSignIn(facts, enrollment);
  if (policies.enrollment === undefined || !mayLetIn(policies, before)) return [];
  return rulesAnywhere(policies.enrollment, before).flatMap(({ then: terms }) => {
    const wasOpen = openDemands(policies, terms, before);
    return openDemands(policies, terms, afterwards).filter((one) => !wasOpen.includes(one));
  });
}

function mayLetIn({ session, app }: PolicySet, facts: Facts): boolean {
  return [session, app].every(
    (policy) => policy && rulesAnywhere(policy, facts).some(({ then }) => then.kind === 'allow'),
  );
}

/** What would have to be enrolled now, under these terms. */
function openDemands(policies: PolicySet, terms: EnrollmentTerms, facts: Facts): readonly RequiredEnrollment[] {
  const { subject } = facts;
  if (subject === undefined) return [];
  const state = { evidence: [], enrollments: usableEnrollments(subject, policies) };
  const capabilities = capabilitiesWithin(usablePolicies(policies, terms), policies, state);
  return mustEnroll({ subject, terms, capabilities, facts });
}

/**
 * Without it they could not sign in here any more. `policies` are those of the account app. What is left must be enough
 * for a new sign-in by itself, with nothing to enroll on the way.
 */
export function isLastWay(policies: PolicySet, facts: Facts, enrollment: string): boolean {
  if (!facts.subject?.enrollments.some(({ id }) => id === enrollment)) return false;
  const authenticators = policies.authenticators.map((descriptor) => ({ ...descriptor, enrollable: false }));
  return !canSignIn({ ...policies, authenticators }, newSignIn(facts, enrollment));
}

/**
 * Whether they can sign in to an app today and could not any more without this enrollment: here or elsewhere, with this
 * browser or with one that is not known. `policies` are those of the app. What they could enroll on the way keeps the
 * way open.
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
