/** Describes what users must set up under only one of the configurations. */
import type { LeastOfWay } from '../../../../core/analysis/simulation/least-steps.ts';
import {
  isSetUp,
  leastOf,
  type RequiredChoice,
  requiredInEach,
} from '../../../../core/analysis/simulation/required-choices.ts';
import type { SimulatedStep } from '../../../../core/analysis/simulation/simulated-answers.ts';
import { subsetsOf } from '../../../../core/analysis/space/subsets.ts';

export interface SetUpChange {
  /** Enrollments that are required now and were not before. */
  readonly added: readonly RequiredChoice[];
  /** Enrollments that were required before and are not now. */
  readonly gone: readonly RequiredChoice[];
  /** Enrollments that something else may now replace as well. */
  readonly wider: readonly { readonly from: RequiredChoice; readonly to: RequiredChoice }[];
  /** Enrollments that are required under both. */
  readonly kept: readonly RequiredChoice[];
}

type Ways = readonly LeastOfWay[];

/** Whichever way the user takes. */
export function setUpChange(active: Ways, next: Ways): SetUpChange {
  if (active.length === 0 || next.length === 0) return { added: [], gone: [], wider: [], kept: [] };
  const [before, after] = [setUpsIn(active), setUpsIn(next)];
  return confirmed(setUpBetween(requiredIn(before), requiredIn(after)), before, after);
}

type SetUps = readonly Choices[];

function setUpsIn(ways: Ways): SetUps {
  return ways.flatMap(({ setUps }) => setUps);
}

/** Each choice sorted: whichever of it the user takes, it is the same. */
function requiredIn(setUps: SetUps): Choices {
  return requiredInEach(setUps).map((choice) => choice.toSorted());
}

/**
 * The choices of both sides may be joined otherwise. What counts is how many of the same authenticators must be set up
 * at least.
 */
function confirmed(change: SetUpChange, before: SetUps, after: SetUps): SetUpChange {
  const keys = [...new Set([...before, ...after].flat(2))].sort();
  if (keys.length > mostKeys) return change;
  const isMore = (choice: RequiredChoice) => leastOf(choice, after) > leastOf(choice, before);
  const isLess = (choice: RequiredChoice) => leastOf(choice, after) < leastOf(choice, before);
  const smallest = (isMeant: typeof isMore) => subsetsOf(keys).filter(isMeant).toSorted(bySize).slice(0, 1);
  const told = change.added.filter(isMore);
  const added = told.length > 0 ? told : smallest(isMore);
  if (added.length > 0) return { ...change, added };
  const [gone, wider] = [change.gone.filter(isLess), change.wider.filter(({ from }) => isLess(from))];
  return { ...change, added, wider, gone: gone.length + wider.length > 0 ? gone : smallest(isLess) };
}

/** Of more authenticators, not all choices are tried. */
const mostKeys = 10;

type Choices = readonly RequiredChoice[];

/** A requirement is new unless an earlier one was at least as narrow. */
function setUpBetween(active: Choices, next: Choices): SetUpChange {
  const left = [...active];
  const added: RequiredChoice[] = [];
  const pairs: { from: RequiredChoice; to: RequiredChoice }[] = [];
  for (const to of next.toSorted(bySize)) {
    const covered = left.filter((choice) => choice.every((key) => to.includes(key))).toSorted(bySize);
    const from = covered.at(-1);
    if (from === undefined) added.push(to);
    else pairs.push({ from: left.splice(left.indexOf(from), 1)[0] ?? from, to });
  }
  return {
    added,
    gone: left,
    wider: pairs.filter(({ from, to }) => from.length < to.length),
    kept: pairs.map(({ to }) => to),
  };
}

/** What else the user is asked. */
export function withoutSetUps(steps: readonly SimulatedStep[]): readonly SimulatedStep[] {
  return steps.filter((step) => !isSetUp(step));
}

function bySize(one: RequiredChoice, other: RequiredChoice): number {
  return one.length - other.length;
}

/** For example `totp or webauthn`, or `2 of totp or webauthn and email`. */
export function choicesText(choices: readonly RequiredChoice[]): string {
  const counts = new Map<string, number>();
  for (const words of choices.map(choiceText)) counts.set(words, (counts.get(words) ?? 0) + 1);
  return [...counts].map(([words, count]) => (count === 1 ? words : `${count} of ${words}`)).join(' and ');
}

function choiceText(choice: RequiredChoice): string {
  return choice.join(' or ');
}

/** For example `must set up another of totp or webauthn`. Undefined if the same must be set up. */
export function setUpHeadline(change: SetUpChange): string | undefined {
  const { added, gone, wider } = change;
  if (added.length > 0) {
    const before = gone.length === 0 ? '' : ` (${choicesText(gone)} before)`;
    return `must set up ${more(added, change)}${before}`;
  }
  if (gone.length > 0) return `need not set up ${more(gone, change)}`;
  const [first] = wider;
  return first && `may set up ${choiceText(first.to)} (${choiceText(first.from)} before)`;
}

/** Adds "another" if one of the same kind must be set up under both configurations. */
function more(choices: readonly RequiredChoice[], { kept }: SetUpChange): string {
  const words = choicesText(choices);
  const [only] = choices;
  const isOneMore = choices.length === 1 && kept.some((choice) => choiceText(choice) === words);
  if (!isOneMore || only === undefined) return words;
  return only.length === 1 ? `another ${words}` : `another of ${words}`;
}
