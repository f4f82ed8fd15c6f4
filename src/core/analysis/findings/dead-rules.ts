/**
 * Finds rules that never decide: their own conditions exclude one another, or earlier rules decide every case.
 * Two-sided: facts for which the evaluator says so show that a rule may decide, and a complete search shows that it
 * never does. Everything else is reported as undecided.
 */
import type { RuleHead } from '../../model/policy.ts';
import type { CompiledPolicy, CompiledRule } from '../../policy/rules/compile.ts';
import { findRule } from '../../policy/rules/rules.ts';
import { type Formula, negated, type UserFacts } from '../../policy/theories/theory.ts';
import { decidingFormulas } from '../space/deciding-formulas.ts';
import { findModel, newBudget } from '../space/find-model.ts';
import { neededAmong } from '../space/needed-among.ts';
import type { Budget } from '../space/propagate.ts';
import type { RulePart, RuleSpace } from '../space/rule-space.ts';

/** Whether a rule ever decides in its policy. */
export type RuleVerdict =
  /** It decides about these facts. */
  | { readonly kind: 'decides'; readonly facts: UserFacts }
  /** The smallest set of its conditions that exclude one another. */
  | { readonly kind: 'contradictory'; readonly conflict: readonly RulePart[]; readonly failure?: RuleFailure }
  /** The smallest set of earlier rules that together decide every sign-in that it matches. */
  | { readonly kind: 'shadowed'; readonly by: readonly RuleHead[]; readonly failure?: RuleFailure }
  /** `ranOut`: the steps of the search did not suffice. */
  | { readonly kind: 'undecided'; readonly ranOut?: true };

/** The rule is reached where it fails, and denies then (Law 4). `open`: it may be. Absent: it never is. */
export type RuleFailure = 'shown' | 'open';

/**
 * The budget for all rules of a check: formulas that are examined, and rules that are evaluated. It is enough for 4,000
 * rules about groups.
 */
export function ruleBudget(): Budget {
  return { steps: 10_000_000 };
}

/** A policy, and a space that reads its rules. */
export interface ReadPolicy {
  readonly policy: CompiledPolicy<RuleHead>;
  readonly space: RuleSpace;
}

/** Whether the rule at this position ever decides. Takes from `whole`, which is for all rules. */
export function ruleVerdict(position: number, read: ReadPolicy, whole: Budget): RuleVerdict {
  const budget = newBudget();
  const given = budget.steps;
  const verdict = verdictOf({ ...read, position, rule: ruleAt(read, position), budget, whole });
  whole.steps -= given - budget.steps;
  return verdict;
}

function verdictOf(search: Search): RuleVerdict {
  const cases = casesLeft(search);
  if (cases.kind !== 'none') return cases;
  const failure = failureOf(search);
  const failed = failure && { failure };
  // A case was left beside fewer rules, so that the conditions can hold.
  const canHold = cases.latest >= 0;
  const conflict = canHold ? undefined : conflictOf(search.space.parts(search.rule.when), search);
  if (conflict !== undefined) return { kind: 'contradictory', conflict, ...failed };
  return { kind: 'shadowed', by: takersOf(cases, search), ...failed };
}

/** A rule that is examined. */
interface Search extends ReadPolicy {
  readonly position: number;
  readonly rule: RuleHead;
  readonly budget: Budget;
  /** For all rules. */
  readonly whole: Budget;
}

function ruleAt({ policy }: ReadPolicy, position: number): RuleHead {
  return (policy.rules[position] as CompiledRule<RuleHead>).rule;
}

function rulesBefore({ policy }: ReadPolicy, position: number): readonly RuleHead[] {
  return policy.rules.slice(0, position).map(({ rule }) => rule);
}

/** No sign-in is left for the rule. */
interface NoCases {
  readonly kind: 'none';
  /** The positions of earlier rules that are known to take all together; not each of them may be needed. */
  readonly takers: readonly number[];
  /** The rule applies in cases that the rule at this position decides, and none before it. */
  readonly latest: number;
}

/** As many earlier rules are found to take cases one by one; beyond that, all are looked at together. */
const mostTakers = 8;

/**
 * Whether earlier rules leave a case to this one. Mostly few of them matter, so it starts without any, and takes in the
 * one that decides the case that was found.
 */
