/**
 * Finds classes of facts in which formulas hold together, or proves that there are none: unit propagation and
 * backtracking over finite domains (M. Davis, G. Logemann, D. Loveland, 1962). Counts its steps, so that it gives the
 * same answer on every machine, and says when it gives up.
 */
import type { Formula, Variable } from '../../policy/theories/theory.ts';
import { type Budget, type OpenChoices, propagate, type SearchState } from './propagate.ts';
import {
  type Causes,
  type ClassModel,
  type Domains,
  type FormulaReader,
  formulaReader,
  type ReadFormula,
} from './read-formulas.ts';
import { shortestFirst } from './shortest-first.ts';

/** `undecided`: the budget did not suffice. */
export type ModelSearchResult = { readonly model: ClassModel } | 'impossible' | 'undecided';

/** What a search found, rule by rule. */
export interface FoundByRule<Candidate, Of> {
  readonly found: readonly Candidate[];
  /** Rules whose candidates could not all be decided: the steps did not suffice. */
  readonly undecided: readonly Of[];
  /** Rules of which something could not be decided, as nothing is known of a part of an expression. */
  readonly opaque: readonly Of[];
}

/** Looks at candidates for each rule until one is found. */
export function findByRule<Candidate extends object, Of>(
  rules: readonly Of[],
  candidatesOf: (rule: Of) => Iterable<Candidate | 'undecided' | 'opaque' | undefined>,
): FoundByRule<Candidate, Of> {
  const found: Candidate[] = [];
  const undecided: Of[] = [];
  const opaque: Of[] = [];
  for (const rule of rules) {
    let isOpen = false;
    let isOpaque = false;
    let first: Candidate | undefined;
    for (const candidate of candidatesOf(rule)) {
      if (typeof candidate === 'object') first = candidate;
      if (first) break;
      isOpen ||= candidate === 'undecided';
      isOpaque ||= candidate === 'opaque';
    }
    if (first) found.push(first);
    else if (isOpen) undecided.push(rule);
    else if (isOpaque) opaque.push(rule);
  }
  return { found, undecided, opaque };
}

/** A budget that is enough for hundreds of rules; only rules that are entangled on purpose take more. */
export function newBudget(): Budget {
  return { steps: 100_000 };
}

/** A part of a budget that several searches have in common, with at most this many steps. */
export function shareOf(whole: Budget, most: number): Budget {
  let own = most;
  return {
    get steps() {
      return Math.min(own, whole.steps);
    },
    set steps(left) {
      const used = this.steps - left;
      own -= used;
      whole.steps -= used;
    },
  };
}

/** Asks a question with its own share of a larger budget, if there is one. */
export function askWithin<Answer>(whole: Budget | undefined, ask: (budget: Budget) => Answer): Answer {
  const own = newBudget();
  if (whole === undefined) return ask(own);
  const given = Math.max(0, Math.min(own.steps, whole.steps));
  const budget = { steps: given };
  const answer = ask(budget);
  whole.steps -= given - Math.max(0, budget.steps);
  return answer;
}

/** Whether no step is left. */
export function isSpent(budget: Budget | undefined): boolean {
  return budget !== undefined && budget.steps <= 0;
}

/** Finds a model within a larger budget; one question takes at most its own share. */
export function findModelWithin(
  formulas: readonly Formula[],
  whole: Budget | undefined,
  reader?: FormulaReader,
): ModelSearchResult {
  // Not even the first formula can be examined: reading them all would be in vain.
  if (isSpent(whole) && formulas.length > 0) return 'undecided';
  return askWithin(whole, (budget) => findModel(formulas, budget, reader));
}

/** All formulas must hold. Takes from the budget. `read`: of the space that the formulas are from, if it is known. */
export function findModel(formulas: readonly Formula[], budget: Budget, read = formulaReader()): ModelSearchResult {
  return searchOf(search(stateOf(formulas.map(read.read), read), budget), read);
}

