/** What must be set up whichever of several ways the user takes. */
import type { SimulatedStep } from './simulated-answers.ts';

/** Keys of authenticators; one of them must be enrolled. */
export type RequiredChoice = readonly string[];

/** An enrollment that the user must make and cannot skip, of something that the user does not have. */
export function isSetUp(step: SimulatedStep): step is Extract<SimulatedStep, { kind: 'challenge' | 'enroll' }> {
  return step.kind === 'enroll' && !step.skippable && !step.replacementReason;
}

/** What must be set up in this way, each with its alternatives. */
export function choicesIn(way: readonly SimulatedStep[]): readonly RequiredChoice[] {
  return way.flatMap((step) => {
    if (!isSetUp(step)) return [];
    return [[...new Set([step.authenticator, ...step.alternatives.map(({ authenticator }) => authenticator)])]];
  });
}

/**
 * What must be set up in each of these ways. One choice of each way makes a choice that holds for all of them, with the
 * keys of all; those are taken first that make the smallest. A choice of a way counts once.
 */
export function requiredInEach(ways: readonly (readonly RequiredChoice[])[]): readonly RequiredChoice[] {
  const [shortest = [], ...others] = ways.toSorted((a, b) => a.length - b.length).map(copied);
  const required = new Map<RequiredChoice, RequiredChoice>();
  while (required.size < shortest.length) {
    const joined = shortest
      .filter((choice) => !required.has(choice))
      .map((choice) => ({ choice, ...joinedWith(choice, others) }));
    const best = joined.reduce((one, other) => (other.keys.length < one.keys.length ? other : one));
    required.set(best.choice, best.keys);
    for (const [index, taken] of best.taken.entries()) others[index]?.splice(others[index].indexOf(taken), 1);
  }
  return shortest.flatMap((choice) => [required.get(choice) ?? []]);
}

/** Each choice a value of its own, also where the same is there twice. */
function copied(way: readonly RequiredChoice[]): RequiredChoice[] {
  return way.map((choice) => [...choice]);
}

interface JoinedChoice {
  readonly keys: RequiredChoice;
  /** The choice of each other way. */
  readonly taken: readonly RequiredChoice[];
}

/** With that choice of each other way that adds the fewest keys. Each has one left, as none is shorter. */
function joinedWith(choice: RequiredChoice, others: readonly (readonly RequiredChoice[])[]): JoinedChoice {
  return others.reduce<JoinedChoice>(
    ({ keys, taken }, way) => {
      const [closest = []] = way.toSorted((a, b) => added(a, keys).length - added(b, keys).length);
      return { keys: [...keys, ...added(closest, keys)], taken: [...taken, closest] };
    },
    { keys: choice, taken: [] },
  );
}

function added(choice: RequiredChoice, keys: RequiredChoice): RequiredChoice {
  return choice.filter((key) => !keys.includes(key));
}
