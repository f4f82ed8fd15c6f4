/** Theories of conditions that compare lists of names with what the user or the request has. */
import type { AnyAllNone } from '../../model/conditions.ts';
import { meetsLists } from '../values/membership.ts';
import {
  among,
  type ConditionPart,
  type Formula,
  isYes,
  negated,
  truthVariable,
  type UserFacts,
  type Variable,
} from './theory.ts';

/** What names are, and facts that have one. */
interface Names {
  /** Name of the condition. */
  readonly what: string;
  /** Adds the name to the facts. */
  readonly add: (facts: UserFacts, name: string) => UserFacts;
  /** Facts that have a name have this one as well. Absent: no name says anything about another. */
  readonly implied?: (name: string) => string;
  /** Only administrators give a user this name or take it away. Absent: they do so with none. */
  readonly isLasting?: (name: string) => boolean;
}

/** Facts may have any of these names together: each name is a variable of its own. */
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

/** Of several sets of names, facts have exactly one: each set is a class. */
export function choiceTheory(
  what: string,
  sets: readonly { readonly names: readonly string[]; readonly place: (facts: UserFacts) => UserFacts }[],
  marks: Pick<Variable, 'lasting'> = {},
): (lists: AnyAllNone) => readonly ConditionPart[] {
  const variable: Variable = { ...marks, name: what, classes: sets.map(({ place }) => ({ place })) };
  return sharedChoice(
    variable,
    sets.map(({ names }) => names),
  );
}

/** The same over a variable that says something else, too. `sets`: one for each of its classes. */
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
