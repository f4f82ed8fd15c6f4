/** Should the page that asks who someone is ask for the password too? */
import type { PolicySet } from './compile.ts';
import type { Enrollment, Facts, Requirement } from './model.ts';
import type { Goal } from './requirement.ts';
import { possibleRules } from './rules.ts';
import { wayOn } from './way-on.ts';

/**
 * True if the password makes progress whoever the person turns out to be: under every pair of a session rule and an app rule that
 * allow and may yet decide, for somebody who has every enabled authenticator. Asking for more than that would ask for too much.
 */
export function identifyWithPassword(policies: PolicySet, facts: Facts): boolean {
  return identifyingHelps(policies, facts, 'password', 'everybody');
}

/** Does proving this authenticator at once make progress, for `everybody` or at least for `somebody` who might be there? */
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
  const enrollments = policies.authenticators.map(anEnrollment);
  const helps = (goals: readonly Goal[]) => {
    const way = wayOn(goals, { shown: [], enrollments, policies });
    return way.kind === 'challenge' && way.options.some(({ authenticator }) => authenticator === key);
  };
  const pairs = session.flatMap((one) => app.map((other) => [goal('session', one), goal('app', other)]));
  return whom === 'everybody' ? pairs.length > 0 && pairs.every(helps) : pairs.some(helps);
}

/** Rules often share a requirement; each is looked at once. */
function allowed(policy: PolicySet['session'], facts: Facts): readonly Requirement[] {
  const requirements = possibleRules(policy, facts).flatMap(({ then }) =>
    then.kind === 'allow' ? [then.requirement] : [],
  );
  return [...new Map(requirements.map((requirement) => [JSON.stringify(requirement), requirement])).values()];
}

function goal(layer: 'session' | 'app', requirement: Requirement): Goal {
  return { layer, anyOf: [requirement] };
}

function anEnrollment({ key, factors, characteristics }: PolicySet['authenticators'][number]): Enrollment {
  return { id: key, authenticator: key, factors, characteristics };
}
