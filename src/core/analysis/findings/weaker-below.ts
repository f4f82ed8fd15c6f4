/**
 * Finds rules that protect named users only from some networks, with some devices, scopes or at some times, where a
 * rule below asks the same users for less: most often the condition was meant to widen the rule, and it narrows it.
 */

import type { Rule } from '../../model/policy.ts';
import type { CompiledPolicy, PolicySet } from '../../policy/rules/compile.ts';
import { applyRules } from '../../policy/rules/rules.ts';
import { type Formula, negated, type UserFacts } from '../../policy/theories/theory.ts';
import type { LongerLimit } from '../comparison/longer-limits.ts';
import type { EvidenceSet } from '../proofs/evidence-set.ts';
import type { AdmittedWith } from '../proofs/proving-user.ts';
import { decidingFormulas } from '../space/deciding-formulas.ts';
import { type FoundByRule, findByRule, findModelWithin, isSpent } from '../space/find-model.ts';
import type { Budget } from '../space/propagate.ts';
import { allowing, type Deciding } from '../space/rule-combinations.ts';
import type { RulePart, RuleSpace } from '../space/rule-space.ts';
import { type CompareTerms, requestsShowing, type SignInLayer, termsComparison } from './asks-less.ts';
import { mayName, mayNarrow, namesUsers, narrows } from './narrowing-parts.ts';
import { factsOfUserWith } from './protected-elsewhere.ts';
import type { ExaminedLayer } from './spoofable.ts';
import { shownWeaker } from './weaker-example.ts';

/** A rule that asks the users of another one for less, if a condition of that one is not met. */
export interface WeakerBelow {
  readonly strict: Rule;
  readonly weak: Rule;
  /** The conditions of the strict rule, one of which is not met. */
  readonly missing: readonly RulePart[];
  readonly facts: UserFacts;
  /** Evidence that meets the weak rule and not the strict one. Empty: what was proved counts longer under it. */
  readonly evidence: EvidenceSet;
  readonly longer: readonly LongerLimit[];
  /** With what the user gets in, and would not under the strict rule. Absent: none is known; `evidence` is empty. */
  readonly proved?: AdmittedWith;
}

/** One finding for each strict rule, about the first rule that is weaker. */
export function weakerBelow(
  policies: PolicySet,
  space: RuleSpace,
  { layer = 'app', isTold = () => false, budget }: ExaminedLayer = {},
): FoundByRule<WeakerBelow, Rule> {
  const { session, app } = policies;
  if (app === undefined) return { found: [], undecided: [], opaque: [] };
  const [own, beside] = layer === 'app' ? [app, session] : [session, app];
  const rules = own.rules.map(({ rule }) => rule);
  const compare = termsComparison(policies, layer);
  const search = { policies, layer, own, beside, space, budget, besides: allowing(beside, space), compare };
  return findByRule(
    rules.filter((rule) => !isTold(rule)),
    function* (strict) {
      const comparison = comparisonOf(strict, space);
      if (comparison === undefined) return;
      for (let at = rules.indexOf(strict) + 1; at < rules.length; at += 1) {
        if (isSpent(budget)) return yield 'undecided';
        if (budget) budget.steps -= 1;
        yield comparison({ strict, weak: rules[at] as Rule, rules }, search);
      }
    },
  );
}

/** How the rule is compared with one below. Undefined: it protects no users only in some of their sign-ins. */
function comparisonOf(strict: Rule, space: RuleSpace) {
  return isNamed(strict, space) ? comparePair : mayBeNamed(strict, space) ? openPair : undefined;
}

/** Whether a rule allows, names users, and depends on what differs from one sign-in of a user to the next. */
function isNamed({ then, when }: Rule, space: RuleSpace): boolean {
  const parts = space.takenApart(when);
  return then.kind === 'allow' && parts.some(namesUsers) && parts.some(narrows);
}

/** The same, as far as something is known of the parts of expressions. */
function mayBeNamed({ then, when }: Rule, space: RuleSpace): boolean {
  const parts = space.takenApart(when);
  return then.kind === 'allow' && parts.some(mayName) && parts.some(mayNarrow);
}

interface Pair {
  readonly strict: Rule;
  readonly weak: Rule;
  readonly rules: readonly Rule[];
}

interface Search {
  readonly policies: PolicySet;
  readonly layer: SignInLayer;
  readonly own: CompiledPolicy;
  /** The other policy that lets users in, and its rules that do. */
  readonly beside: CompiledPolicy;
  readonly besides: readonly Deciding<Rule>[];
  readonly space: RuleSpace;
  readonly budget: Budget | undefined;
  readonly compare: CompareTerms;
}

