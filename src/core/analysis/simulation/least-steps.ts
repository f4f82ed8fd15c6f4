/** What a sign-in asks of a user who skips everything that may be skipped. */
import type { Facts } from '../../model/facts.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { skipping } from '../../step/transitions.ts';
import { type AskedInAll, proving } from './asked-in-all.ts';
import { maxTurns, simulate, startOf, takeTurn } from './simulate.ts';
import { identifiedAs, type Progress, type SimulatedStep, type Simulation, type Turn } from './simulated-answers.ts';

/**
 * What each way to sign in asks of such a user: the steps after its proofs, or those of the whole sign-in. `asked`: of
 * the same facts. Empty: the user does not get in.
 */
export function leastOfWays(
  policies: PolicySet,
  facts: Facts,
  asked: AskedInAll | undefined,
): readonly (readonly SimulatedStep[])[] {
  const { subject } = facts;
  const ways = asked?.ways ?? [];
  const simulated = leastSteps(policies, facts);
  if (subject === undefined || (ways.length === 1 && endsWell(simulated))) return [simulated];
  const start = identifiedAs(subject, facts);
  const simulation = { policies, facts };
  return ways.map(({ sets: [set = []], after }) => {
    if (set.some(({ toEnroll }) => toEnroll)) return simulated;
    if (!after.some(isOffer)) return after;
    const least = skippingFrom(proving(set, start, simulation), simulation);
    return endsWell(least) ? least : after;
  });
}

/**
 * As `simulate`, but offers are skipped. To accept an offer may take a further proof, after which other rules decide.
 * What these ask for is not required of the user. If a user who skips does not get in, the result is that of
 * `simulate`.
 */
function leastSteps(policies: PolicySet, facts: Facts): readonly SimulatedStep[] {
  const all = simulate(policies, facts);
  if (!all.some(isOffer)) return all;
  const simulation = { policies, facts };
  const first = startOf(simulation);
  const least = [...first.steps, ...skippingFrom(first.next, simulation)];
  return endsWell(least) ? least : all;
}

function endsWell(steps: readonly SimulatedStep[]): boolean {
  return steps.at(-1)?.kind === 'complete';
}

function isOffer(step: SimulatedStep): boolean {
  return offered(step) !== undefined;
}

function offered(step: SimulatedStep) {
  return 'skippable' in step ? step.skippable : undefined;
}

function skippingFrom(start: Progress | undefined, simulation: Simulation): readonly SimulatedStep[] {
  const steps: SimulatedStep[] = [];
  let from = start;
  for (let turns = 0; from !== undefined && turns < maxTurns; turns += 1) {
    const turn = afterOffer(from, takeTurn(from, simulation));
    steps.push(...turn.steps);
    from = turn.next;
  }
  return steps;
}

function afterOffer({ transaction, subject }: Progress, turn: Turn): Turn {
  const skippable = turn.steps.map(offered).find((offer) => offer !== undefined);
  return skippable
    ? { steps: [], next: { transaction: skipping(transaction, skippable.authenticators), subject } }
    : turn;
}
