/**
 * Finds rules that a browser chooses by what it says of itself: with another User-Agent header the same user, from the
 * same place, is asked for less.
 */
import type { Rule } from '../../model/policy.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { findRule } from '../../policy/rules/rules.ts';
import type { Formula, UserFacts, Variable } from '../../policy/theories/theory.ts';
import { evidenceBetween, impliesAll } from '../proofs/strictness.ts';
import { decidingFormulas } from '../space/deciding-formulas.ts';
import { type FoundByRule, findByRule, findModel, newBudget } from '../space/find-model.ts';
import type { RuleSpace } from '../space/rule-space.ts';

/** Two rules, where the browser chooses which of them decides. */
export interface Spoofable {
  readonly strict: Rule;
  readonly weak: Rule;
  /** Facts for which the weak rule decides. */
  readonly facts: UserFacts;
}

/** At most one finding for each rule that asks what the browser is. */
export function spoofable(policies: PolicySet, space: RuleSpace): FoundByRule<Spoofable, Rule> {
  const rules = policies.app?.rules.map(({ rule }) => rule) ?? [];
  return findByRule(rules, function* (rule) {
    const browser = browserOf(rule, space);
    if (browser === undefined) return;
    for (const other of rules.filter((one) => one !== rule)) {
      const [strict, weak] = ordered(rule, other, policies) ?? [];
      if (strict === undefined || weak === undefined) continue;
      const facts = factsFor({ strict, weak, rules, browser }, { policies, space });
      yield typeof facts === 'object' ? { strict, weak, facts } : facts;
    }
  });
}

function browserOf({ when }: Rule, space: RuleSpace): Variable | undefined {
  const part = space.parts(when).find(({ condition, path }) => condition === 'device' && isSaidByBrowser(path[0]));
  return part && 'variable' in part.formula ? part.formula.variable : undefined;
}

/** Trusted sources state everything else that a rule asks about a device. */
function isSaidByBrowser(key: string | number | undefined): boolean {
  return key === 'platform' || key === 'os';
}

/** The stricter rule first. Undefined: neither is. */
function ordered(one: Rule, other: Rule, policies: PolicySet): readonly [Rule, Rule] | undefined {
  if (one.then.kind === 'deny') return other.then.kind === 'deny' ? undefined : [one, other];
  if (other.then.kind === 'deny') return [other, one];
  const [first, second] = [one.then.requirement, other.then.requirement];
  const isStricter = (strict: typeof first, weak: typeof first) =>
    impliesAll([strict], [weak], policies) && evidenceBetween([weak], strict, policies) !== undefined;
  if (isStricter(first, second)) return [one, other];
  return isStricter(second, first) ? [other, one] : undefined;
}

interface Choice {
  readonly strict: Rule;
  readonly weak: Rule;
  readonly rules: readonly Rule[];
  readonly browser: Variable;
}

interface Analysed {
  readonly policies: PolicySet;
  readonly space: RuleSpace;
}

/** Facts that differ in the browser alone. Undefined: there are none. `undecided`: the steps did not suffice. */
function factsFor(
  { strict, weak, rules, browser }: Choice,
  { policies, space }: Analysed,
): UserFacts | 'undecided' | undefined {
  let isOpen = false;
  const positions = [...browser.classes.keys()];
  const formulasOf = (rule: Rule, at: number) =>
    decidingFormulas(rule, rules.slice(0, rules.indexOf(rule)), space).map((one) => inClass(one, browser, at));
  for (const one of positions) {
    for (const other of positions.filter((at) => at !== one)) {
      const found = findModel(
        [...space.onceProved, ...formulasOf(strict, one), ...formulasOf(weak, other)],
        newBudget(),
      );
      isOpen ||= found === 'undecided';
      if (typeof found !== 'object') continue;
      const plain = space.factsOf(found.model);
      const factsIn = (at: number) => browser.classes[at]?.place?.(plain) ?? plain;
      const decides = (rule: Rule, at: number) => policies.app && findRule(policies.app, factsIn(at)).rule === rule;
      if (decides(strict, one) && decides(weak, other)) return factsIn(other);
    }
  }
  return isOpen ? 'undecided' : undefined;
}

/** The formula where the variable is in the class. */
function inClass(formula: Formula, variable: Variable, at: number): Formula {
  if ('all' in formula) return { all: formula.all.map((one) => inClass(one, variable, at)) };
  if ('any' in formula) return { any: formula.any.map((one) => inClass(one, variable, at)) };
  if (formula.variable !== variable) return formula;
  return (formula.classes & (1n << BigInt(at))) === 0n ? { any: [] } : { all: [] };
}
