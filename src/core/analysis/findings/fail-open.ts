/**
 * Finds denials that rest on an attribute which a user may lack: without it the rule misses, and a rule below lets the
 * user in. Shown by facts for which the evaluator says so.
 */
import type { AttributeTest, CompiledExpression, ConditionSet, Conditions } from '../../model/conditions.ts';
import type { Rule } from '../../model/policy.ts';
import type { CompiledPolicy } from '../../policy/rules/compile.ts';
import { conditionSets } from '../../policy/rules/condition-table.ts';
import { isRead } from '../../policy/rules/expression-parts.ts';
import { applyRules } from '../../policy/rules/rules.ts';
import type { Formula, Universe, UserFacts } from '../../policy/theories/theory.ts';
import { decidingFormulas } from '../space/deciding-formulas.ts';
import { type FoundByRule, findByRule, findModel, newBudget } from '../space/find-model.ts';
import { ordinaryFacts } from '../space/ordinary-facts.ts';
import { allowing } from '../space/rule-combinations.ts';
import { innermostParts, type RulePart, type RuleSpace, ruleSpace } from '../space/rule-space.ts';

/** A rule that denies, but not users who lack the attribute. */
export interface FailOpen {
  readonly rule: Rule;
  readonly attribute: string;
  /** The rule that lets these users in. */
  readonly instead: Rule;
  readonly facts: UserFacts;
}

/**
 * One finding for each attribute of each rule. Skips an attribute whose absence some rule names. `beside`: the other
 * policy that decides about the same sign-ins, and must let the user in, too.
 */
export function failOpen(
  policy: CompiledPolicy,
  universe: Universe,
  beside?: CompiledPolicy,
): FoundByRule<FailOpen, Rule> {
  const rules = policy.rules.map(({ rule }) => rule);
  const denying = rules.filter(({ then }) => then.kind === 'deny');
  if (denying.length === 0) return { found: [], undecided: [], opaque: [] };
  const partsOf = expressionParts(rules, universe);
  const setsIn = (rule: Rule) => conditionSets(rule.when);
  const considered = new Set(
    rules.flatMap(setsIn).flatMap((set) => [...consideredBy(set), ...consideredIn(partsOf(set))]),
  );
  const denials = denying.flatMap((rule) => {
    const names = new Set(setsIn(rule).flatMap((set) => [...restsOn(set), ...comparedIn(partsOf(set))]));
    return [...names]
      .filter((name) => !considered.has(name))
      .map((attribute): AttributeDenial => ({ rule, attribute, rules }));
  });
  const { found, undecided } = findByRule(denials, (denial) => admittedWithout(denial, { policy, beside }, universe));
  return { found, undecided: [...new Set(undecided.map(({ rule }) => rule))], opaque: [] };
}

/** The parts of the expression in a set of conditions. */
function expressionParts(rules: readonly Rule[], universe: Universe): (set: ConditionSet) => readonly RulePart[] {
  const hasExpression = rules.some(({ when }) => conditionSets(when).some(({ expression }) => expression));
  if (!hasExpression) return () => [];
  const space = ruleSpace(
    rules.map(({ when }) => when),
    universe,
  );
  return ({ expression }) => (expression ? space.takenApart({ expression }) : []);
}

/** The user type is no attribute, but a user may lack it, too. */
const userTypeName = 'userType';

function restsOn({ attributes = {}, userType }: ConditionSet): readonly string[] {
  return [...Object.keys(attributes), ...(userType ? [userTypeName] : [])];
}

/** An absent attribute meets `none`. */
function consideredBy({ attributes = {}, userType }: ConditionSet): readonly string[] {
  const names = Object.entries(attributes).flatMap(([name, test]) => (saysOfAbsence(test) ? [name] : []));
  return [...names, ...(userType?.none ? [userTypeName] : [])];
}

function saysOfAbsence({ present, not }: AttributeTest): boolean {
  return present !== undefined || not !== undefined;
}

/** What the part asks of a user who may lack it. Undefined: nothing. */
function nameOf({ condition, path }: RulePart): string | undefined {
  return condition === 'attributes' ? path[0] : condition === 'userType' ? userTypeName : undefined;
}

function comparedIn(parts: readonly RulePart[]): readonly string[] {
  return parts.flatMap(innermostParts).flatMap((part) => nameOf(part) ?? []);
}

/** `has(...)` before a comparison says nothing: without it the expression would fail. */
function consideredIn(parts: readonly RulePart[]): readonly string[] {
  return parts.flatMap((part): readonly string[] => {
    if (part.alternatives) return part.alternatives.flatMap(consideredIn);
    const name = nameOf(part);
    if (name === undefined || !part.isPresence) return [];
    const others = parts.filter((other) => other !== part).flatMap(innermostParts);
    return part.isNegative || !others.some((other) => mayCompare(other, name)) ? [name] : [];
  });
}

