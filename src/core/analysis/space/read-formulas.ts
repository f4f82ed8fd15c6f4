/** Formulas as a search reads them: it looks at the same formula hundreds of times. */
import type { Formula, Variable } from '../../policy/theories/theory.ts';
import { fullDomain, type ReadClasses, readClasses, wordBits } from './class-sets.ts';

/**
 * A model, as SAT solvers call an assignment under which a formula holds: the position of a class for each variable.
 * The formulas hold in every class of a variable that is absent.
 */
export type ClassModel = ReadonlyMap<Variable, number>;

/** One of them must hold. */
export interface ReadChoice {
  readonly kind: 'any';
  readonly parts: readonly ReadFormula[];
  readonly about: VariableBits;
  /** Why it must hold, and why choices of it were dropped. */
  readonly causes: Causes;
}

/** All of them must hold. */
interface ReadParts {
  readonly kind: 'all';
  readonly parts: readonly ReadFormula[];
  readonly about: VariableBits;
}

/** The choices of a search that something follows from: a bit for each, the first in the lowest. 0: it always holds. */
export type Causes = number;

/** A bit for each variable that occurs; of choices that were dropped, too. */
type VariableBits = readonly number[];

export type ReadFormula = ReadClasses | ReadChoice | ReadParts;

/** Which classes are left. */
export interface Domains {
  /** The words of all variables, one after the other. */
  readonly domains: readonly number[];
  /** The variables that formulas are about so far, in this order. */
  readonly touched: readonly number[];
}

/** Reads formulas that are asked about together. */
export interface FormulaReader {
  readonly read: (formula: Formula) => ReadFormula;
  /** The same domains, and all classes of variables that were read since. */
  readonly extended: (domains: readonly number[]) => readonly number[];
  readonly isLeft: (domains: readonly number[], variable: Variable, position: number) => boolean;
  /** Chooses a class of each domain: the first whose facts are known, otherwise the first. */
  readonly modelOf: (domains: Domains) => ClassModel;
}

interface KnownVariable {
  readonly variable: Variable;
  readonly index: number;
  readonly at: number;
  readonly full: readonly number[];
}

/** `isCached`: what it read before is cached, so that it may be asked about the same formulas many times. */
export function formulaReader(isCached = false): FormulaReader {
  const known = new Map<Variable, KnownVariable>();
  const byIndex: KnownVariable[] = [];
  const full: number[] = [];
  const knownOf = (variable: Variable): KnownVariable => {
    const found = known.get(variable);
    if (found !== undefined) return found;
    const words = fullDomain(variable.classes.length);
    const made = { variable, index: byIndex.length, at: full.length, full: words };
    full.push(...words);
    known.set(variable, made);
    byIndex.push(made);
    return made;
  };
  const cache = isCached ? new WeakMap<Formula, ReadFormula>() : undefined;
  const read = (formula: Formula): ReadFormula => {
    const found = cache?.get(formula);
    if (found !== undefined) return found;
    const made = readNew(formula);
    cache?.set(formula, made);
    return made;
  };
  const readNew = (formula: Formula): ReadFormula => {
    if ('all' in formula) return joined('all', formula.all.map(read));
    if ('any' in formula) return joined('any', formula.any.map(read));
    const { index, at, full: all } = knownOf(formula.variable);
    return readClasses(formula.classes, { variable: index, at, full: all });
  };
  const isLeft = (domains: readonly number[], variable: Variable, position: number): boolean => {
    const word = knownOf(variable).at + Math.floor(position / wordBits);
    return (((domains[word] ?? (full[word] as number)) >> (position % wordBits)) & 1) === 1;
  };
  const positionIn = (domains: readonly number[], { variable }: KnownVariable): number => {
    const { classes } = variable;
    const isAllowed = (index: number) => isLeft(domains, variable, index);
    const placed = classes.findIndex(({ applyTo }, index) => applyTo !== undefined && isAllowed(index));
    return placed >= 0 ? placed : classes.findIndex((_, index) => isAllowed(index));
  };
  return {
    read,
    extended: (domains) => [...domains, ...full.slice(domains.length)],
    isLeft,
    modelOf: ({ domains, touched }) =>
      new Map(
        touched.map((index) => {
          const one = byIndex[index] as KnownVariable;
          return [one.variable, positionIn(domains, one)] as const;
        }),
      ),
  };
}

function joined(kind: 'all' | 'any', parts: readonly ReadFormula[]): ReadFormula {
  const [first] = parts;
  if (first !== undefined && parts.length === 1 && (kind === 'all' || isSameAlone(first))) return first;
  const about: number[] = [];
  const add = (word: number, bits: number) => {
    while (about.length <= word) about.push(0);
    about[word] = (about[word] as number) | bits;
  };
  for (const part of parts) {
    if (part.kind === 'in') add(Math.floor(part.variable / wordBits), 1 << (part.variable % wordBits));
    else for (let word = 0; word < part.about.length; word += 1) add(word, part.about[word] as number);
  }
  return kind === 'any' ? { kind, parts, about, causes: 0 } : { kind, parts, about };
}

/**
 * Whether the only choice may stand for a choice of one. What holds in every class is left as it is: the choice would
 * not be about the variable.
 */
function isSameAlone(only: ReadFormula): boolean {
  return only.kind === 'any' || (only.kind === 'in' && only.others.length > 0);
}

/** Whether one of these variables occurs, from this position in the list on. */
export function isAboutAny({ about }: Pick<ReadChoice, 'about'>, variables: readonly number[], from: number): boolean {
  for (let at = from; at < variables.length; at += 1) {
    const variable = variables[at] as number;
    if ((((about[Math.floor(variable / wordBits)] ?? 0) >> (variable % wordBits)) & 1) === 1) return true;
  }
  return false;
}
