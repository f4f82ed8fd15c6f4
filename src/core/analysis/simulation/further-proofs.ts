/** Sign-ins in which the user has to prove more before enrolling something, by each proof that is offered for it. */
import { picked } from '../../step/transitions.ts';
import { takeTurn, type WalkedTurn, walkFrom } from './simulate.ts';
import type { SimulatedStep, Simulation } from './simulated-answers.ts';

type Turns = readonly WalkedTurn[];
type Challenge = Extract<SimulatedStep, { kind: 'challenge' | 'enroll' }>;

/** More are left out. */
const mostFollowed = 16;

/** These turns, and those of users who choose other proofs on the way. */
export function byEachFurtherProof(turns: Turns, simulation: Simulation): readonly Turns[] {
  const found = new Map<string, Turns>();
  let followed = 0;
  for (const all of choosing(turns, simulation, 0)) {
    const follows = JSON.stringify(all.map(({ steps }) => steps.map(withoutChoice)));
    if (!found.has(follows)) found.set(follows, all);
    followed += 1;
    if (followed === mostFollowed) break;
  }
  return [...found.values()];
}

/** `from`: the user chooses from this turn on. */
function* choosing(turns: Turns, simulation: Simulation, from: number): Generator<Turns, undefined> {
  const at = turns.findIndex(({ steps }, index) => index >= from && steps.some(isFurtherProof));
  const turn = turns[at];
  if (turn === undefined) {
    yield turns;
    return;
  }
  yield* choosing(turns, simulation, at + 1);
  for (const other of otherwise(turn, simulation)) {
    const rest = other.next ? walkFrom(other.next, simulation) : [];
    yield* choosing([...turns.slice(0, at), other, ...rest], simulation, at + 1);
  }
}

/** The turn by each other authenticator that is offered there. */
function otherwise(turn: WalkedTurn, simulation: Simulation): Turns {
  const [step] = turn.steps.filter(isFurtherProof);
  const keys = new Set(step?.alternatives.map(({ authenticator }) => authenticator));
  return [...keys].flatMap((key) => {
    const other = provingInstead(turn, key, simulation);
    return other === undefined ? [] : [other];
  });
}

/** Undefined: the user need not prove more there, proves this one anyway, or cannot. */
function provingInstead({ steps, from }: WalkedTurn, key: string, simulation: Simulation): WalkedTurn | undefined {
  const [step] = steps.filter(isFurtherProof);
  const { enrollment } = step?.alternatives.find(({ authenticator }) => authenticator === key) ?? {};
  if (enrollment === undefined || key === step?.authenticator) return undefined;
  const transaction = picked(from.transaction, { purpose: 'challenge', authenticator: key, enrollment });
  const begun = { ...from, transaction };
  return { ...takeTurn(begun, simulation), from: begun };
}

/** The further proofs of this way. */
export function furtherProofs(steps: readonly SimulatedStep[]): readonly string[] {
  return steps.filter(isFurtherProof).map(({ authenticator }) => authenticator);
}

/** The turn of a user who proves the first of these that is offered there. */
export function provingOneOf(keys: readonly string[], turn: WalkedTurn, simulation: Simulation): WalkedTurn {
  const [step] = turn.steps.filter(isFurtherProof);
  const isOffered = (key: string) => step && [step, ...step.alternatives].some((each) => each.authenticator === key);
  const first = keys.find(isOffered);
  return (first !== undefined && provingInstead(turn, first, simulation)) || turn;
}

function isFurtherProof(step: SimulatedStep): step is Challenge {
  return step.kind === 'challenge' && step.toEnroll !== undefined;
}

/** What follows is the same, whichever of the proofs the user chose. */
function withoutChoice(step: SimulatedStep): object {
  return isFurtherProof(step) ? { kind: step.kind, skippable: step.skippable } : step;
}
