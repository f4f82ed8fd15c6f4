/**
 * Finds denials that rest on an attribute which a user may lack: without it the rule misses, and a rule below lets the
 * user in. Shown by facts for which the evaluator says so.
 */
import type { AttributeTest, ConditionSet } from '../../model/conditions.ts';
import type { Rule } from '../../model/policy.ts';
import type { CompiledPolicy } from '../../policy/rules/compile.ts';
import { conditionSets } from '../../policy/rules/condition-table.ts';
import { isRead } from '../../policy/rules/expression-parts.ts';
import { applyRules } from '../../policy/rules/rules.ts';
import type { Formula, Universe, UserFacts } from '../../policy/theories/theory.ts';
import { decidingFormulas, oneDecidesFrom } from '../space/deciding-formulas.ts';
import {
  askWithin,
  consequencesOf,
  type FoundByRule,
  findByRule,
  findModelWithin,
  mayHold,
} from '../space/find-model.ts';
import { onceFor } from '../space/once-for.ts';
import { ordinaryFacts } from '../space/ordinary-facts.ts';
import { innermostParts, type RulePart, ruleSpace } from '../space/rule-space.ts';
import {
  type AttributeDenial,
  type DenialBudgets,
  type DenialSpace,
  denialSpace,
  deniedBy,
  policyBudgets,
  type SignInPolicies,
  userTypeName,
} from './attribute-denials.ts';

/** A rule that denies, but not users who lack the attribute. */
export interface FailOpen {
  readonly rule: Rule;
  readonly attribute: string;
  /** The rule that lets these users in. */
  readonly instead: Rule;
  readonly facts: UserFacts;
}

/**
 * One finding for each attribute of each rule. Skips an attribute whose absence some rule names. The policy beside must
 * let the user in, too.
 */
export function failOpen(
  policies: SignInPolicies,
  universe: Universe,
  budgets: DenialBudgets = policyBudgets(),
): FoundByRule<FailOpen, Rule> {
  const { policy } = policies;
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
  if (denials.length === 0) return { found: [], undecided: [], opaque: [] };
  const asked = denialSpace(denials, policies, universe);
  const allowing = new Set(rules.filter(({ then }) => then.kind === 'allow'));
  const admitsFrom = oneDecidesFrom(rules, allowing, asked.space);
  const asking = { ...asked, ...budgets, admitsFrom, denies: seenToDeny(policy, asked, budgets) };
  const { found, undecided } = findByRule(denials, (denial) => admittedWithout(denial, policies, asking));
  return { found, undecided: deniedBy(undecided), opaque: [] };
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

/** What the questions about a denial are asked with. */
interface Asking extends DenialSpace, DenialBudgets {
  /** The policy lets the user in, if no rule before this position decides. */
  readonly admitsFrom: (position: number) => Formula;
  /** Whether the rule is seen to deny some user. */
  readonly denies: (rule: Rule) => boolean;
}

/**
 * All conditions of the rule hold except for the absent attribute, and a later rule allows. A user whom an earlier
 * rule lets in does not need to lack the attribute.
 */
function* admittedWithout(
  { rule, attribute, rules }: AttributeDenial,
  { policy, beside }: SignInPolicies,
  { space, lacks, besideAdmits, questions, examples, admitsFrom, denies }: Asking,
): Generator<FailOpen | 'undecided'> {
  const at = rules.indexOf(rule) + 1;
  const below = rules.slice(at);
  const allowing = below.filter(({ then }) => then.kind === 'allow');
  if (allowing.length === 0 || !denies(rule)) return;
  const missed = rules.slice(0, at).map(({ when }) => space.misses(when));
  for (const rest of withoutAttribute(space.takenApart(rule.when), attribute)) {
    const lacking = [...space.onceProved, ...space.always, ...rest, lacks(attribute), ...besideAdmits, ...missed];
    const follows = askWithin(questions, (own) => consequencesOf(lacking, own, space.reader));
    if (follows === 'undecided') yield follows;
    if (typeof follows !== 'object') continue;
    const may = (...formulas: readonly Formula[]) => askWithin(questions, (own) => mayHold(follows, formulas, own));
    if (!may(admitsFrom(at))) continue;
    for (const instead of allowing) {
      const applies = space.applies(instead.when);
      // Most rules exclude users without the attribute, which is seen without those between.
      if (!may(applies)) continue;
      const between = below.slice(0, below.indexOf(instead)).map(({ when }) => space.misses(when));
      const formulas = [...lacking, ...between, applies];
      const found = may(...between, applies) ? findModelWithin(formulas, questions, space.reader) : 'impossible';
      if (found === 'undecided') yield found;
      if (typeof found !== 'object') continue;
      const { factsOf, reader } = space;
      const facts = ordinaryFacts(formulas, { factsOf, reader, budget: examples }) ?? factsOf(found.model);
      const isAdmitted = beside === undefined || applyRules(beside, facts).outcome === 'allow';
      if (isAdmitted && applyRules(policy, facts).rule === instead) yield { rule, attribute, instead, facts };
    }
  }
}

/** A rule that never applies denies no user, and is a finding of its own; so is one that is not seen to apply. */
function seenToDeny(policy: CompiledPolicy, { space }: DenialSpace, { questions }: DenialBudgets) {
  return onceFor((rule: Rule): boolean => {
    const denied = findModelWithin(decidingFormulas(rule, [], space), questions, space.reader);
    if (denied === 'impossible') return false;
    const parts = space.takenApart(rule.when).flatMap(innermostParts);
    const isOpaque = parts.some(({ reads }) => reads !== undefined);
    return !isOpaque || (denied !== 'undecided' && isMet(rule, policy, space.factsOf(denied.model)));
  });
}

function isMet(rule: Rule, policy: CompiledPolicy, facts: UserFacts): boolean {
  const compiled = policy.rules.find((compiledRule) => compiledRule.rule === rule);
  return compiled?.conditions.every(({ test }) => test(facts) === 'hit') ?? false;
}

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
