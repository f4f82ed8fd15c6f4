/** What must be set up whichever of several ways the user takes. */
import { distinct } from '../../model/distinct.ts';
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

/** Of more choices that hold in all ways, those with the fewest keys are tried, and of these some first. */
const most = { kept: 32, tried: 4 };

type Way = readonly RequiredChoice[];

/**
 * What must be set up in each of these ways: as many choices as the shortest takes. One choice of each way makes a
 * choice that holds for all of them, with the keys of all; those are taken that have the fewest keys together. A choice
 * of a way counts once.
 */
export function requiredInEach(ways: readonly Way[]): readonly RequiredChoice[] {
  const [shortest, ...others] = ways.toSorted((a, b) => a.length - b.length);
  if (shortest === undefined || others.length === 0) return shortest ?? [];
  const found = fewestKeys(distinct([shortest, ...others]));
  return found.toSorted((one, other) => one.at - other.at).map(({ keys }) => keys);
}

interface JoinedChoice {
  readonly keys: RequiredChoice;
  /** Its position in the first way. */
  readonly at: number;
}

/** The first way is the shortest. */
function fewestKeys(ways: readonly Way[], positions?: readonly number[]): readonly JoinedChoice[] {
  const [shortest = []] = ways;
  if (shortest.length === 0) return [];
  const own = positions ?? [...shortest.keys()];
  const families = joinedChoices(ways)
    .slice(0, most.tried)
    .map((keys): readonly JoinedChoice[] => {
      const taken = ways.map((way) => way.findIndex((choice) => isWithin(choice, keys)));
      const left = ways.map((way, index) => way.toSpliced(taken[index] ?? 0, 1));
      const [at = 0] = taken;
      return [{ keys, at: own[at] ?? 0 }, ...fewestKeys(left, own.toSpliced(at, 1))];
    });
  return families.reduce((one, other) => (keysIn(other) < keysIn(one) ? other : one));
}

function keysIn(family: readonly JoinedChoice[]): number {
  return family.reduce((sum, { keys }) => sum + keys.length, 0);
}

/** The choices that hold in each of these ways, and of which none contains another one; the fewest keys first. */
function joinedChoices(ways: readonly Way[]): readonly RequiredChoice[] {
  return ways.reduce<readonly RequiredChoice[]>(
    (joined, way) => {
      const wider = joined.flatMap((keys) =>
        way.map((choice) => [...keys, ...choice.filter((key) => !keys.includes(key))]),
      );
      const least: RequiredChoice[] = [];
      for (const keys of wider.toSorted((a, b) => a.length - b.length))
        if (!least.some((other) => isWithin(other, keys))) least.push(keys);
      return least.slice(0, most.kept);
    },
    [[]],
  );
}

function isWithin(choice: RequiredChoice, keys: RequiredChoice): boolean {
  return choice.every((key) => keys.includes(key));
}

/** How many of these must be set up at least, whichever way the user takes. */
export function leastOf(keys: RequiredChoice, ways: readonly Way[]): number {
  return Math.min(...ways.map((way) => way.filter((choice) => isWithin(choice, keys)).length));
}
