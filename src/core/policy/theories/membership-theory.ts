/** Theories of conditions that compare lists of names with the names that the user or the request has. */
import type { AnyAllNone } from '../../model/conditions.ts';
import { meetsLists } from '../values/membership.ts';
import {
  among,
  type ConditionPart,
  type FactClass,
  type Formula,
  isYes,
  negated,
  truthVariable,
  type UserFacts,
  type Variable,
} from './theory.ts';

/** One kind of names, and how to make facts that have them. */
interface Names {
  /** Name of the condition. */
  readonly what: string;
  /** Adds a name to the facts. */
  readonly add: (facts: UserFacts, name: string) => UserFacts;
  /** A name that this name implies, which the facts then have as well. Absent if names are independent. */
  readonly implied?: (name: string) => string;
  /** Whether only administrators can give this name to a user or take it away. Absent: never. */
  readonly isLasting?: (name: string) => boolean;
}

/** For facts that may have any combination of names: each name is a variable of its own. */
export function membershipTheory(
  conditions: readonly AnyAllNone[],
  { what, add, implied = (name) => name, isLasting = () => false }: Names,
): (lists: AnyAllNone) => readonly ConditionPart[] {
  const names = [...new Set(conditions.flatMap(namesIn).flatMap((name) => [name, implied(name)]))];
  const nameVariable = (name: string): Variable => ({
    ...truthVariable(`${what}.${name}`, (facts) => add(facts, name)),
    ...(isLasting(name) && { lasting: true }),
  });
  const variables = new Map(names.map((name) => [name, nameVariable(name)]));
  const isThere = (name: string): Formula => isYes(variables.get(name) ?? nameVariable(name));
  const has = (name: string): Formula =>
    implied(name) === name ? isThere(name) : { all: [isThere(name), isThere(implied(name))] };
  return (lists) => listParts(lists, has);
}

function listParts({ any, all, none }: AnyAllNone, has: (name: string) => Formula): readonly ConditionPart[] {
  return [
    ...(any ? [{ path: ['any'], formula: { any: any.map(has) } }] : []),
    ...(all ? [{ path: ['all'], formula: { all: all.map(has) } }] : []),
    ...(none ? [{ path: ['none'], formula: { all: none.map((name) => negated(has(name))) } }] : []),
  ];
}

/** For facts that have exactly one of several sets of names: each set is a class. */
export function choiceTheory(
  what: string,
  sets: readonly (FactClass & { readonly names: readonly string[] })[],
  marks: Pick<Variable, 'lasting'> = {},
): (lists: AnyAllNone) => readonly ConditionPart[] {
  const variable: Variable = { ...marks, name: what, classes: sets.map(({ applyTo }) => (applyTo ? { applyTo } : {})) };
  return sharedChoice(
    variable,
    sets.map(({ names }) => names),
  );
}

/**
 * Like `choiceTheory`, for a variable that other conditions use as well. `sets`: one for each class of the variable.
 */
export function sharedChoice(
  variable: Variable,
  sets: readonly (readonly string[])[],
): (lists: AnyAllNone) => readonly ConditionPart[] {
  const within = (lists: AnyAllNone) => among(variable, (at) => meetsLists(lists, sets[at] ?? []));
  return ({ any, all, none }) => [
    ...(any ? [{ path: ['any'], formula: within({ any }) }] : []),
    ...(all ? [{ path: ['all'], formula: within({ all }) }] : []),
    ...(none ? [{ path: ['none'], formula: within({ none }) }] : []),
  ];
}

/** All names in the lists. */
export function namesIn({ any = [], all = [], none = [] }: AnyAllNone): readonly string[] {
  return [...any, ...all, ...none];
}
