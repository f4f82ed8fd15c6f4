/** What must be set up after the proofs, by each choice that the pages leave. */
import { picked } from '../../step/transitions.ts';
import { provingOneOf } from './further-proofs.ts';
import type { RequiredChoice } from './required-choices.ts';
import { decisionAt, takeTurn, type WalkedTurn } from './simulate.ts';
import type { Progress, Simulation } from './simulated-answers.ts';
import { afterOffer } from './skipping-offers.ts';

type SetUps = readonly (readonly RequiredChoice[])[];

/** More pages are not looked at, so that what follows other choices is left out. */
const mostPages = 100;

/**
 * Each list is what the user sets up who skips what may be skipped: authenticators that the same follows are one
 * choice. `further`: what the user chooses to prove before setting something up. Empty: the user does not get in.
 */
export function setUpsFrom(from: Progress, simulation: Simulation, further: readonly string[]): SetUps {
  return choosing(from, { simulation, further, pages: 0 });
}

interface Choosing {
  readonly simulation: Simulation;
  readonly further: readonly string[];
  pages: number;
}

function choosing(start: Progress, choices: Choosing): SetUps {
  const { simulation, further } = choices;
  for (let from: Progress | undefined = start; from !== undefined && choices.pages < mostPages; ) {
    choices.pages += 1;
    const decision = decisionAt(from, simulation);
    if (decision.kind === 'allow') return [[]];
    if (decision.kind === 'deny') return [];
    const isChosen = decision.kind === 'enroll' && !decision.skippable && !decision.replacementReason;
    if (isChosen) return byChoice(decision.choices, from, choices);
    const turn: WalkedTurn = { ...afterOffer(from, takeTurn(from, simulation)), from };
    from = provingOneOf(further, turn, simulation).next;
  }
  return [];
}

function byChoice(keys: readonly string[], { transaction, subject }: Progress, choices: Choosing): SetUps {
  const rests = keys.flatMap((authenticator) => {
    const chosen = picked(transaction, { purpose: 'enroll', authenticator });
    const { next } = takeTurn({ transaction: chosen, subject }, choices.simulation);
    return (next ? choosing(next, choices) : []).map((rest) => ({ authenticator, rest }));
  });
  return [...Map.groupBy(rests, ({ rest }) => JSON.stringify(rest)).values()].map((alike) => [
    alike.map(({ authenticator }) => authenticator),
    ...(alike[0]?.rest ?? []),
  ]);
}
