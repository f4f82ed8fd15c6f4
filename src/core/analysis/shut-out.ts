/**
 * Finds users who are denied for good: whatever they can come to have, anywhere and at any time. What administrators
 * alone change about a user, such as the groups, stays as it is. What an account can come to have counts at its best,
 * so more than really can be had may be in it, and never less.
 */
import type { AuthenticatorDescriptor } from '../model/facts.ts';
import type { PolicySet } from '../policy/compile.ts';
import { among, type Formula, negated, resolved, type UserFacts, type Variable } from '../policy/theory.ts';
import { type AdditionWay, canBeMet } from './addition-ways.ts';
import { type ClassModel, findModel, newBudget } from './find-model.ts';
import { endsInDenial } from './lock-outs.ts';
import { ordinaryFacts, ordinaryModel, variablesIn } from './ordinary-facts.ts';
import type { RuleSpace } from './rule-space.ts';

/** What is known of one app and of all places where its users can add something. */
export interface ShutOutSearch {
  readonly policies: PolicySet;
  /** Made of the rules of all its policies, in a universe of all apps. */
  readonly space: RuleSpace;
  /** What accounts may have without adding anything. */
  readonly given: readonly AuthenticatorDescriptor[];
  /** How users add what they are not given. */
  readonly ways: readonly AdditionWay[];
  /** How many enrollments of one authenticator any rule requires. */
  readonly most: number;
  /** Whether the evaluator finds the rules of the case in these facts. */
  readonly isConfirmed: (facts: UserFacts) => boolean;
}

/** Users who are denied for good, by the facts of one of them. */
export interface ShutOut {
  readonly facts: UserFacts;
  /** Keys of what such a user can come to have, each as often as any rule requires. */
  readonly had: readonly string[];
  /** Keys of what such a user can never add. */
  readonly never: readonly string[];
  /** It is so for all users in whose facts the formulas hold. */
  readonly isForAll: boolean;
}

/** Among users in whose facts these formulas hold. Undefined: there are none. */
export function shutOut(formulas: readonly Formula[], search: ShutOutSearch): ShutOut | 'undecided' | undefined {
  return allShutOut(formulas, search) ?? someShutOut(formulas, search);
}

/** Keys of what every user can come to have, each as often as any rule requires. */
export function hadByAll(search: Omit<ShutOutSearch, 'isConfirmed'>): readonly string[] {
  const ways = search.ways.filter((way) => !way.formulas.flatMap(variablesIn).some(({ lasting }) => lasting));
  return haveBy({ ...search, ways }, (way) => whereOpen(way.formulas)).had;
}

/** Nothing that one of them can come to have leads in. What does not last is another one elsewhere. */
function allShutOut(formulas: readonly Formula[], search: ShutOutSearch): ShutOut | undefined {
  const elsewhere = renaming();
  const { had, never } = haveBy(search, (way) => whereOpen([...formulas, ...way.formulas.map(elsewhere)]));
  const model = findModel(formulas, newBudget());
  const some = [ordinaryFacts(formulas, search.space), typeof model === 'object' && search.space.factsOf(model.model)];
  const facts = some.find((one) => one && isShut(one, had, search));
  return facts ? { facts, had, never, isForAll: true } : undefined;
}

/** Users who last as they are and are asked about one after the other. */
const mostUsers = 24;

/** One user after the other: who can have what one of them can have in the same way is not looked at again. */
function someShutOut(formulas: readonly Formula[], search: ShutOutSearch): ShutOut | 'undecided' | undefined {
  const { space, ways } = search;
  const all = ways.flatMap((way) => way.formulas).flatMap(variablesIn);
  const lasting = [...new Set(all)].filter((variable) => variable.lasting);
  const others: Formula[] = [];
  for (let count = 0; count < mostUsers; count += 1) {
    const model = modelOf([...formulas, ...others]);
    if (typeof model === 'string') return model === 'impossible' ? undefined : model;
    const user = new Map(lasting.map((variable) => [variable, model.get(variable) ?? 0]));
    const same = Array.from(user, ([variable, position]) => among(variable, (at) => at === position));
    const { had, never, added } = haveBy(search, (way) => whereOpen([...same, ...way.formulas]));
    const facts = space.factsOf(new Map([...model, ...user]));
    if (isShut(facts, had, search)) return { facts, had, never, isForAll: false };
    if (added.some(({ model: where }) => where === 'undecided')) return 'undecided';
    const alike = added.flatMap(({ way, model: where }) =>
      where === 'undecided' ? [] : way.formulas.map((one) => whereOnlyLastingIsOpen(one, where)),
    );
    others.push(negated({ all: alike }));
  }
  return 'undecided';
}

function modelOf(formulas: readonly Formula[]): ClassModel | 'impossible' | 'undecided' {
  const ordinary = ordinaryModel(formulas);
  if (ordinary) return ordinary;
  const found = findModel(formulas, newBudget());
  return typeof found === 'object' ? found.model : found;
}

function isShut(facts: UserFacts, had: readonly string[], { policies, isConfirmed }: ShutOutSearch): boolean {
  if (!isConfirmed(facts) || !endsInDenial(policies, facts, had)) return false;
  if (policies.enrollment?.beforeSignIn === undefined) return true;
  // Rules ask how users signed in: they may do so with only some of it. What they can add at all they have.
  const closed = policies.authenticators.map((one) => ({ ...one, enrollable: false }));
  return someOf([...new Set(had)]).every((used) => {
    const keys = had.filter((key) => used.includes(key));
    return endsInDenial({ ...policies, authenticators: closed }, facts, keys);
  });
}

/** Every set of them but the empty one: with nothing no user signs in. */
function someOf(keys: readonly string[]): readonly (readonly string[])[] {
  const sets: (readonly string[])[] = [[]];
  for (const key of keys) sets.push(...sets.map((some) => [...some, key]));
  return sets.slice(1);
}

interface Had {
  readonly had: readonly string[];
  readonly never: readonly string[];
  readonly added: readonly { readonly way: AdditionWay; readonly model: ClassModel | 'undecided' }[];
}

/** By and by, as long as something more can be added. `isOpen`: where the way is open. Undefined: nowhere. */
function haveBy(
  { policies, given, ways, most }: Omit<ShutOutSearch, 'isConfirmed'>,
  isOpen: (way: AdditionWay) => ClassModel | 'undecided' | undefined,
): Had {
  const had = [...given];
  const added: Had['added'][number][] = [];
  const closed = new Set<AdditionWay>();
  const openWay = (way: AdditionWay) => {
    if (closed.has(way) || !canBeMet(way.rule, had)) return undefined;
    const model = isOpen(way);
    if (model === undefined) closed.add(way);
    return model && { way, model };
  };
  const isMissing = ({ key }: AuthenticatorDescriptor) => !had.some((one) => one.key === key);
  let before: number;
  do {
    before = added.length;
    for (const way of ways) {
      const open = isMissing(way.descriptor) && openWay(way);
      if (!open) continue;
      had.push(way.descriptor);
      added.push(open);
    }
  } while (added.length > before);
  const often = had.flatMap(({ key }) => Array.from({ length: most }, () => key));
  return { had: often, never: policies.authenticators.filter(isMissing).map(({ key }) => key), added };
}

function whereOpen(formulas: readonly Formula[]): ClassModel | 'undecided' | undefined {
  const found = findModel(formulas, newBudget());
  return typeof found === 'object' ? found.model : found === 'impossible' ? undefined : found;
}

/** Each variable that does not last becomes another one, always the same. */
function renaming(): (formula: Formula) => Formula {
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
