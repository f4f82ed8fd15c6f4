/** Which secret should the page that asks who someone is ask for, too? */

import type { LayerRequirement } from '../model/decision.ts';
import type { Enrollment, Facts } from '../model/facts.ts';
import type { Requirement } from '../model/policy.ts';
import type { PolicySet } from '../policy/compile.ts';
import { usablePolicies } from '../policy/enrollment-terms.ts';
import { possibleRules } from '../policy/rules.ts';
import { capabilitiesWithin } from '../remediation/capabilities.ts';
import { requirementStatus } from '../remediation/requirement-status.ts';

/**
 * The key of the first authenticator whose secret may be asked for beside the identifier, and makes progress whoever
 * the person turns out to be: under every pair of a session rule and an app rule that allow and may yet decide, and
 * every enrollment rule that may, for somebody who has every enabled authenticator. Asking for more than that would ask
 * for too much. `undefined`: none.
 */
export function identifierPageSecret(policies: PolicySet, facts: Facts): string | undefined {
  return policies.authenticators
    .filter(({ askedWithIdentifier }) => askedWithIdentifier)
    .map(({ key }) => key)
    .find((key) => identifyingHelps(policies, facts, key, 'everybody'));
}

/**
 * Does proving this authenticator at once make progress, for `everybody` or at least for `somebody` who might be there?
 */
export function identifyingHelps(
  policies: PolicySet,
  facts: Facts,
  key: string,
  whom: 'everybody' | 'somebody',
): boolean {
  if (!policies.app) return false;
  const { subject: _, ...anonymous } = facts;
  const session = allowed(policies.session, anonymous);
  const app = allowed(policies.app, anonymous);
  const helps = ({ goals: requirements, usable }: Possible) => {
    // What is only good for the bar of Law 7 is no way to begin.
    if (!usable.authenticators.some((descriptor) => descriptor.key === key)) return false;
    const enrollments = policies.authenticators.map(anEnrollment);
    const status = requirementStatus(requirements, capabilitiesWithin(usable, policies, { evidence: [], enrollments }));
    return status.kind === 'challenge' && status.options.some(({ authenticator }) => authenticator === key);
  };
  const pairs = session.flatMap((one) => app.map((other) => [goal('session', one), goal('app', other)]));
  const sets = restricted(policies, anonymous);
  const cases = pairs.flatMap((requirements) => sets.map((usable): Possible => ({ goals: requirements, usable })));
  return whom === 'everybody' ? cases.length > 0 && cases.every(helps) : cases.some(helps);
}

/** May somebody who signs in here be kept signed in, by a session rule that may yet decide? */
export function offersToKeep(policies: PolicySet, facts: Facts): boolean {
  const { subject: _, ...anonymous } = facts;
  return possibleRules(policies.session, anonymous).some(
    ({ then }) => then.kind === 'allow' && then.session?.keep !== undefined,
  );
}

interface Possible {
  readonly goals: readonly LayerRequirement[];
  readonly usable: PolicySet;
}

/** What each enrollment rule that may yet decide leaves usable. */
function restricted(policies: PolicySet, facts: Facts): readonly PolicySet[] {
  const { enrollment } = policies;
  if (enrollment === undefined) return [policies];
  return [...new Set(possibleRules(enrollment, facts).map(({ then }) => usablePolicies(policies, then)))];
}

/** Rules often share a requirement; each is looked at once. */
function allowed(policy: PolicySet['session'], facts: Facts): readonly Requirement[] {
  const requirements = possibleRules(policy, facts).flatMap(({ then }) =>
    then.kind === 'allow' ? [then.requirement] : [],
  );
  return [...new Map(requirements.map((requirement) => [JSON.stringify(requirement), requirement])).values()];
}

function goal(layer: 'session' | 'app', requirement: Requirement): LayerRequirement {
  return { layer, anyOf: [requirement] };
}

function anEnrollment(descriptor: PolicySet['authenticators'][number]): Enrollment {
  const { key, factors, characteristics, auxiliary } = descriptor;
  return { id: key, authenticator: key, factors, characteristics, ...(auxiliary && { auxiliary }) };
}
