/**
 * Draws what follows at once from formulas that must hold together (unit propagation). A formula is examined again
 * only if a variable that it is about has lost classes since; it counts as a step all the same.
 */
import { restrict } from './class-sets.ts';
import { openChoices, type ReducedDomains } from './open-choices.ts';
import { type Causes, isAboutAny, type ReadChoice, type ReadFormula } from './read-formulas.ts';

/** The number of formulas that a search may still examine. A search takes from it. */
export interface Budget {
  steps: number;
}

/** What must hold, within these classes. */
export interface SearchState extends ReducedDomains {
  readonly open: readonly ReadFormula[];
  /** The positions in `open` of formulas that were examined within these classes, and decided nothing. */
  readonly settled: { readonly from: number; readonly to: number };
  /** Why the other formulas must hold. */
  readonly causes: Causes;
}

/** What must still hold once all consequences are drawn. */
export interface OpenChoices extends ReducedDomains {
  /** Each has two choices or more, none of them decided. */
  readonly open: readonly ReadChoice[];
}

/** Applies what must hold until nothing follows any more. Causes: why it cannot hold. */
export function propagate(state: SearchState, budget: Budget): OpenChoices | Causes | 'undecided' {
  const { from, to } = state.settled;
  const pass = new Propagation(state, budget);
  let queue = state.open;
  let seenAt = (at: number): number => (at >= from && at < to ? 0 : -1);
  for (;;) {
    const before = pass.changes.length;
    const end = pass.over(queue, seenAt);
    if (end !== undefined) return end;
    const { domains, touched, because, open } = pass;
    if (pass.changes.length === before || open.length === 0) return { domains, touched, because, open };
    queue = open;
    const { seen } = pass;
    seenAt = (at) => seen[at] as number;
  }
}

class Propagation implements ReducedDomains {
  readonly domains: number[];
  readonly touched: number[];
  readonly because: Causes[];
  readonly #causes: Causes;
  readonly #budget: Budget;
  /** What must hold because the formula that is examined must. */
  readonly #pending: PendingFormulas = { formulas: [], causes: [] };
  /** The variables that lost classes, in turn. */
  readonly changes: number[] = [];
  /** The formulas that the last pass left open. */
  open: ReadChoice[] = [];
  /** How many changes there were when each of them was examined. */
  seen: number[] = [];

  constructor({ domains, touched, because, causes }: SearchState, budget: Budget) {
    this.domains = domains.slice();
    this.touched = touched.slice();
    this.because = because.slice();
    this.#causes = causes;
    this.#budget = budget;
  }

  /** Examines all, from the last to the first. `seenAt`: -1 for those that were not examined before. */
  over(queue: readonly ReadFormula[], seenAt: (at: number) => number): Causes | 'undecided' | undefined {
    this.open = [];
    this.seen = [];
    for (let at = queue.length - 1; at >= 0; at -= 1) {
      const end = this.#look(queue[at] as ReadFormula, seenAt(at));
      if (end !== undefined) return end;
    }
    return undefined;
  }

  #look(formula: ReadFormula, seen: number): Causes | 'undecided' | undefined {
    if (formula.kind === 'any' && seen >= 0) return this.#lookAgain(formula, seen);
    add(this.#pending, formula, seen < 0 ? this.#causes : 0);
    return this.#applyPending();
  }

  /** Whatever is not about a variable that lost classes since is as it was: neither sure to hold nor sure not to. */
  #lookAgain(formula: ReadChoice, seen: number): Causes | 'undecided' | undefined {
    if (!isAboutAny(formula, this.changes, seen)) {
      this.#leave(formula);
      return this.#step();
    }
    const changed = { variables: this.changes, from: seen };
    return this.#step() ?? this.#choose(openChoices(formula, { causes: 0, changed }, this)) ?? this.#applyPending();
  }

  #applyPending(): Causes | 'undecided' | undefined {
    const { formulas, causes } = this.#pending;
    for (let one = formulas.pop(); one !== undefined; one = formulas.pop()) {
      const end = this.#step() ?? this.#apply(one, causes.pop() as Causes);
      if (end !== undefined) return end;
    }
    return undefined;
  }

  #step(): 'undecided' | undefined {
    this.#budget.steps -= 1;
    return this.#budget.steps < 0 ? 'undecided' : undefined;
  }

  /** The result says why it cannot hold. */
  #apply(formula: ReadFormula, causes: Causes): Causes | undefined {
    if (formula.kind === 'all') for (const part of formula.parts) add(this.#pending, part, causes);
    else if (formula.kind === 'in') {
      const change = restrict(this, formula);
      if (change === 'same') return undefined;
      const all = causes | (this.because[formula.variable] ?? 0);
      if (change === 'empty') return all;
      this.because[formula.variable] = all;
      this.changes.push(formula.variable);
    } else return this.#choose(openChoices(formula, { causes }, this));
    return undefined;
  }

  #choose(left: ReadChoice | 'holds'): Causes | undefined {
    if (left === 'holds') return undefined;
    const only = left.parts[0];
    if (only === undefined) return left.causes;
    if (left.parts.length === 1) add(this.#pending, only, left.causes);
    else this.#leave(left);
    return undefined;
  }

  #leave(formula: ReadChoice): void {
    this.open.push(formula);
    this.seen.push(this.changes.length);
  }
}

/** Formulas that must hold, and why each must. */
interface PendingFormulas {
  readonly formulas: ReadFormula[];
  readonly causes: Causes[];
}

function add({ formulas, causes }: PendingFormulas, formula: ReadFormula, because: Causes): void {
  formulas.push(formula);
  causes.push(because);
}
