/** Theories of conditions that compare lists of names with what the user or the request has. */
import type { AnyAllNone } from '../model/conditions.ts';
import { meetsLists } from './membership.ts';
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
  /** Whether any facts have the name. Absent: all names can be had. */
  readonly exists?: (name: string) => boolean;
}

/** Facts may have any of these names together: each name is a variable of its own. */
export function membershipTheory(
  conditions: readonly AnyAllNone[],
  { what, add, exists = () => true }: Names,
): (lists: AnyAllNone) => readonly ConditionPart[] {
  const names = [...new Set(conditions.flatMap(namesIn))];
  const variables = new Map(names.map((name) => [name, nameVariable(name)]));
  function nameVariable(name: string): Variable {
    const variable = truthVariable(`${what}.${name}`, (facts) => add(facts, name));
    return exists(name) ? variable : { ...variable, classes: variable.classes.slice(0, 1) };
  }
  const has = (name: string): Formula => isYes(variables.get(name) ?? nameVariable(name));
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
): (lists: AnyAllNone) => readonly ConditionPart[] {
  const variable: Variable = { name: what, classes: sets.map(({ place }) => ({ place })) };
  const within = (lists: AnyAllNone) => among(variable, (at) => meetsLists(lists, sets[at]?.names ?? []));
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
