/**
 * Finds out which rules of a policy hold for the groups of a user, in one pass over these groups, and looks at no rule
 * that the groups alone rule out. A user may be in hundreds of groups, and a policy have a thousand rules over groups.
 */
import type { AnyAllNone, ConditionResult } from '../../model/conditions.ts';
import type { RuleHead } from '../../model/policy.ts';
import type { RuleTrace } from '../../model/trace.ts';
import { mayContain, type NameFilter, nameFilter } from '../values/name-filter.ts';
import type { CompiledCondition } from './condition-table.ts';
import { ruleTrace } from './rule-trace.ts';

/** What the groups of one user say about the rules of a policy. Positions are those of the rules. */
export interface GroupView {
  /** The traces of rules that depend on nothing else. Of other rules: undefined. */
  readonly traces: readonly (RuleTrace | undefined)[];
  /** The rules that may hold or depend on other conditions, in their order. */
  readonly positions: readonly number[];
  /** The traces up to the first rule that holds. Undefined: more than the groups decides. */
  readonly decided?: readonly RuleTrace[] | undefined;
  /** The position of the first rule that depends on nothing but a user who has not identified yet. */
  readonly firstUnknown: number;
  /** The result of the condition `groups`. Where a rule has none: a hit. */
  readonly resultOf: (position: number) => ConditionResult;
}

/** For the groups of a user. Undefined: the user has not identified yet. */
export type GroupIndex = (groups: readonly string[] | undefined) => GroupView;

/** A rule as far as the index reads it. */
interface IndexedRule {
  readonly rule: RuleHead;
  readonly conditions: readonly CompiledCondition[];
}

/** A rule that names a group, and in which list. */
interface Named {
  readonly position: number;
  readonly list: keyof AnyAllNone;
}

/** The lowest bits say how many names of `all` are open; above them, whether `any` is, and whether `none` forbids. */
const ANY = 1 << 20;
const NONE = 1 << 21;

/** Made once for a policy. */
export function groupIndex(rules: readonly IndexedRule[]): GroupIndex {
  const lists = rules.map(({ rule }) => rule.when.groups);
  const names = namesIn(lists);
  const filter = nameFilter(names);
  const start = Int32Array.from(lists, (one) => (one?.any ? ANY : 0) + new Set(one?.all).size);
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
  /** Of all users who are in none of the groups. */
  const stranger = knownView(before, isAlways, start);
  // Several decisions in a row often ask about one user.
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

/** `isListed`: 1 for each rule that may hold or depends on other conditions. */
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

/** Of rules that have no condition but `groups`; those that have none at all always hold. */
function tracesOf(rules: readonly IndexedRule[], result: ConditionResult): readonly (RuleTrace | undefined)[] {
  return rules.map((one) => {
    if (one.conditions.length === 0) return ruleTrace(one, []);
    const isAlone = one.rule.when.groups !== undefined && one.conditions.length === 1;
    return isAlone ? ruleTrace(one, [result]) : undefined;
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

/** Where rules name one of the groups. A group that the user is in twice counts once. */
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
  const before = open[position] ?? 0;
  if (list === 'any') open[position] = before & ~ANY;
  else open[position] = list === 'all' ? before - 1 : before | NONE;
}
