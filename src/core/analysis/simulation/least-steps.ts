/** What a sign-in asks of a user who skips everything that may be skipped. */
import type { Facts } from '../../model/facts.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { skipping } from '../../step/transitions.ts';
import { maxTurns, simulate, startOf, takeTurn } from './simulate.ts';
import type { Progress, SimulatedStep, Turn } from './simulated-answers.ts';

/**
 * As `simulate`, but offers are skipped. To accept an offer may take a further proof, after which other rules decide.
 * What these ask for is not required of the user. If a user who skips does not get in, the result is that of
 * `simulate`.
 */
export function leastSteps(policies: PolicySet, facts: Facts): readonly SimulatedStep[] {
  const all = simulate(policies, facts);
  if (!all.some(isOffer)) return all;
  const least = skippingAll(policies, facts);
  return least.at(-1)?.kind === 'complete' ? least : all;
}

function isOffer(step: SimulatedStep): boolean {
  return offered(step) !== undefined;
}

function offered(step: SimulatedStep) {
  return 'skippable' in step ? step.skippable : undefined;
}

function skippingAll(policies: PolicySet, facts: Facts): readonly SimulatedStep[] {
  const simulation = { policies, facts };
  const first = startOf(simulation);
  const steps = [...first.steps];
  let from: Progress | undefined = first.next;
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
