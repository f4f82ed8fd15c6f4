/** The way of a user who skips everything that may be skipped. */
import { skipping } from '../../step/transitions.ts';
import { provingOneOf } from './further-proofs.ts';
import { maxTurns, stepsOf, takeTurn, type WalkedTurn } from './simulate.ts';
import type { Progress, SimulatedStep, Simulation, Turn } from './simulated-answers.ts';

/** The steps to the end of the sign-in. `further`: as below. */
export function skippingFrom(
  start: Progress | undefined,
  simulation: Simulation,
  further: readonly string[] = [],
): readonly SimulatedStep[] {
  return stepsOf(turnsSkippingFrom(start, simulation, further));
}

/** The turns to the end of the sign-in. `further`: what the user chooses to prove before setting something up. */
function turnsSkippingFrom(
  start: Progress | undefined,
  simulation: Simulation,
  further: readonly string[] = [],
): readonly WalkedTurn[] {
  const turns: WalkedTurn[] = [];
  for (let from = start; from !== undefined && turns.length < maxTurns; ) {
    const turn = { ...afterOffer(from, takeTurn(from, simulation)), from };
    const taken = provingOneOf(further, turn, simulation);
    turns.push(taken);
    from = taken.next;
  }
  return turns;
}

/** The turn of a user who skips what is offered there. */
export function afterOffer({ transaction, subject }: Progress, turn: Turn): Turn {
  const skippable = turn.steps.map(offered).find((offer) => offer !== undefined);
  return skippable
    ? { steps: [], next: { transaction: skipping(transaction, skippable.authenticators), subject } }
    : turn;
}

function offered(step: SimulatedStep) {
  return 'skippable' in step ? step.skippable : undefined;
}

/** Whether the user may skip one of the steps. */
export function haveOffer(steps: readonly SimulatedStep[]): boolean {
  return steps.some((step) => offered(step) !== undefined);
}

/** Whether the user gets in. */
export function endsWell(steps: readonly SimulatedStep[]): boolean {
  return steps.at(-1)?.kind === 'complete';
}

/** Where a user who accepts what is offered is denied, the turns of one who does not. */
export function withoutDenyingOffers(
  after: readonly WalkedTurn[],
  from: Progress,
  simulation: Simulation,
): readonly WalkedTurn[] {
  const steps = stepsOf(after);
  if (endsWell(steps) || !haveOffer(steps)) return after;
  const least = turnsSkippingFrom(from, simulation);
  return endsWell(stepsOf(least)) ? least : after;
}
