/**
 * Finds the rules that hold for a user's groups in one pass over the groups, and skips rules that the groups alone rule
 * out. A user may be in hundreds of groups, and a policy may have a thousand rules about groups.
 */
import type { AnyAllNone, ConditionResult } from '../../model/conditions.ts';
import type { RuleHead } from '../../model/policy.ts';
import type { RuleTrace } from '../../model/trace.ts';
import { mayContain, type NameFilter, nameFilter } from '../values/name-filter.ts';
import type { CompiledCondition } from './condition-table.ts';
import { ruleTrace } from './rule-trace.ts';

/** What the groups of one user say about the rules of a policy. A position is the index of a rule. */
export interface GroupView {
  /** The traces of rules that depend on groups alone. Undefined for other rules. */
  readonly traces: readonly (RuleTrace | undefined)[];
  /** The rules that hold or depend on other conditions, in order. */
  readonly positions: readonly number[];
  /** The traces up to the first rule that holds. Undefined if other conditions decide. */
  readonly decided?: readonly RuleTrace[] | undefined;
  /** The position of the first rule that depends only on the user's groups, if the user has not identified yet. */
  readonly firstUnknown: number;
  /** The result of the condition `groups`. A rule without the condition is a hit. */
  readonly resultOf: (position: number) => ConditionResult;
}

/** Answers for the groups of a user. Undefined groups: the user has not identified yet. */
export type GroupIndex = (groups: readonly string[] | undefined) => GroupView;

/** The part of a rule that the index reads. */
interface IndexedRule {
  readonly rule: RuleHead;
  readonly conditions: readonly CompiledCondition[];
}

/** A rule that names a group, and the list that names it. */
interface Named {
  readonly position: number;
  readonly list: keyof AnyAllNone;
}

/**
 * The lowest bits count the names of `all` that the user still lacks. Above them, one bit says that `any` is not met
 * yet and one that `none` forbids.
 */
const anyBit = 1 << 20;
const noneBit = 1 << 21;

/** Builds the index, once for a policy. */
export function groupIndex(rules: readonly IndexedRule[]): GroupIndex {
  const lists = rules.map(({ rule }) => rule.when.groups);
  const names = namesIn(lists);
  const filter = nameFilter(names);
  const start = Int32Array.from(lists, (groups) => (groups?.any ? anyBit : 0) + new Set(groups?.all).size);
  const traces = { hit: tracesOf(rules, 'hit'), miss: tracesOf(rules, 'miss') };
  const before = rules.map((_, position) => traces[resultIn(start, position)][position]);
  const isAlways = Uint8Array.from(rules, (_, position) => Number(!traces.miss[position] || start[position] === 0));
  const anonymous = anonymousView(rules);
  const viewOf = (named: readonly (readonly Named[])[]): GroupView => {
    const open = start.slice();
    const own = before.slice();
    const isListed = isAlways.slice();
    for (const some of named)
      for (const { position, list } of some) {
        meet(list, position, open);
        own[position] = traces[resultIn(open, position)][position];
        isListed[position] = 1;
      }
    return knownView(own, isListed, open);
  };
  /** The view for all users who are in none of the named groups. */
  const stranger = knownView(before, isAlways, start);
  // Several consecutive decisions often concern one user.
  let last: { readonly groups: readonly string[]; readonly view: GroupView } | undefined;
  return (groups) => {
    if (groups === undefined) return anonymous;
    if (last?.groups === groups) return last.view;
    const named = namedBy(groups, names, filter);
    const view = named.length === 0 ? stranger : viewOf(named);
    last = { groups, view };
    return view;
  };
}

/** `isListed`: 1 for each rule that holds or depends on other conditions. */
function knownView(traces: GroupView['traces'], isListed: Uint8Array, open: Int32Array): GroupView {
  const positions: number[] = [];
  for (let at = isListed.indexOf(1); at >= 0; at = isListed.indexOf(1, at + 1)) positions.push(at);
  return {
    traces,
    positions,
    decided: decidedIn(traces, positions),
    firstUnknown: traces.length,
    resultOf: (position) => resultIn(open, position),
  };
}

function decidedIn(traces: GroupView['traces'], positions: readonly number[]): GroupView['decided'] {
  for (const position of positions) {
    const trace = traces[position];
    if (trace === undefined) return undefined;
    if (trace.result === 'hit') return traces.slice(0, position + 1) as readonly RuleTrace[];
  }
  return undefined;
}

function anonymousView(rules: readonly IndexedRule[]): GroupView {
  const traces = tracesOf(rules, 'unknown').map((trace) => (trace?.result === 'unknown' ? trace : undefined));
  const firstUnknown = traces.findIndex((trace) => trace !== undefined);
  return {
    traces,
    positions: [...rules.keys()].filter((position) => traces[position] === undefined),
    firstUnknown: firstUnknown < 0 ? rules.length : firstUnknown,
    resultOf: () => 'unknown',
  };
}

/** The traces of rules without conditions, which always hold, and of rules whose only condition is `groups`. */
function tracesOf(rules: readonly IndexedRule[], result: ConditionResult): readonly (RuleTrace | undefined)[] {
  return rules.map((rule) => {
    if (rule.conditions.length === 0) return ruleTrace(rule, []);
    const isAlone = rule.rule.when.groups !== undefined && rule.conditions.length === 1;
    return isAlone ? ruleTrace(rule, [result]) : undefined;
  });
}

function namesIn(rules: readonly (AnyAllNone | undefined)[]): ReadonlyMap<string, readonly Named[]> {
  const all = rules.flatMap((lists = {}, position) =>
    (['any', 'all', 'none'] as const).flatMap((list) =>
      [...new Set(lists[list])].map((name) => ({ name, named: { position, list } })),
    ),
  );
  return new Map(
    [...Map.groupBy(all, ({ name }) => name)].map(([name, found]) => [name, found.map(({ named }) => named)]),
  );
}

function resultIn(open: Int32Array, position: number): 'hit' | 'miss' {
  return open[position] === 0 ? 'hit' : 'miss';
}

/** Where rules name the user's groups. A group that the user is in twice counts once. */
function namedBy(
  groups: readonly string[],
  names: ReadonlyMap<string, readonly Named[]>,
  filter: NameFilter,
): readonly (readonly Named[])[] {
  if (names.size === 0) return [];
  const found: (readonly Named[])[] = [];
  for (const group of groups) {
    if (!mayContain(filter, group)) continue;
    const named = names.get(group);
    if (named !== undefined) found.push(named);
  }
  return found.length < 2 ? found : [...new Set(found)];
}

function meet(list: keyof AnyAllNone, position: number, open: Int32Array): void {
  const before = open[position] as number;
  if (list === 'any') open[position] = before & ~anyBit;
  else open[position] = list === 'all' ? before - 1 : before | noneBit;
}
