/**
 * Finds rules that protect named users only from some networks, with some devices, scopes or at some times, where a
 * rule below asks the same users for less: most often the condition was meant to widen the rule, and it narrows it.
 */

import type { Requirement, Rule } from '../../model/policy.ts';
import type { ConditionAbout } from '../../policy/condition-descriptor.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { conditionDescriptors } from '../../policy/rules/condition-table.ts';
import { applyRules } from '../../policy/rules/rules.ts';
import { type Formula, negated, type UserFacts } from '../../policy/theories/theory.ts';
import { minimumOf } from '../proofs/minimum-acr.ts';
import { type EvidenceSet, evidenceBetween, impliesAll } from '../proofs/strictness.ts';
import { type FoundByRule, findByRule, findModel, newBudget } from '../space/find-model.ts';
import { ordinaryFacts } from '../space/ordinary-facts.ts';
import { allowing } from '../space/rule-combinations.ts';
import type { RulePart, RuleSpace } from '../space/rule-space.ts';

/** A rule that asks the users of another one for less, where a condition of that one misses. */
export interface WeakerBelow {
  readonly strict: Rule;
  readonly weak: Rule;
  /** The conditions of the strict rule, one of which is not met. */
  readonly missing: readonly RulePart[];
  readonly facts: UserFacts;
  /** Evidence that meets the weak rule and not the strict one. */
  readonly evidence: EvidenceSet;
}

/** One finding for each strict rule, about the first rule that is weaker. */
export function weakerBelow(policies: PolicySet, space: RuleSpace): FoundByRule<WeakerBelow, Rule> {
  const rules = policies.app?.rules.map(({ rule }) => rule) ?? [];
  const analysed = { policies, space, lessThan: comparisons(policies) };
  return findByRule(rules, function* (strict) {
    const below = isNamed(strict, space) ? rules.slice(rules.indexOf(strict) + 1) : [];
    for (const weak of below) yield comparePair({ strict, weak, rules }, analysed);
  });
}

/** It allows, names users, and depends on what differs from one sign-in of a user to the next. */
function isNamed({ then, when }: Rule, space: RuleSpace): boolean {
  const parts = space.parts(when);
  return then.kind === 'allow' && parts.some(namesUsers) && parts.some(narrows);
}

function namesUsers({ condition, path }: RulePart): boolean {
  return aboutOf(condition) === 'user' && path[0] !== 'none';
}

/** `none` and a new device are quiet: they are meant. */
function narrows({ condition, path, isNegative }: RulePart): boolean {
  if (isNegative) return false;
  if (condition === 'device') return isSaidOfDevice(path);
  const about = aboutOf(condition);
  return (about === 'circumstance' || about === 'scope') && path[0] !== 'none';
}

function aboutOf(condition: RulePart['condition']): ConditionAbout | undefined {
  return condition === 'any' ? undefined : conditionDescriptors[condition].about;
}

/** Another finding covers what a browser says about itself. */
function isSaidOfDevice([name, list]: readonly string[]): boolean {
  return name === 'known' || name === 'registered' || name === 'managed' || (name === 'assurance' && list !== 'none');
}

interface Pair {
  readonly strict: Rule;
  readonly weak: Rule;
  readonly rules: readonly Rule[];
}

interface Analysed {
  readonly policies: PolicySet;
  readonly space: RuleSpace;
  readonly lessThan: Comparison;
}

/**
 * Evidence that meets `asked` and `beside` but not `strict`. Undefined: none is known, or `strict` does not ask for
 * everything that they ask for.
 */
type Comparison = (asked: Requirement, strict: Requirement, beside: readonly Requirement[]) => EvidenceSet | undefined;

/** Most rules of a policy have one of a few requirements, and each pair of these is compared once. */
function comparisons(policies: PolicySet): Comparison {
  const known = new Map<string, EvidenceSet | undefined>();
  return (asked, strict, beside) => {
    const key = JSON.stringify([asked, strict, beside]);
    if (known.has(key)) return known.get(key);
    const all = [...beside, asked];
    const implied = impliesAll([...beside, strict], all, policies);
    const evidence = implied ? evidenceBetween(all, strict, policies) : undefined;
    known.set(key, evidence);
    return evidence;
  };
}

/** `undecided`: the steps of the search did not suffice, and nothing else was found. */
function comparePair(
  { strict, weak, rules }: Pair,
  { policies, space, lessThan }: Analysed,
): WeakerBelow | 'undecided' | undefined {
  if (strict.then.kind !== 'allow' || weak.then.kind !== 'allow') return undefined;
  const parts = space.parts(strict.when);
  const missing = parts.filter(narrows);
  const before = rules.slice(0, rules.indexOf(weak));
  const pair = (): readonly Formula[] => [
    ...space.onceProved,
    ...parts.filter((part) => !missing.includes(part)).map(({ formula }) => formula),
    { any: missing.map(({ formula }) => negated(formula)) },
    ...before.map(({ when }) => space.misses(when)),
    space.applies(weak.when),
  ];
  const minimum = minimumOf(policies);
  let isOpen = false;
  for (const { rule: session, formulas } of allowing(policies.session, space)) {
    if (session.then.kind !== 'allow') continue;
    const beside = [session.then.requirement, ...minimum];
    const evidence = lessThan(weak.then.requirement, strict.then.requirement, beside);
    const facts = evidence && factsFor([...pair(), ...formulas], space);
    isOpen ||= facts === 'undecided';
    if (typeof facts === 'object' && evidence && decides(policies, { weak, session }, facts))
      return { strict, weak, missing, facts, evidence };
  }
  return isOpen ? 'undecided' : undefined;
}

function factsFor(formulas: readonly Formula[], space: RuleSpace): UserFacts | 'undecided' | 'impossible' {
  const found = findModel(formulas, newBudget());
  if (typeof found !== 'object') return found;
  return ordinaryFacts(formulas, space) ?? space.factsOf(found.model);
}

function decides(
  { session, app }: PolicySet,
  rules: { readonly weak: Rule; readonly session: Rule },
  facts: UserFacts,
): boolean {
  return (
    app !== undefined && applyRules(app, facts).rule === rules.weak && applyRules(session, facts).rule === rules.session
  );
}
