/**
 * Draws what follows at once from formulas that must hold together (unit propagation). A formula is examined again
 * only if a variable that it is about has lost classes since; it counts as a step all the same.
 */
import {
  type Domains,
  isAboutAny,
  type ReadChoice,
  type ReadFormula,
  restrict,
  resultOfClasses,
} from './read-formulas.ts';

/** The number of formulas that a search may still examine. A search takes from it. */
export interface Budget {
  steps: number;
}

/** What must hold, within these classes. */
export interface SearchState extends Domains {
  readonly open: readonly ReadFormula[];
  /** The positions in `open` of formulas that were examined within these classes, and decided nothing. */
  readonly settled: { readonly from: number; readonly to: number };
}

/** What must still hold once all consequences are drawn. */
export interface OpenChoices extends Domains {
  /** Each has two choices or more, none of them decided. */
  readonly open: readonly ReadChoice[];
}

/** Applies what must hold until nothing follows any more. Undefined: it cannot hold. */
export function propagate(state: SearchState, budget: Budget): OpenChoices | undefined | 'undecided' {
  const { from, to } = state.settled;
  const pass = new Propagation(state, budget);
  let queue = state.open;
  let seen: readonly number[] = queue.map((_, at) => (at >= from && at < to ? 0 : -1));
  for (;;) {
    const before = pass.changes.length;
    const end = pass.over(queue, seen);
    if (end !== undefined) return end === 'undecided' ? end : undefined;
    const { domains, touched, open } = pass;
    if (pass.changes.length === before || open.length === 0) return { domains, touched, open };
    [queue, seen] = [open, pass.seen];
  }
}

class Propagation {
  readonly domains: number[];
  readonly touched: number[];
  readonly #budget: Budget;
  /** The variables that lost classes, in turn. */
  readonly changes: number[] = [];
  /** The formulas that the last pass left open. */
  open: ReadChoice[] = [];
  /** How many changes there were when each of them was examined. */
  seen: number[] = [];

  constructor({ domains, touched }: Domains, budget: Budget) {
    this.domains = domains.slice();
    this.touched = touched.slice();
    this.#budget = budget;
  }

  /** Examines all, from the last to the first. `seen`: -1 for those that were not examined before. */
  over(queue: readonly ReadFormula[], seen: readonly number[]): 'impossible' | 'undecided' | undefined {
    this.open = [];
    this.seen = [];
    for (let at = queue.length - 1; at >= 0; at -= 1) {
      const end = this.#look(queue[at] as ReadFormula, seen[at] as number);
      if (end !== undefined) return end;
    }
    return undefined;
  }

  #look(formula: ReadFormula, seen: number): 'impossible' | 'undecided' | undefined {
    if (formula.kind === 'any' && seen >= 0 && !isAboutAny(formula, this.changes, seen)) {
      this.#leave(formula);
      return this.#step();
    }
    const pending = [formula];
    for (let one = pending.pop(); one !== undefined; one = pending.pop()) {
      const end = this.#step() ?? this.#apply(one, pending);
      if (end !== undefined) return end;
    }
    return undefined;
  }

  #step(): 'undecided' | undefined {
    this.#budget.steps -= 1;
    return this.#budget.steps < 0 ? 'undecided' : undefined;
  }

  /** `pending`: what must hold because the formula must. */
  #apply(formula: ReadFormula, pending: ReadFormula[]): 'impossible' | undefined {
    if (formula.kind === 'all') for (const part of formula.parts) pending.push(part);
    else if (formula.kind === 'in') {
      const change = restrict(this, formula);
      if (change === 'empty') return 'impossible';
      if (change === 'less') this.changes.push(formula.variable);
    } else {
      const left = openChoices(formula, this.domains);
      if (left === 'holds') return undefined;
      const [only] = left.parts;
      if (only === undefined) return 'impossible';
      if (left.parts.length === 1) pending.push(only);
      else this.#leave(left);
    }
    return undefined;
  }

  #leave(formula: ReadChoice): void {
    this.open.push(formula);
    this.seen.push(this.changes.length);
  }
}

/** The choices that may yet hold; `holds`: one of them does already. */
function openChoices(formula: ReadChoice, domains: readonly number[]): ReadChoice | 'holds' {
  const { about, parts } = formula;
  let left: ReadFormula[] | undefined;
  for (let at = 0; at < parts.length; at += 1) {
    const choice = parts[at] as ReadFormula;
    const result = resultIn(choice, domains);
    if (result === true) return 'holds';
    if (result === false) left ??= parts.slice(0, at);
    else left?.push(choice);
  }
  return left ? { kind: 'any', parts: left, about } : formula;
}

/** Whether the formula holds in all these classes (`true`), in none (`false`), or neither is sure. */
function resultIn(formula: ReadFormula, domains: readonly number[]): boolean | undefined {
  if (formula.kind === 'in') return resultOfClasses(formula, domains);
  const isAll = formula.kind === 'all';
  let isOpen = false;
  for (const part of formula.parts) {
    const result = resultIn(part, domains);
    if (result === !isAll) return result;
    isOpen ||= result === undefined;
  }
  return isOpen ? undefined : isAll;
}
