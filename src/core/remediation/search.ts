/** The search for minimal sufficient sets. It goes through what remains to be done, not through all sets of actions. */

import { longestChain } from '../model/policy.ts';
import type { SearchSpace } from './search-space.ts';

/** A set of actions: class indexes in ascending order, repeated once for each action of the class. */
export type Taken = readonly number[];

/** The sets that were found, in no particular order, and the number of actions tried. */
export interface SearchResult {
  readonly found: readonly Taken[];
  readonly steps: number;
}

/** The state of each automaton. */
type States = readonly number[];

/** Marks the automata of a layer that is already met. */
const metState = -1;

/** After the limit is reached, at most this many of the sets found are used to build further sets. */
const mostBases = 4;

/** A set of actions that is not sufficient yet. */
interface Node {
  readonly states: States;
  readonly taken: Taken;
}

/** A search under way. */
interface Search {
  readonly space: SearchSpace;
  readonly start: States;
  /** The states of all nodes visited. */
  readonly seen: Set<string>;
  /** The minimal sets found so far. */
  readonly found: Taken[];
  steps: number;
}

/**
 * Tries about `limit` actions at most. Within the limit, each class that is part of a minimal sufficient set appears in
 * one of the sets found, among them one of the smallest. After that, remaining classes are substituted into sets
 * already found.
 */
export function search(space: SearchSpace, limit: number): SearchResult {
  const start = space.automata.map((automaton) => automaton.start);
  const under: Search = { space, start, seen: new Set(), found: [], steps: 0 };
  if (!explore(under, limit)) improvise(under);
  return { found: under.found, steps: under.steps };
}

/**
 * Searches breadth first and visits each state once: how a state was reached does not affect what remains to be done.
 * False if the limit was reached.
 */
function explore(under: Search, limit: number): boolean {
  const queue: Node[] = [{ states: under.start, taken: [] }];
  for (const node of queue) {
    for (let index = 0; index < under.space.classes.length; index += 1) {
      if (under.steps >= limit) return false;
      const next = take(index, node, under);
      if (next) queue.push(next);
    }
  }
  return true;
}

/**
 * The node after one more action of this class, if it is new. If the action completes an insufficient set, it is part
 * of a minimal set.
 */
function take(index: number, { states, taken }: Node, under: Search): Node | undefined {
  const after = isUsedUp(index, taken, under.space) ? states : advance(states, index, under);
  if (after === states) return undefined;
  if (isComplete(after)) keepMinimal(index, withOneMore(index, taken), under);
  else if (isNew(after.join(), under.seen)) return { states: after, taken: withOneMore(index, taken) };
  return undefined;
}

function isUsedUp(index: number, taken: Taken, space: SearchSpace): boolean {
  let count = 0;
  for (const other of taken) if (other === index) count += 1;
  return count === copiesOf(index, space);
}

/** A chain never uses more actions of a class than it has steps. */
function copiesOf(index: number, { classes }: SearchSpace): number {
  return Math.min(longestChain, classes[index]?.members.length ?? 0);
}

function withOneMore(index: number, taken: Taken): Taken {
  const at = taken.findIndex((other) => other > index);
  return taken.toSpliced(at < 0 ? taken.length : at, 0, index);
}

function isNew(key: string, seen: Set<string>): boolean {
  return seen.size < seen.add(key).size;
}

/** Substitutes each class for others in the sets found, where possible. */
function improvise(under: Search): void {
  const { space } = under;
  const everything = [...space.classes.keys()].flatMap((index) => Array<number>(copiesOf(index, space)).fill(index));
  if (under.found.length === 0) under.found.push(minimalPart(everything, under));
  const bases = under.found.slice(0, mostBases);
  for (const index of space.classes.keys()) {
    for (const base of bases) keepMinimal(index, withOneMore(index, base), under);
  }
}

/** Records a minimal part that contains the class, unless one is already known. */
function keepMinimal(index: number, set: Taken, under: Search): void {
  if (under.found.some((known) => known.includes(index) && isPartOf(known, set))) return;
  const isLast = (last: number) => (last === index ? 1 : 0);
  const part = minimalPart(
    set.toSorted((a, b) => isLast(a) - isLast(b)),
    under,
  );
  if (part.includes(index)) under.found.push(part.toSorted((a, b) => a - b));
}

/** Removes every action that can be left out, from the first on. */
function minimalPart(set: Taken, under: Search): Taken {
  let kept = set;
  for (const member of set) {
    const rest = kept.toSpliced(kept.indexOf(member), 1);
    if (suffices(rest, under)) kept = rest;
  }
  return kept;
}

/** Both lists are in ascending order. */
function isPartOf(part: Taken, set: Taken): boolean {
  let at = 0;
  for (const member of set) if (member === part[at]) at += 1;
  return at === part.length;
}

function suffices(taken: Taken, under: Search): boolean {
  return isComplete(taken.reduce((states, index) => advance(states, index, under), under.start));
}

function isComplete(states: States): boolean {
  for (const state of states) if (state !== metState) return false;
  return true;
}

/** The states after one more action of a class. Returns the same array if nothing changes. */
function advance(states: States, index: number, under: Search): States {
  under.steps += 1;
  const { automata, layers, classes } = under.space;
  const effects = classes[index]?.effects ?? [];
  let after: number[] | undefined;
  for (const { from, to } of layers) {
    if (states[from] === metState) continue;
    for (let at = from; at < to; at += 1) {
      const effect = effects[at];
      const automaton = automata[at];
      if (!effect || !automaton) continue;
      const before = states[at] as number;
      const state = automaton.next(before, effect);
      if (state === before) continue;
      after ??= [...states];
      if (automaton.isMet(state)) {
        after.fill(metState, from, to);
        break;
      }
      after[at] = state;
    }
  }
  return after ?? states;
}
