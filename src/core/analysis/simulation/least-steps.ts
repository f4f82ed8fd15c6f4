/** What a sign-in asks of a user who skips everything that may be skipped. */
import type { Facts } from '../../model/facts.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import type { Action, AllSets } from '../../remediation/all-sufficient-sets.ts';
import type { AskedInAll } from './asked-in-all.ts';
import { furtherProofs } from './further-proofs.ts';
import { proving } from './proving.ts';
import { simulate, startOf } from './simulate.ts';
import { identifiedAs, type OfferedOption, type SimulatedStep } from './simulated-answers.ts';
import { endsWell, haveOffer, skippingFrom } from './skipping-offers.ts';

/**
 * What each way to sign in asks of such a user: the enrollments among its proofs, and the steps after them. `asked`: of
 * the same facts. Empty: the user does not get in.
 */
export function leastOfWays(
  policies: PolicySet,
  facts: Facts,
  asked: AskedInAll | undefined,
): readonly (readonly SimulatedStep[])[] {
  const { subject } = facts;
  if (subject === undefined || asked === undefined) return [];
  const start = { progress: identifiedAs(subject, facts), steps: [] };
  const simulation = { policies, facts };
  return asked.ways.map(({ sets, after }) => {
    const [set = []] = sets;
    const isOffered = haveOffer(after);
    const isEnrolling = set.some(isEnrolled);
    if (!isOffered && !isEnrolling) return after;
    const proved = proving(set, start, simulation);
    if (proved === undefined) return isEnrolling ? leastSteps(policies, facts) : after;
    const least = isOffered ? skippingFrom(proved.progress, simulation, furtherProofs(after)) : after;
    return [...proved.steps.map(inWhateverOrder(sets)), ...(endsWell(least) ? least : after)];
  });
}

function isEnrolled({ toEnroll }: Action): boolean {
  return toEnroll === true;
}

/**
 * A page offers all that a user may go on to enroll, in whatever order, also what leads another way. A choice is what
 * the sets of this way differ in. What each of them takes is none, and is left out of the choice of the others.
 */
function inWhateverOrder(sets: AllSets['sets']): (step: SimulatedStep) => SimulatedStep {
  const added = sets.map((set) => set.filter(isEnrolled).map(({ authenticator }) => authenticator));
  const inAll = added[0]?.filter((key) => added.every((keys) => keys.includes(key))) ?? [];
  const chosen = added.flat().filter((key) => !inAll.includes(key));
  const isChosen = ({ authenticator }: OfferedOption) => chosen.includes(authenticator);
  return (step) => {
    if (step.kind !== 'enroll') return step;
    return { ...step, alternatives: inAll.includes(step.authenticator) ? [] : step.alternatives.filter(isChosen) };
  };
}

/**
 * As `simulate`, but offers are skipped. To accept an offer may take a further proof, after which other rules decide.
 * What these ask for is not required of the user. If a user who skips does not get in, the result is that of
 * `simulate`.
 */
function leastSteps(policies: PolicySet, facts: Facts): readonly SimulatedStep[] {
  const all = simulate(policies, facts);
  if (!haveOffer(all)) return all;
  const simulation = { policies, facts };
  const first = startOf(simulation);
  const least = [...first.steps, ...skippingFrom(first.next, simulation)];
  return endsWell(least) ? least : all;
}
