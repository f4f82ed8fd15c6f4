/**
 * Finds classes of facts in which formulas hold together, or proves that there are none: unit propagation and
 * backtracking over finite domains (M. Davis, G. Logemann, D. Loveland, 1962). Counts its steps, so that it gives the
 * same answer on every machine, and says when it gives up.
 */
import { everyClass, type Formula, type Variable } from '../../policy/theory.ts';

/**
 * A model, as SAT solvers call an assignment under which a formula holds: the position of a class for each variable.
 * The formulas hold in every class of a variable that is absent.
 */
export type ClassModel = ReadonlyMap<Variable, number>;

/** `undecided`: the budget did not suffice. */
export type Search = { readonly model: ClassModel } | 'impossible' | 'undecided';

/** The number of formulas that a search may still examine. A search takes from it. */
export interface Budget {
  steps: number;
}

/** What a search found, rule by rule. */
export interface FoundByRule<Found, Of> {
  readonly found: readonly Found[];
  /** Rules whose candidates could not all be decided: the steps did not suffice. */
  readonly undecided: readonly Of[];
}

/** Looks at candidates for each rule until one is found. */
export function findByRule<Found extends object, Of>(
  rules: readonly Of[],
  candidatesOf: (rule: Of) => Iterable<Found | 'undecided' | undefined>,
): FoundByRule<Found, Of> {
  const found: Found[] = [];
  const undecided: Of[] = [];
  for (const rule of rules) {
    let isOpen = false;
    let first: Found | undefined;
    for (const candidate of candidatesOf(rule)) {
      if (typeof candidate === 'object') first = candidate;
      if (first) break;
      isOpen ||= candidate === 'undecided';
    }
    if (first) found.push(first);
    else if (isOpen) undecided.push(rule);
  }
  return { found, undecided };
}

/** A budget that is enough for hundreds of rules; only rules that are entangled on purpose take more. */
export function newBudget(): Budget {
  return { steps: 100_000 };
}

/** Finds a model within a larger budget; one question takes at most its own share. */
export function findModelWithin(formulas: readonly Formula[], whole: Budget): Search {
  const given = Math.max(0, Math.min(newBudget().steps, whole.steps));
  const budget = { steps: given };
  const found = findModel(formulas, budget);
  whole.steps -= given - Math.max(0, budget.steps);
  return found;
}

type Domains = ReadonlyMap<Variable, bigint>;

/** All formulas must hold. Takes from the budget. */
export function findModel(formulas: readonly Formula[], budget: Budget): Search {
  const found = search({ domains: new Map(), open: formulas }, budget);
  return found === undefined ? 'impossible' : found === 'undecided' ? found : { model: modelOf(found) };
}

interface State {
  readonly domains: Domains;
  readonly open: readonly Formula[];
}

/** Domains whose classes all satisfy the formulas. Undefined: there are none. */
function search(state: State, budget: Budget): Domains | undefined | 'undecided' {
  const reduced = propagate(state, budget);
  if (reduced === undefined || reduced === 'undecided') return reduced;
  const { domains, open } = reduced;
  const [shortest, ...rest] = [...open].sort((a, b) => a.any.length - b.any.length);
  if (shortest === undefined) return domains;
  for (const choice of shortest.any) {
    const found = search({ domains, open: [choice, ...rest] }, budget);
    if (found !== undefined) return found;
  }
  return undefined;
}

interface Reduced {
  readonly domains: Domains;
  /** Each has two choices or more, none of them decided. */
  readonly open: readonly { readonly any: readonly Formula[] }[];
}

/** Applies what must hold until nothing follows any more. */
function propagate({ domains: before, open: given }: State, budget: Budget): Reduced | undefined | 'undecided' {
  const domains = new Map(before);
  let queue: readonly Formula[] = given;
  for (;;) {
    const open: { readonly any: readonly Formula[] }[] = [];
    const pending = [...queue];
    let hasChanged = false;
    for (let formula = pending.pop(); formula !== undefined; formula = pending.pop()) {
      budget.steps -= 1;
      if (budget.steps < 0) return 'undecided';
      if ('all' in formula) pending.push(...formula.all);
      else if ('variable' in formula) {
        const allowed = domainOf(formula.variable, domains) & formula.classes;
        if (allowed === 0n) return undefined;
        hasChanged ||= allowed !== domainOf(formula.variable, domains);
        domains.set(formula.variable, allowed);
      } else {
        const choices = openChoices(formula.any, domains);
        if (choices === 'holds') continue;
        const [only, ...others] = choices;
        if (only === undefined) return undefined;
        if (others.length === 0) pending.push(only);
        else open.push({ any: choices });
      }
    }
    if (!hasChanged || open.length === 0) return { domains, open };
    queue = open;
  }
}

/** The choices that may yet hold; `holds`: one of them does already. */
function openChoices(choices: readonly Formula[], domains: Domains): readonly Formula[] | 'holds' {
  const open: Formula[] = [];
  for (const choice of choices) {
    const result = resultIn(choice, domains);
    if (result === true) return 'holds';
    if (result === undefined) open.push(choice);
  }
  return open;
}

/** Whether the formula holds in all these classes (`true`), in none (`false`), or neither is sure. */
function resultIn(formula: Formula, domains: Domains): boolean | undefined {
  if ('variable' in formula) {
    const domain = domainOf(formula.variable, domains);
    if ((domain & formula.classes) === 0n) return false;
    return (domain & ~formula.classes) === 0n ? true : undefined;
  }
  const isAll = 'all' in formula;
  let isOpen = false;
  for (const part of isAll ? formula.all : formula.any) {
    const result = resultIn(part, domains);
    if (result === !isAll) return result;
    isOpen ||= result === undefined;
  }
  return isOpen ? undefined : isAll;
}

function domainOf(variable: Variable, domains: Domains): bigint {
  return domains.get(variable) ?? everyClass(variable);
}

/** Chooses a class of each domain: the first whose facts are known, otherwise the first. */
function modelOf(domains: Domains): ClassModel {
  return new Map(
    Array.from(domains, ([variable, domain]) => {
      // The last digit is the first class.
      const digits = domain.toString(2);
      const isAllowed = (at: number) => digits.at(-1 - at) === '1';
      const known = variable.classes.findIndex(({ place }, at) => isAllowed(at) && place !== undefined);
      return [variable, known >= 0 ? known : Math.max(0, digits.length - 1 - digits.lastIndexOf('1'))];
    }),
  );
}
