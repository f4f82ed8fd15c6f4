/**
 * Finds rules that never decide: their own conditions exclude one another, or earlier rules decide every case.
 * Two-sided: facts for which the evaluator says so show that a rule may decide, and a complete search shows that it
 * never does. Everything else is reported as undecided.
 */
import type { RuleHead } from '../../model/policy.ts';
import type { CompiledPolicy } from '../../policy/rules/compile.ts';
import { findRule } from '../../policy/rules/rules.ts';
import { type Formula, negated, type UserFacts } from '../../policy/theories/theory.ts';
import { decidingFormulas } from '../space/deciding-formulas.ts';
import { findModel, newBudget } from '../space/find-model.ts';
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

/** Verdicts by the position of the rule. */
export function ruleVerdicts(policy: CompiledPolicy<RuleHead>, space: RuleSpace): readonly RuleVerdict[] {
  const rules = policy.rules.map(({ rule }) => rule);
  return rules.map((rule, index) => verdictOf(rule, rules.slice(0, index), { policy, space }));
}

interface Analysed {
  readonly policy: CompiledPolicy<RuleHead>;
  readonly space: RuleSpace;
}

function verdictOf(rule: RuleHead, before: readonly RuleHead[], { policy, space }: Analysed): RuleVerdict {
  const budget = newBudget();
  const found = findModel(decidingFormulas(rule, before, space), budget);
  if (found === 'undecided') return { kind: 'undecided', ranOut: true };
  if (found !== 'impossible') {
    const facts = space.factsOf(found.model);
    if (findRule(policy, facts).rule === rule) return { kind: 'decides', facts };
    return { kind: 'undecided', ...([...found.model.keys()].some(({ ranOut }) => ranOut) && { ranOut: true }) };
  }
  const failure = failureOf(rule, before, { policy, space });
  const failed = failure && { failure };
  const conflict = conflictOf(space.parts(rule.when), { space, budget });
  if (conflict !== undefined) return { kind: 'contradictory', conflict, ...failed };
  return { kind: 'shadowed', by: takersOf(rule, before, { space, budget }), ...failed };
}

const nothing: Formula = { any: [] };

function failureOf(rule: RuleHead, before: readonly RuleHead[], { policy, space }: Analysed): RuleFailure | undefined {
  const fails = space.fails(rule.when);
  if (fails === undefined) return undefined;
  // Where an opaque part fails, it has failed in an earlier rule with the same text.
  const passed = before.flatMap(({ when }) => [space.misses(when), negated(space.fails(when) ?? nothing)]);
  const found = findModel([...space.always, fails, ...passed], newBudget());
  if (found === 'impossible') return undefined;
  return found !== 'undecided' && findRule(policy, space.factsOf(found.model)).failed === rule ? 'shown' : 'open';
}

interface Search {
  readonly space: RuleSpace;
  readonly budget: Budget;
}

/** The smallest set of parts that exclude one another. Undefined: all parts can hold together. */
function conflictOf(parts: readonly RulePart[], { space, budget }: Search): readonly RulePart[] | undefined {
  const exclude = (some: readonly RulePart[]) =>
    findModel([...space.always, ...some.map(({ formula }) => formula)], budget) === 'impossible';
  if (!exclude(parts)) return undefined;
  const few = parts.flatMap((part, index) => [[part], ...parts.slice(0, index).map((other) => [other, part])]);
  return few.sort((a, b) => a.length - b.length).find(exclude) ?? neededAmong(parts, exclude);
}

/** The earlier rules that together leave no sign-in for this one; none of them can be left out. */
function takersOf(rule: RuleHead, before: readonly RuleHead[], { space, budget }: Search): readonly RuleHead[] {
  const meets = before.filter(
    ({ when }) => findModel([space.applies(rule.when), space.applies(when)], budget) !== 'impossible',
  );
  return neededAmong(meets, (some) => findModel(decidingFormulas(rule, some, space), budget) === 'impossible');
}

/** Leaves out what is not needed for the property to hold, the last first. */
export function neededAmong<Item>(items: readonly Item[], holds: (some: readonly Item[]) => boolean): readonly Item[] {
  return items.reduceRight((kept, item) => {
    const rest = kept.filter((other) => other !== item);
    return holds(rest) ? rest : kept;
  }, items);
}