function casesLeft(search: Search): RuleVerdict | NoCases {
  const { position, rule, policy, space, budget } = search;
  const takers: number[] = [];
  let latest = -1;
  while (takers.length < Math.min(mostTakers, position)) {
    const rules = takers.map((taker) => ruleAt(search, taker));
    const found = findModel(decidingFormulas(rule, rules, space), budget, space.reader);
    if (found === 'impossible') return { kind: 'none', takers, latest };
    if (found === 'undecided') break;
    const facts = space.factsOf(found.model);
    const decided = findRule(policy, facts);
    search.whole.steps -= decided.traces.length;
    if (decided.rule === rule) return { kind: 'decides', facts };
    const decider = decided.traces.length - 1;
    if ((decided.rule ?? decided.failed) === undefined || decider >= position || takers.includes(decider)) break;
    if (isMet(search, facts)) latest = Math.max(latest, decider);
    takers.push(decider);
  }
  return casesBesideAll(search, latest);
}

/** The conditions of the rule hold in these facts. */
function isMet({ policy, position }: Search, facts: UserFacts): boolean {
  const { conditions } = policy.rules[position] as CompiledRule<RuleHead>;
  return conditions.every(({ test }) => test(facts) === 'hit');
}

function casesBesideAll(search: Search, latest: number): RuleVerdict | NoCases {
  const { position, rule, policy, space, budget } = search;
  const before = rulesBefore(search, position);
  const found = findModel(decidingFormulas(rule, before, space), budget, space.reader);
  if (found === 'undecided') return { kind: 'undecided', ranOut: true };
  if (found === 'impossible') return { kind: 'none', takers: [...before.keys()], latest };
  const facts = space.factsOf(found.model);
  if (findRule(policy, facts).rule === rule) return { kind: 'decides', facts };
  return { kind: 'undecided', ...([...found.model.keys()].some(({ ranOut }) => ranOut) && { ranOut: true }) };
}

const nothing: Formula = { any: [] };

function failureOf(search: Search): RuleFailure | undefined {
  const { rule, position, policy, space } = search;
  const fails = space.fails(rule.when);
  if (fails === undefined) return undefined;
  const before = rulesBefore(search, position);
  // Where an opaque part fails, it has failed in an earlier rule with the same text.
  const passed = before.flatMap(({ when }) => [space.misses(when), negated(space.fails(when) ?? nothing)]);
  const own = newBudget();
  const given = own.steps;
  const found = findModel([...space.always, fails, ...passed], own, space.reader);
  search.whole.steps -= given - own.steps;
  if (found === 'impossible') return undefined;
  return found !== 'undecided' && findRule(policy, space.factsOf(found.model)).failed === rule ? 'shown' : 'open';
}

/** The smallest set of parts that exclude one another. Undefined: all parts can hold together. */
function conflictOf(parts: readonly RulePart[], { space, budget }: Search): readonly RulePart[] | undefined {
  const exclude = (some: readonly RulePart[]) =>
    findModel([...space.always, ...some.map(({ formula }) => formula)], budget, space.reader) === 'impossible';
  if (!exclude(parts)) return undefined;
  const few = parts.flatMap((part, index) => [[part], ...parts.slice(0, index).map((other) => [other, part])]);
  return few.sort((a, b) => a.length - b.length).find(exclude) ?? neededAmong(parts, exclude);
}

/**
 * The earlier rules that together leave no sign-in for this one; none of them can be left out. Where several sets do
 * so, the one whose last rule comes first is told.
 */
function takersOf({ takers, latest }: NoCases, search: Search): readonly RuleHead[] {
  const { rule, position, space, budget } = search;
  const leaveNone = (some: readonly number[]) => {
    // Rules before the latest leave the case that it decides.
    if (some.every((taker) => taker < latest)) return false;
    const rules = some.map((taker) => ruleAt(search, taker));
    return findModel(decidingFormulas(rule, rules, space), budget, space.reader) === 'impossible';
  };
  const meets = (taker: number) => {
    const both = [space.applies(rule.when), space.applies(ruleAt(search, taker).when)];
    return findModel(both, budget, space.reader) !== 'impossible';
  };
  const needed = neededAmong(upTo(Math.max(...takers) + 1), leaveNone);
  const all = needed.every(meets) ? needed : neededAmong(upTo(position).filter(meets), leaveNone);
  return all.map((taker) => ruleAt(search, taker));
}

function upTo(end: number): readonly number[] {
  return Array.from({ length: end }, (_, position) => position);
}
