/** What an app takes, whoever comes. */
import { type Possible, possibleCases } from './beside-identifier.ts';
import type { PolicySet } from './compile.ts';
import type { Alternative, AuthenticatorTraits, Facts, Requirement } from './model.ts';
import { meetsDemand, type Showing } from './requirement.ts';

/**
 * Keys of what the app may take of somebody, whoever they turn out to be. Where a rule that may decide does not say by name what it takes,
 * that is anything.
 */
export function takenFromAnybody(policies: PolicySet, facts: Facts): readonly string[] {
  const taken = new Set(possibleCases(policies, facts).flatMap(takenIn));
  return policies.authenticators.map(({ key }) => key).filter((key) => taken.has(key));
}

function takenIn({ goals, usable }: Possible): readonly string[] {
  const naming = goals.flatMap(({ anyOf }) => anyOf).filter(names);
  const isTaken = (traits: AuthenticatorTraits) =>
    naming.length === 0 || naming.some((requirement) => takes(requirement, showingOf(traits)));
  return usable.authenticators.filter(isTaken).map(({ key }) => key);
}

/** Every way to meet it names authenticators. */
function names(requirement: Requirement): boolean {
  if ('chains' in requirement) return true;
  return requirement.anyOf.every(({ demands }) => demands.some(({ authenticators }) => authenticators !== undefined));
}

function takes(requirement: Requirement, showing: Showing): boolean {
  if ('chains' in requirement) return requirement.chains.flat().some((step) => meetsDemand(step, showing));
  return requirement.anyOf.some(
    (alternative) =>
      alternative.demands.some((demand) => meetsDemand(demand, showing)) || leavesOpen(alternative, showing),
  );
}

/** More factor types are asked for than the demands are about, and this covers another one. */
function leavesOpen({ factors, demands }: Alternative, showing: Showing): boolean {
  const demanded = new Set(demands.flatMap(({ factor }) => factor ?? []));
  const isOpen = factors > Math.max(demanded.size, Math.min(1, demands.length));
  return isOpen && !showing.auxiliary && showing.factors.some((factor) => !demanded.has(factor));
}

function showingOf({ key, factors, characteristics, auxiliary }: AuthenticatorTraits): Showing {
  return { authenticator: key, enrollment: key, factors, characteristics, age: 'now', ...(auxiliary && { auxiliary }) };
}
