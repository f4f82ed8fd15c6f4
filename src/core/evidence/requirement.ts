/** Does a set of evidence meet a requirement? More evidence never turns a yes into a no. */

import type { Goal } from '../model/decision.ts';
import type { Characteristic, Evidence, Factor, Facts, RequestFacts, Seconds } from '../model/facts.ts';
import type { Alternative, ChainStep, Demand, Requirement } from '../model/policy.ts';

/** Evidence as requirements see it; also what evidence would look like if a person proved or enrolled something. */
export interface Showing {
  readonly authenticator: string;
  readonly enrollment: string;
  readonly factors: readonly Factor[];
  readonly characteristics: readonly Characteristic[];
  /** Seconds; `'now'`: proved in this transaction, which is always fresh. */
  readonly age: Seconds | 'now';
  /** It would come from an enrollment yet to be made. */
  readonly toEnroll?: true;
  /** As in the traits of its authenticator. */
  readonly auxiliary?: true;
  /** As in its enrollment: it counts for the bar of Law 7 alone. */
  readonly barOnly?: true;
}

/** How old evidence is. One from the future (beyond a minute of clock skew) is nothing to rely on: undefined. */
export function ageOf(evidence: Evidence, facts: Facts): Showing['age'] | undefined {
  if (!(evidence.at <= facts.now + 60)) return undefined;
  if (facts.transaction !== undefined && evidence.transaction === facts.transaction.id) return 'now';
  return Math.max(0, facts.now - evidence.at);
}

/** The age that the request allows: `prompt=login` allows none (OpenID Connect Core section 3.1.2.1). */
export function requestMaxAge({ promptLogin, maxAge }: RequestFacts): Seconds | undefined {
  return promptLogin ? 0 : maxAge;
}

/** `maxAge` 0 asks for this transaction, absent asks for nothing. */
export function isFresh(age: Showing['age'], maxAge: Seconds | undefined): boolean {
  return maxAge === undefined || age === 'now' || (maxAge > 0 && age <= maxAge);
}

/** The stricter of two ages. */
export function stricter(a: Seconds | undefined, b: Seconds | undefined): Seconds | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}

export function meetsGoal(goal: Goal, showings: readonly Showing[]): boolean {
  const counted = countedFor(goal, showings);
  return goal.anyOf.some((requirement) => meetsRequirement(requirement, counted));
}

/** What may count for this goal at all. */
export function countedFor({ isBar }: Goal, showings: readonly Showing[]): readonly Showing[] {
  return showings.filter(({ toEnroll, barOnly }) => !(isBar ? toEnroll : barOnly));
}

export function meetsRequirement(requirement: Requirement, showings: readonly Showing[]): boolean {
  if ('anyOf' in requirement) return requirement.anyOf.some((alternative) => meetsAlternative(alternative, showings));
  return requirement.chains.some((chain) => chain.length > 0 && meetsChain(chain, showings, []));
}

function meetsAlternative(alternative: Alternative, showings: readonly Showing[]): boolean {
  return unmetDemand(alternative, showings) === undefined && factorsShort(alternative, showings) <= 0;
}

/** The first demand that no showing meets. */
export function unmetDemand(alternative: Alternative, showings: readonly Showing[]): Demand | undefined {
  for (const demand of alternative.demands) {
    if (!isMet(demand, alternative.maxAge, showings)) return demand;
  }
  return undefined;
}

function isMet(demand: Demand, maxAge: Seconds | undefined, showings: readonly Showing[]): boolean {
  for (const showing of showings) {
    if (isFresh(showing.age, maxAge) && meetsDemand(demand, showing)) return true;
  }
  return false;
}

/** How many distinct factor types are still to be covered. At least one is always asked for. */
export function factorsShort(alternative: Alternative, showings: readonly Showing[]): number {
  return Math.max(1, alternative.factors) - coveredFactors(alternative, showings).length;
}

/** The distinct factor types of the fresh showings. What is auxiliary covers nothing alone, or where no demand names it. */
export function coveredFactors(alternative: Alternative, showings: readonly Showing[]): readonly Factor[] {
  const covered: Factor[] = [];
  const cover = ({ age, factors }: Showing): void => {
    if (!isFresh(age, alternative.maxAge)) return;
    for (const factor of factors) if (!covered.includes(factor)) covered.push(factor);
  };
  for (const showing of showings) if (!showing.auxiliary) cover(showing);
  if (covered.length === 0) return covered;
  for (const showing of showings) if (showing.auxiliary && isNamed(showing, alternative)) cover(showing);
  return covered;
}

/** A demand is met by what is auxiliary only if it names it. */
export function isNamed(showing: Showing, { demands }: Alternative): boolean {
  return demands.some((demand) => meetsDemand(demand, showing));
}

/** Every field of a demand must hold for one and the same showing. */
export function meetsDemand(demand: Demand, showing: Showing): boolean {
  return (
    (demand.factor === undefined || showing.factors.includes(demand.factor)) &&
    (demand.authenticators === undefined || demand.authenticators.includes(showing.authenticator)) &&
    !demand.exclude?.includes(showing.authenticator) &&
    (!showing.auxiliary || demand.authenticators !== undefined) &&
    hasAll(showing.characteristics, demand.characteristics) &&
    isFresh(showing.age, demand.maxAge)
  );
}

function hasAll(shown: readonly Characteristic[], wanted: readonly Characteristic[] | undefined): boolean {
  return wanted === undefined || wanted.every((one) => shown.includes(one));
}

/**
 * Gives each step an enrollment of its own. The order of a chain is the order of asking: a step that was proved within its window
 * before is skipped, whichever was proved first, so new evidence never undoes an older one. Not all of it may be auxiliary.
 */
function meetsChain(chain: readonly ChainStep[], showings: readonly Showing[], used: readonly Showing[]): boolean {
  const [step, ...others] = chain;
  if (step === undefined) return used.some(({ auxiliary }) => !auxiliary);
  return showings.some(
    (showing) =>
      meetsDemand(step, showing) &&
      !used.some(({ enrollment }) => enrollment === showing.enrollment) &&
      meetsChain(others, showings, [...used, showing]),
  );
}

/** All ways to give each step of a chain an enrollment of its own. */
export function chainMatches(
  chain: readonly ChainStep[],
  showings: readonly Showing[],
): readonly (readonly Showing[])[] {
  if (chain.length === 0) return [];
  let partial: (readonly Showing[])[] = [[]];
  for (const step of chain) {
    const fitting = showings.filter((showing) => meetsDemand(step, showing));
    partial = partial.flatMap((matched) =>
      fitting
        .filter((showing) => !matched.some(({ enrollment }) => enrollment === showing.enrollment))
        .map((showing) => [...matched, showing]),
    );
  }
  return partial;
}