function mayCompare(part: RulePart, name: string): boolean {
  const fact = name === userTypeName ? 'user.userType' : `user.profile.${name}`;
  return nameOf(part) === name || (part.reads !== undefined && isRead(fact, part.reads));
}

/** A rule that denies, an attribute that it reads, and all rules of its policy. */
export interface AttributeDenial {
  readonly rule: Rule;
  readonly attribute: string;
  readonly rules: readonly Rule[];
}

/** A policy, and the other one that decides about the same sign-ins. */
export interface SignInPolicies {
  readonly policy: CompiledPolicy;
  readonly beside: CompiledPolicy | undefined;
}

/**
 * All conditions of the rule hold except for the absent attribute, and a later rule allows. A user whom an earlier
 * rule lets in does not need to lack the attribute.
 */
function* admittedWithout(
  { rule, attribute, rules }: AttributeDenial,
  { policy, beside }: SignInPolicies,
  universe: Universe,
): Generator<FailOpen | 'undecided'> {
  const absent = absenceOf(attribute);
  const others = beside?.rules.map((compiled) => compiled.rule.when) ?? [];
  const space = ruleSpace([...rules.map(({ when }) => when), ...others, absent], universe);
  // A rule that never applies denies no user, and is a finding of its own; so is one that is not seen to apply.
  const denied = findModel(decidingFormulas(rule, [], space), newBudget());
  if (denied === 'impossible') return;
  const isOpaque = space
    .takenApart(rule.when)
    .flatMap(innermostParts)
    .some(({ reads }) => reads !== undefined);
  if (isOpaque && !(typeof denied === 'object' && isMet(rule, policy, space.factsOf(denied.model)))) return;
  const below = rules.slice(rules.indexOf(rule) + 1).filter(({ then }) => then.kind === 'allow');
  for (const rest of withoutAttribute(space.takenApart(rule.when), attribute)) {
    for (const instead of below) {
      const formulas = [
        ...space.onceProved,
        ...rest,
        space.applies(absent),
        ...decidingFormulas(instead, rules.slice(0, rules.indexOf(instead)), space),
        ...admitting(beside, space),
      ];
      const found = findModel(formulas, newBudget());
      if (found === 'undecided') yield found;
      if (typeof found !== 'object') continue;
      const facts = ordinaryFacts(formulas, space) ?? space.factsOf(found.model);
      const isAdmitted = beside === undefined || applyRules(beside, facts).outcome === 'allow';
      if (isAdmitted && applyRules(policy, facts).rule === instead) yield { rule, attribute, instead, facts };
    }
  }
}

/** What must hold so that the policy lets the user in: nothing, if no rule of it denies, or fails (Law 4). */
export function admitting(policy: CompiledPolicy | undefined, space: RuleSpace): readonly Formula[] {
  const mayDeny = ({ then, when }: Rule) => then.kind === 'deny' || space.fails(when) !== undefined;
  if (policy === undefined || !policy.rules.some(({ rule }) => mayDeny(rule))) return [];
  return [{ any: allowing(policy, space).map(({ formulas }) => ({ all: formulas })) }];
}

function isMet(rule: Rule, policy: CompiledPolicy, facts: UserFacts): boolean {
  const compiled = policy.rules.find((compiledRule) => compiledRule.rule === rule);
  return compiled?.conditions.every(({ test }) => test(facts) === 'hit') ?? false;
}

function absenceOf(attribute: string): Conditions {
  return attribute === userTypeName
    ? { expression: lacksUserType }
    : { attributes: { [attribute]: { present: false } } };
}

const lacksUserType: CompiledExpression = {
  written: '!has(user.userType)',
  aboutUser: true,
  varies: false,
  evaluate: ({ subject }) => (subject?.userType === undefined ? 'hit' : 'miss'),
  logic: { not: { userType: 'any' } },
};

/** What else must hold, for each set of conditions in which the attribute is compared. */
function withoutAttribute(parts: readonly RulePart[], attribute: string): readonly (readonly Formula[])[] {
  const isAbout = (part: RulePart) => nameOf(part) === attribute;
  // What an alternative compares may be guarded by `has` outside of it.
  const isGuard = (part: RulePart) => isAbout(part) && part.isPresence && !part.isNegative;
  const others = parts.filter((part) => !mayCompare(part, attribute));
  const own = parts.some(isAbout) ? [others.map(({ formula }) => formula)] : [];
  const within = parts.flatMap((part) => {
    const besides = parts.filter((other) => other !== part && !isGuard(other)).map(({ formula }) => formula);
    const ofAlternatives = (part.alternatives ?? []).flatMap((set) => withoutAttribute(set, attribute));
    return ofAlternatives.map((rest) => [...besides, ...rest]);
  });
  return [...own, ...within];
}
