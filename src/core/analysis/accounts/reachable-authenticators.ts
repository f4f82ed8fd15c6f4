/**
 * The authenticators that an account can end up with after adding all it may. An upper bound: each is assumed to show
 * all that it can.
 */
import type { AuthenticatorDescriptor } from '../../model/facts.ts';
import { type Formula, resolved, type Variable } from '../../policy/theories/theory.ts';
import { findModel, newBudget } from '../space/find-model.ts';
import { variablesIn } from '../space/ordinary-facts.ts';
import type { ClassModel } from '../space/read-formulas.ts';
import { type AdditionWay, canBeMet } from './addition-ways.ts';

/** How accounts begin, and what they can add. */
export interface AdditionSearch {
  /** All authenticators that are enabled. */
  readonly authenticators: readonly AuthenticatorDescriptor[];
  /** The authenticators that an account may have without adding any. */
  readonly given: readonly AuthenticatorDescriptor[];
  /** The ways to add the others. */
  readonly ways: readonly AdditionWay[];
}

/** The authenticators that a user can reach, and the others. */
export interface Reachable {
  readonly reachable: readonly AuthenticatorDescriptor[];
  /** Keys of all others. */
  readonly never: readonly string[];
  /** The way by which each was added, and the classes of facts in which that way was open. */
  readonly added: readonly { readonly way: AdditionWay; readonly model: ClassModel | 'undecided' }[];
}

/**
 * Adds authenticators until no way to add another is open. `isOpen`: the classes of facts in which a way is open;
 * undefined: there are none.
 */
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

/** What every user can reach. */
export function reachableByAll(additions: AdditionSearch): Reachable {
  const ways = additions.ways.filter((way) => ![...variablesIn(way.formulas)].some(({ lasting }) => lasting));
  return reachableFrom({ ...additions, ways }, (way) => whereOpen(way.formulas));
}

/**
 * What at least one user who matches these formulas can reach. Facts that vary by sign-in (network, time) may differ
 * at each addition.
 */
export function reachableBySome(formulas: readonly Formula[], additions: AdditionSearch): Reachable {
  const renamed = elsewhere();
  return reachableFrom(additions, (way) => whereOpen([...formulas, ...way.formulas.map(renamed)]));
}

/** What a user can reach whose lasting facts match these formulas. */
export function reachableByUser(lasting: readonly Formula[], additions: AdditionSearch): Reachable {
  return reachableFrom(additions, (way) => whereOpen([...lasting, ...way.formulas]));
}

/**
 * What must be true of the lasting facts of a user, so that the same ways are open in the same circumstances.
 * Undefined: not known.
 */
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

/**
 * Renames the variables of facts that vary by sign-in, always to the same new ones: the formula then speaks of another
 * sign-in of the same user.
 */
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

/** What the formula says about the lasting facts of a user, if all other facts are as in the model. */
export function whereOnlyLastingIsOpen(formula: Formula, model: ClassModel): Formula {
  return resolved(formula, (variable) => (variable.lasting ? undefined : (model.get(variable) ?? 0)));
}
