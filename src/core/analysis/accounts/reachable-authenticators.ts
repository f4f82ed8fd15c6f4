/** What accounts can have in time by and by. It counts at its best, so more than really can be had may be in it. */
import type { AuthenticatorDescriptor } from '../../model/facts.ts';
import { type Formula, resolved, type Variable } from '../../policy/theory.ts';
import { type ClassModel, findModel, newBudget } from '../space/find-model.ts';
import { variablesIn } from '../space/ordinary-facts.ts';
import { type AdditionWay, canBeMet } from './addition-ways.ts';

/** How accounts begin, and what they can add. */
export interface AdditionSearch {
  /** All that are enabled. */
  readonly authenticators: readonly AuthenticatorDescriptor[];
  /** What accounts may have without adding anything. */
  readonly given: readonly AuthenticatorDescriptor[];
  /** How users add what they are not given. */
  readonly ways: readonly AdditionWay[];
}

/** What can be had. */
export interface Reachable {
  readonly reachable: readonly AuthenticatorDescriptor[];
  /** Keys of all others. */
  readonly never: readonly string[];
  /** What was added on which way, and where it was open. */
  readonly added: readonly { readonly way: AdditionWay; readonly model: ClassModel | 'undecided' }[];
}

/** By and by, as long as something more can be added. `isOpen`: where the way is open. Undefined: nowhere. */
function reachableFrom(
  { authenticators, given, ways }: AdditionSearch,
  isOpen: (way: AdditionWay) => ClassModel | 'undecided' | undefined,
): Reachable {
  const reachable = [...given];
  const added: Reachable['added'][number][] = [];
  const closed = new Set<AdditionWay>();
  const openWay = (way: AdditionWay) => {
    if (closed.has(way) || !canBeMet(way.rule, reachable)) return undefined;
    const model = isOpen(way);
    if (model === undefined) closed.add(way);
    return model && { way, model };
  };
  const isMissing = ({ key }: AuthenticatorDescriptor) => !reachable.some((one) => one.key === key);
  let before: number;
  do {
    before = added.length;
    for (const way of ways) {
      const open = isMissing(way.descriptor) && openWay(way);
      if (!open) continue;
      reachable.push(way.descriptor);
      added.push(open);
    }
  } while (added.length > before);
  return { reachable, never: authenticators.filter(isMissing).map(({ key }) => key), added };
}

/** What every user can have in time. */
export function reachableByAll(additions: AdditionSearch): Reachable {
  const ways = additions.ways.filter((way) => !way.formulas.flatMap(variablesIn).some(({ lasting }) => lasting));
  return reachableFrom({ ...additions, ways }, (way) => whereOpen(way.formulas));
}

/**
 * What at least one of the users can have in time in whose facts the formulas hold. What does not last is another one
 * elsewhere.
 */
export function reachableBySome(formulas: readonly Formula[], additions: AdditionSearch): Reachable {
  const renamed = elsewhere();
  return reachableFrom(additions, (way) => whereOpen([...formulas, ...way.formulas.map(renamed)]));
}

/** What a user can have in time of whom this lasts. */
export function reachableByUser(lasting: readonly Formula[], additions: AdditionSearch): Reachable {
  return reachableFrom(additions, (way) => whereOpen([...lasting, ...way.formulas]));
}

/** What must last of a user so that the same ways are open in the same places. Undefined: that is not known. */
export function openAlike({ added }: Reachable): readonly Formula[] | undefined {
  if (added.some(({ model }) => model === 'undecided')) return undefined;
  return added.flatMap(({ way, model }) =>
    model === 'undecided' ? [] : way.formulas.map((one) => whereOnlyLastingIsOpen(one, model)),
  );
}

function whereOpen(formulas: readonly Formula[]): ClassModel | 'undecided' | undefined {
  const found = findModel(formulas, newBudget());
  return typeof found === 'object' ? found.model : found === 'impossible' ? undefined : found;
}

/** What a formula says about the same user elsewhere: what does not last becomes another variable, always the same. */
export function elsewhere(): (formula: Formula) => Formula {
  const others = new Map<Variable, Variable>();
  const renamed = (formula: Formula): Formula => {
    if ('all' in formula) return { all: formula.all.map(renamed) };
    if ('any' in formula) return { any: formula.any.map(renamed) };
    const { variable, classes } = formula;
    if (variable.lasting) return formula;
    const other = others.get(variable) ?? { ...variable };
    others.set(variable, other);
    return { variable: other, classes };
  };
  return renamed;
}

/** What the formula says about a user where all that does not last is as in the model. */
function whereOnlyLastingIsOpen(formula: Formula, model: ClassModel): Formula {
  return resolved(formula, (variable) => (variable.lasting ? undefined : (model.get(variable) ?? 0)));
}