function searchOf(found: Found, { modelOf }: FormulaReader): ModelSearchResult {
  return typeof found === 'number' ? 'impossible' : found === 'undecided' ? found : { model: modelOf(found) };
}

/** What follows directly from formulas. It is computed once for all questions that add other formulas. */
export interface Consequences {
  readonly reader: FormulaReader;
  readonly state: OpenChoices;
  /** How many steps it took. */
  readonly steps: number;
}

/** Takes from the budget. */
export function consequencesOf(
  formulas: readonly Formula[],
  budget: Budget,
  reader = formulaReader(),
): Consequences | 'impossible' | 'undecided' {
  const given = budget.steps;
  const state = propagate(stateOf(formulas.map(reader.read), reader), budget);
  if (typeof state !== 'object') return typeof state === 'number' ? 'impossible' : state;
  return { reader, state, steps: given - budget.steps };
}

/** What `findModel` finds for these formulas, with the same steps; those for the consequences are not taken again. */
export function findModelFrom({ reader, state, steps }: Consequences, budget: Budget): ModelSearchResult {
  budget.steps -= steps;
  return searchOf(searchIn(state, budget, 0), reader);
}

/** What follows from these formulas in addition. Takes from the budget. */
export function consequencesWith(
  before: Consequences,
  besides: readonly Formula[],
  budget: Budget,
): Consequences | 'impossible' | 'undecided' {
  const given = budget.steps;
  const state = propagate(stateWith(before, besides), budget);
  if (typeof state !== 'object') return typeof state === 'number' ? 'impossible' : state;
  return { reader: before.reader, state, steps: before.steps + given - budget.steps };
}

/** Whether these formulas may hold in addition. If the budget does not suffice, the answer is true. */
export function mayHold(before: Consequences, besides: readonly Formula[], budget: Budget): boolean {
  return typeof search(stateWith(before, besides), budget) !== 'number';
}

function stateWith({ reader, state }: Consequences, besides: readonly Formula[]): SearchState {
  const more = besides.map(reader.read);
  const settled = { from: 0, to: state.open.length };
  return { ...state, domains: reader.extended(state.domains), open: [...state.open, ...more], settled, causes: 0 };
}

/** Whether the variable may be in the class at this position. */
export function mayBeIn({ reader, state }: Consequences, variable: Variable, position: number): boolean {
  return reader.isLeft(state.domains, variable, position);
}

/** None of them was examined yet. */
function stateOf(open: readonly ReadFormula[], { extended }: FormulaReader): SearchState {
  return { domains: extended([]), touched: [], because: [], open, settled: { from: 0, to: 0 }, causes: 0 };
}

/** Domains whose classes all satisfy the formulas. Causes: why there are none. */
type Found = Domains | Causes | 'undecided';

/** `depth`: how many choices were made before. */
function search(state: SearchState, budget: Budget, depth = 0): Found {
  const reduced = propagate(state, budget);
  return typeof reduced === 'object' ? searchIn(reduced, budget, depth) : reduced;
}

/** The choices from this depth on have one bit together. */
const deepest = 29;

/**
 * Tries each choice of the shortest formula that is open. What fails for other causes than the choice would fail with
 * each other choice, too (backjumping; J. Gaschnig, 1979).
 */
function searchIn({ open, ...others }: OpenChoices, budget: Budget, depth: number): Found {
  const ordered = shortestFirst(open);
  const shortest = ordered[0];
  if (shortest === undefined) return others;
  const all: readonly ReadFormula[] = ordered;
  const settled = { from: 1, to: open.length };
  const own = 1 << Math.min(depth, deepest);
  let { causes } = shortest;
  for (const choice of shortest.parts) {
    const found = search({ ...others, open: all.with(0, choice), settled, causes: own }, budget, depth + 1);
    if (typeof found !== 'number' || (found & own) === 0) return found;
    causes |= found;
  }
  return depth < deepest ? causes & ~own : causes;
}
