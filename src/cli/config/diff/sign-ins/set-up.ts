/** Describes what users must set up under only one of the configurations. */
import type { SimulatedStep } from '../../../../core/analysis/simulation/simulated-answers.ts';

/** Keys of authenticators; one of them must be enrolled. */
type RequiredChoice = readonly string[];

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

/** What the user does in one way to sign in. */
type Way = readonly SimulatedStep[];

/**
 * Whichever way the user takes: what is required in all ways and was not in one of them, and what was required in all
 * of them and is not in one.
 */
export function setUpChange(active: readonly Way[], next: readonly Way[]): SetUpChange {
  const [before, after] = [active, next].map(differingSetUps);
  const changes = (after ?? []).map((to) => (before ?? []).map((from) => setUpInOneWay(from, to)));
  const [first, ...others] = changes.flat();
  if (first === undefined || others.length === 0) return first ?? { added: [], gone: [], wider: [], kept: [] };
  const byActive = (before ?? []).map((_, at) => changes.flatMap((row) => row[at] ?? []));
  return {
    added: inEach(changes.map((row) => inAny(row.map(({ added }) => added)))),
    gone: inEach(byActive.map((column) => inAny(column.map(({ gone }) => gone)))),
    wider: [],
    kept: inEach(changes.flat().map(({ kept }) => kept)),
  };
}

/** The ways that differ in what must be set up. */
function differingSetUps(ways: readonly Way[]): readonly Choices[] {
  return [...new Map(ways.map((way) => [JSON.stringify(toEnroll(way)), toEnroll(way)])).values()];
}

type Choices = readonly RequiredChoice[];

/** Each as often as the lists have it that have it most often. */
function inAny(lists: readonly Choices[]): Choices {
  return lists.reduce((all, list) => all.concat(withoutThese(list, all)), []);
}

/** Each as often as all lists have it. */
function inEach([first = [], ...others]: readonly Choices[]): Choices {
  return others.reduce((shared, list) => withoutThese(shared, withoutThese(shared, list)), first);
}

/** A choice that is there several times is left as often as it is there more often. */
function withoutThese(choices: Choices, others: Choices): Choices {
  const left = others.map((choice) => JSON.stringify(choice));
  return choices.filter((choice) => {
    const at = left.indexOf(JSON.stringify(choice));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** A requirement is new unless an earlier one was at least as narrow. */
function setUpInOneWay(active: Choices, next: Choices): SetUpChange {
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

type SetUp = Extract<SimulatedStep, { kind: 'challenge' | 'enroll' }>;

/** An enrollment that the user must make and cannot skip, of something that the user does not have. */
export function isSetUp(step: SimulatedStep): step is SetUp {
  return step.kind === 'enroll' && !step.skippable && !step.replacementReason;
}

/** Each with its alternatives, sorted: whichever of them the user takes, it is the same choice. */
function toEnroll(steps: Way): Choices {
  return steps.flatMap((step) => {
    if (!isSetUp(step)) return [];
    return [[...new Set([step.authenticator, ...step.alternatives.map(({ authenticator }) => authenticator)])].sort()];
  });
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
