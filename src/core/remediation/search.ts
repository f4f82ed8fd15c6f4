/** The search for minimal sufficient sets, over what is left to be done and not over sets of actions. */

import { LONGEST_CHAIN } from '../model/policy.ts';
import type { SearchSpace } from './search-space.ts';

/** A set of actions: the index of a class as often as an action of it is taken, in ascending order. */
export type Taken = readonly number[];

/** The sets that were found, in no order, and how many actions were tried. */
export interface SearchResult {
  readonly found: readonly Taken[];
  readonly steps: number;
}

/** The state of each automaton. */
type States = readonly number[];

/** A layer that is met has left the states of its automata behind. */
const MET = -1;

/** So many of the sets that were found are bases for others, once the limit is reached. */
const MOST_BASES = 4;

/** A set that does not suffice yet. */
interface Node {
  readonly states: States;
  readonly taken: Taken;
}

/** A search under way. */
interface Search {
  readonly space: SearchSpace;
  readonly start: States;
  /** The states of all nodes. */
  readonly seen: Set<string>;
  /** Minimal sets. */
  readonly found: Taken[];
  steps: number;
}

/**
 * Tries about `limit` actions at most. Within the limit, each class that is part of a minimal sufficient set is in one
 * that is found, and in one of the smallest. Beyond it, further classes are put into sets that were found.
 */
export function search(space: SearchSpace, limit: number): SearchResult {
  const start = space.automata.map((automaton) => automaton.start);
  const under: Search = { space, start, seen: new Set(), found: [], steps: 0 };
  if (!explore(under, limit)) improvise(under);
  return { found: under.found, steps: under.steps };
}

/**
 * Breadth first, and once for each state: what led to a state makes no difference for what is left to be done. False:
 * the limit was reached.
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
 * The node after one more action of a class, if it is new. An action that completes a set which does not suffice
 * without it is part of a minimal one.
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
  for (const one of taken) if (one === index) count += 1;
  return count === copiesOf(index, space);
}

/** No chain takes more actions of a class than it has steps. */
function copiesOf(index: number, { classes }: SearchSpace): number {
  return Math.min(LONGEST_CHAIN, classes[index]?.members.length ?? 0);
}

function withOneMore(index: number, taken: Taken): Taken {
  const at = taken.findIndex((one) => one > index);
  return taken.toSpliced(at < 0 ? taken.length : at, 0, index);
}

function isNew(key: string, seen: Set<string>): boolean {
  return seen.size < seen.add(key).size;
}

/** Each class takes the place of others in sets that were found, where it can. */
function improvise(under: Search): void {
  const { space } = under;
  const everything = [...space.classes.keys()].flatMap((index) => Array<number>(copiesOf(index, space)).fill(index));
  if (under.found.length === 0) under.found.push(minimalPart(everything, under));
  const bases = under.found.slice(0, MOST_BASES);
  for (const index of space.classes.keys()) {
    for (const base of bases) keepMinimal(index, withOneMore(index, base), under);
  }
}

/** Finds a minimal part with the class, unless one is known. */
function keepMinimal(index: number, set: Taken, under: Search): void {
  if (under.found.some((known) => known.includes(index) && isPartOf(known, set))) return;
  const isLast = (one: number) => (one === index ? 1 : 0);
  const part = minimalPart(
    set.toSorted((a, b) => isLast(a) - isLast(b)),
    under,
  );
  if (part.includes(index)) under.found.push(part.toSorted((a, b) => a - b));
}

/** What is left once everything is left out that can be, from the first on. */
function minimalPart(set: Taken, under: Search): Taken {
  let kept = set;
  for (const one of set) {
    const rest = kept.toSpliced(kept.indexOf(one), 1);
    if (suffices(rest, under)) kept = rest;
  }
  return kept;
}

/** Both are in ascending order. */
function isPartOf(part: Taken, set: Taken): boolean {
  let at = 0;
  for (const one of set) if (one === part[at]) at += 1;
  return at === part.length;
}

function suffices(taken: Taken, under: Search): boolean {
  return isComplete(taken.reduce((states, index) => advance(states, index, under), under.start));
}

function isComplete(states: States): boolean {
  for (const state of states) if (state !== MET) return false;
  return true;
}

/** The states after one more action of a class. The same array: it changes nothing. */
function advance(states: States, index: number, under: Search): States {
  under.steps += 1;
  const { automata, layers, classes } = under.space;
  const effects = classes[index]?.effects ?? [];
  let after: number[] | undefined;
  for (const { from, to } of layers) {
    if (states[from] === MET) continue;
    for (let at = from; at < to; at += 1) {
      const effect = effects[at];
      const automaton = automata[at];
      if (!effect || !automaton) continue;
      const before = states[at] as number;
      const state = automaton.next(before, effect);
      if (state === before) continue;
      after ??= [...states];
      if (automaton.isMet(state)) {
        after.fill(MET, from, to);
        break;
      }
      after[at] = state;
    }
  }
  return after ?? states;
}
