/**
 * The authenticators that an account can end up with after adding all it may. An upper bound: each is assumed to show
 * all that it can.
 */
import type { AuthenticatorDescriptor } from '../../model/facts.ts';
import { resolved } from '../../policy/theories/resolved.ts';
import type { Formula, Variable } from '../../policy/theories/theory.ts';
import { findModelWithin } from '../space/find-model.ts';
import { cachedFormula } from '../space/once-for.ts';
import { variablesIn } from '../space/ordinary-facts.ts';
import type { Budget } from '../space/propagate.ts';
import type { ClassModel } from '../space/read-formulas.ts';
import type { RuleSpace } from '../space/rule-space.ts';
import { type AdditionRule, canBeMet } from './addition-rules.ts';

/** How accounts begin, and what they can add. */
export interface AdditionSearch {
  /** All authenticators that are enabled. */
  readonly authenticators: readonly AuthenticatorDescriptor[];
  /** The authenticators that an account may have without adding any. */
  readonly given: readonly AuthenticatorDescriptor[];
  /** The rules by which the others are added. */
  readonly additionRules: readonly AdditionRule[];
  /** Made of the rules that these come from. */
  readonly space: Pick<RuleSpace, 'reader'>;
  /** The budget for all questions. Absent: each has its own. */
  readonly budget?: Budget;
}

/** What formulas of the search are asked with. */
export function askingOf({ space: { reader }, budget }: Pick<AdditionSearch, 'space' | 'budget'>) {
  return { reader, ...(budget && { budget }) };
}

/** The authenticators that a user can reach, and the others. */
export interface Reachable {
  readonly reachable: readonly AuthenticatorDescriptor[];
  /** Keys of all others. */
  readonly never: readonly string[];
  /** The rules by which each was added, and the classes of facts in which they allowed it. */
  readonly added: readonly { readonly addition: AdditionRule; readonly model: ClassModel | 'undecided' }[];
}

/**
 * Adds authenticators until no rule allows another. `isOpen`: the classes of facts in which the rules allow one;
 * undefined: there are none.
 */
function reachableFrom(
  { authenticators, given, additionRules }: AdditionSearch,
  isOpen: (addition: AdditionRule) => ClassModel | 'undecided' | undefined,
): Reachable {
  const reachable = [...given];
  const added: Reachable['added'][number][] = [];
  const closed = new Set<AdditionRule>();
  const whereAllowed = (addition: AdditionRule) => {
    if (closed.has(addition) || !canBeMet(addition.rule, reachable)) return undefined;
    const model = isOpen(addition);
    if (model === undefined) closed.add(addition);
    return model && { addition, model };
  };
  const isMissing = ({ key }: AuthenticatorDescriptor) => !reachable.some((descriptor) => descriptor.key === key);
  let before: number;
  do {
    before = added.length;
    for (const addition of additionRules) {
      const open = isMissing(addition.descriptor) && whereAllowed(addition);
      if (!open) continue;
      reachable.push(addition.descriptor);
      added.push(open);
    }
  } while (added.length > before);
  return { reachable, never: authenticators.filter(isMissing).map(({ key }) => key), added };
}

/** What every user can reach. */
export function reachableByAll(additions: AdditionSearch): Reachable {
  const additionRules = additions.additionRules.filter(
    (addition) => ![...variablesIn(addition.formulas)].some(({ lasting }) => lasting),
  );
  return reachableFrom({ ...additions, additionRules }, (addition) => whereOpen(addition.formulas, additions));
}

/**
 * What at least one user who matches these formulas can reach. Facts that vary by sign-in (network, time) may differ
 * at each addition.
 */
export function reachableBySome(formulas: readonly Formula[], additions: AdditionSearch): Reachable {
  const renamed = elsewhereIn(additions);
  return reachableFrom(additions, (addition) => whereOpen([...formulas, ...addition.formulas.map(renamed)], additions));
}

/** What a user can reach whose lasting facts match these formulas. */
export function reachableByUser(lasting: readonly Formula[], additions: AdditionSearch): Reachable {
  return reachableFrom(additions, (addition) => whereOpen([...lasting, ...addition.formulas], additions));
}

/**
 * What must be true of the lasting facts of a user, so that the same rules allow additions in the same circumstances.
 * Undefined: not known.
 */
export function openAlike({ added }: Reachable): readonly Formula[] | undefined {
  if (added.some(({ model }) => model === 'undecided')) return undefined;
  return added.flatMap(({ addition, model }) =>
    model === 'undecided' ? [] : addition.formulas.map((formula) => whereOnlyLastingIsOpen(formula, model)),
  );
}

/**
 * What must be true of the lasting facts of a user who can add these, too, in the same circumstances, by any rules.
 * `only`: the first of those that were added. Undefined: not known.
 */
export function openByAny({ reachable, added }: Reachable, only = added.length): readonly Formula[] | undefined {
  const given = reachable.length - added.length;
  const first = added.slice(0, only);
  if (first.some(({ model }) => model === 'undecided')) return undefined;
  return first.flatMap(({ addition, model }, at) =>
    model === 'undecided'
      ? []
      : addition.byAny(reachable.slice(0, given + at)).map((formula) => whereOnlyLastingIsOpen(formula, model)),
  );
}

/** What must hold for a user to add something further, in some circumstance. */
export function openFurther({ reachable, never }: Reachable, { additionRules }: AdditionSearch): Formula {
  const closed = additionRules.filter(({ descriptor }) => never.includes(descriptor.key));
  const ways = new Map(closed.map(({ byAny }) => [byAny, byAny(reachable)]));
  return elsewhere()({ any: [...ways.values()].map((all) => ({ all })) });
}

function whereOpen(
  formulas: readonly Formula[],
  { space: { reader }, budget }: AdditionSearch,
): ClassModel | 'undecided' | undefined {
  const found = findModelWithin(formulas, budget, reader);
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

/** Cached by the rules for additions, so that all apps speak of the same other sign-in. */
const renamings = new WeakMap<AdditionSearch['additionRules'], ReturnType<typeof elsewhere>>();

/** Another sign-in, always the same one: the renamed formulas are read once. */
function elsewhereIn({ additionRules }: AdditionSearch): (formula: Formula) => Formula {
  const known = renamings.get(additionRules) ?? cachedFormula(elsewhere());
  renamings.set(additionRules, known);
  return known;
}

/** What the formula says about the lasting facts of a user, if all other facts are as in the model. */
export function whereOnlyLastingIsOpen(formula: Formula, model: ClassModel): Formula {
  return resolved(formula, (variable) => (variable.lasting ? undefined : (model.get(variable) ?? 0)));
}