/** `undecided`: what the rules ask for could not be compared, or the steps did not suffice; nothing else was found. */
function comparePair(pair: Pair, search: Search): WeakerBelow | 'undecided' | undefined {
  const { strict, weak } = pair;
  const { policies, layer, own, beside, besides, space, compare } = search;
  if (strict.then.kind !== 'allow' || weak.then.kind !== 'allow') return undefined;
  const missing = space.takenApart(strict.when).filter(narrows);
  let isOpen = false;
  let formulas: readonly Formula[] | undefined;
  for (const { rule, formulas: decidingBeside } of besides) {
    if (rule.then.kind !== 'allow') continue;
    const less = compare({ own: strict.then, beside: rule.then }, { own: weak.then, beside: rule.then });
    if (less === undefined) continue;
    formulas ??= missed(pair, missing, space);
    const all = [...formulas, ...decidingBeside, ...requestsShowing(less, policies, space)];
    const facts = factsOfUserWith(all, decides(pair, space), search);
    isOpen ||= facts === 'undecided' || (facts !== 'impossible' && less === 'undecided');
    if (less === 'undecided') continue;
    const isShown = (example: UserFacts) =>
      applyRules(own, example).rule === weak &&
      applyRules(beside, example).rule === rule &&
      mayHoldIn(example, all, search);
    if (typeof facts !== 'object' || !isShown(facts)) continue;
    const shown = shownWeaker({ strict, facts, ...less }, policies, layer);
    if (shown) return { strict, weak, missing, facts, ...less, ...shown };
    isOpen = true;
  }
  return isOpen ? 'undecided' : undefined;
}

/** The weak rule may ask for less, and may decide about users for whom the strict one may decide elsewhere. */
function openPair(pair: Pair, search: Search): 'opaque' | undefined {
  const { strict, weak, rules } = pair;
  const { policies, besides, space, compare } = search;
  if (strict.then.kind !== 'allow' || weak.then.kind !== 'allow') return undefined;
  const [own, weakOwn] = [strict.then, weak.then];
  const others = space.takenApart(strict.when).filter((part) => !mayNarrow(part));
  const formulas = [
    ...space.onceProved,
    ...others.map(({ formula }) => formula),
    ...decidingFormulas(weak, rules.slice(0, rules.indexOf(weak)), space),
  ];
  const isOpen = besides.some(({ rule: { then }, formulas: decidingBeside }) => {
    if (then.kind === 'deny') return false;
    const less = compare({ own, beside: then }, { own: weakOwn, beside: then });
    if (less === undefined) return false;
    const all = [...formulas, ...decidingBeside, ...requestsShowing(less, policies, space)];
    return factsOfUserWith(all, decides(pair, space), search) !== 'impossible';
  });
  return isOpen ? 'opaque' : undefined;
}

/** The weak rule decides, only because a narrowing condition of the strict one is not met. */
function missed({ strict, weak, rules }: Pair, missing: readonly RulePart[], space: RuleSpace): readonly Formula[] {
  return [
    ...space.onceProved,
    ...space.takenApart(strict.when).flatMap(withoutNarrowing),
    { any: missing.map(({ formula }) => negated(formula)) },
    ...rules.slice(0, rules.indexOf(weak)).map(({ when }) => space.misses(when)),
    space.applies(weak.when),
  ];
}

/** The strict rule decides. */
function decides({ strict, rules }: Pair, space: RuleSpace): readonly Formula[] {
  return [...space.onceProved, ...decidingFormulas(strict, rules.slice(0, rules.indexOf(strict)), space)];
}

/** The part, or what its alternatives say besides. */
function withoutNarrowing(part: RulePart): readonly Formula[] {
  if (!narrows(part)) return [part.formula];
  const { alternatives } = part;
  return alternatives ? [{ any: alternatives.map((parts) => ({ all: parts.flatMap(withoutNarrowing) })) }] : [];
}

/** Opaque parts have in these facts the results that the formulas want of them. */
function mayHoldIn(facts: UserFacts, formulas: readonly Formula[], { space, budget }: Search): boolean {
  const results = space.opaquePartsIn(facts);
  return (
    results.size === 0 ||
    findModelWithin([...formulas, ...space.opaquePartsAs(results)], budget, space.reader) !== 'impossible'
  );
}
