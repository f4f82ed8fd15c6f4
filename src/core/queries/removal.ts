/** Whether a user may remove an enrollment, and which apps the user could not sign in to any more. See decision 21. */

import { evaluate } from '../decision/evaluate.ts';
import { mustEnroll } from '../enrollment/apply-policy.ts';
import type { EnrollmentTerms, RequiredEnrollment } from '../model/enrollment-policy.ts';
import type { Facts } from '../model/facts.ts';
import { omitUndefined } from '../model/omit-undefined.ts';
import type { PolicySet } from '../policy/rules/compile.ts';
import { usablePolicies } from '../policy/rules/enrollment-terms.ts';
import { rulesAnywhere } from '../policy/rules/rules.ts';
import { capabilitiesWithin } from '../remediation/capabilities.ts';
import { usableEnrollments } from '../remediation/usable-enrollments.ts';

/**
 * The demands of an app's enrollment policy that this user meets with this enrollment and would not meet without it.
 * Looks at every rule that may decide at any time, from any network, with any device. Demands in their grace do not
 * count, nor does an app that denies the user in any case.
 */
export function demandsOn(policies: PolicySet, facts: Facts, enrollment: string): readonly RequiredEnrollment[] {
  const before = newSignIn(facts);
  const afterwards = newSignIn(facts, enrollment);
  if (policies.enrollment === undefined || !mayLetIn(policies, before)) return [];
  return rulesAnywhere(policies.enrollment, before).flatMap(({ then: terms }) => {
    const wasOpen = openDemands(policies, terms, before);
    return openDemands(policies, terms, afterwards).filter((openDemand) => !wasOpen.includes(openDemand));
  });
}

function mayLetIn({ session, app }: PolicySet, facts: Facts): boolean {
  return [session, app].every(
    (policy) => policy && rulesAnywhere(policy, facts).some(({ then }) => then.kind === 'allow'),
  );
}

/** What the user would have to enroll now, under these terms. */
function openDemands(policies: PolicySet, terms: EnrollmentTerms, facts: Facts): readonly RequiredEnrollment[] {
  const { subject } = facts;
  if (subject === undefined) return [];
  const state = { evidence: [], enrollments: usableEnrollments(subject, policies) };
  const capabilities = capabilitiesWithin(usablePolicies(policies, terms), policies, state);
  return mustEnroll({ subject, terms, capabilities, facts });
}

/**
 * Whether the user could not sign in any more without this enrollment. `policies` are those of the account app. The
 * other enrollments must be enough for a new sign-in by themselves, with nothing to enroll on the way.
 */
export function isLastSignInOption(policies: PolicySet, facts: Facts, enrollment: string): boolean {
  if (!facts.subject?.enrollments.some(({ id }) => id === enrollment)) return false;
  const authenticators = policies.authenticators.map((descriptor) => ({ ...descriptor, enrollable: false }));
  return !canSignIn({ ...policies, authenticators }, newSignIn(facts, enrollment));
}

/**
 * Whether the user can sign in to an app today and could not any more without this enrollment: from here or elsewhere,
 * with this browser or an unknown one. `policies` are those of the app. Enrolling another authenticator on the way is
 * possible.
 */
export function isLostWithout(policies: PolicySet, facts: Facts, enrollment: string): boolean {
  return placesOf(facts).some(
    (place) => canSignIn(policies, newSignIn(place)) && !canSignIn(policies, newSignIn(place, enrollment)),
  );
}

function placesOf(facts: Facts): readonly Facts[] {
  const { network, device } = facts;
  const isOutside = network.zones.length === 0 && network.unknownZones === undefined;
  const networks = isOutside ? [network] : [network, { ip: '', zones: [] }];
  const devices = device.known ? [device, { ...device, known: false }] : [device];
  return networks.flatMap((from) => devices.map((by) => ({ ...facts, network: from, device: by })));
}

/** The facts of a sign-in in which nothing is proved yet, without one enrollment. */
function newSignIn({ transaction: _, subject, ...known }: Facts, without?: string): Facts {
  const request = { ...known.request, scopes: [] };
  const left = subject && { ...subject, enrollments: subject.enrollments.filter(({ id }) => id !== without) };
  return omitUndefined({ ...known, subject: left, evidence: [], request });
}

function canSignIn(policies: PolicySet, facts: Facts): boolean {
  const next = evaluate(policies, facts);
  return next.kind === 'challenge' && next.withheld === undefined;
}
