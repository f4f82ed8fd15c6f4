/**
 * Finds denials that rest on an attribute which a user may lack: without it the rule misses, and a rule below lets the
 * user in. Shown by facts for which the evaluator says so.
 */
import type { AttributeTest, ConditionSet, Conditions } from '../../model/conditions.ts';
import type { Rule } from '../../model/policy.ts';
import type { CompiledPolicy } from '../../policy/rules/compile.ts';
import { conditionSets } from '../../policy/rules/condition-table.ts';
import { applyRules } from '../../policy/rules/rules.ts';
import { namesIn } from '../../policy/theories/membership-theory.ts';
import type { Universe, UserFacts } from '../../policy/theories/theory.ts';
import { decidingFormulas } from '../space/deciding-formulas.ts';
import { type FoundByRule, findByRule, findModel, newBudget } from '../space/find-model.ts';
import { ordinaryFacts } from '../space/ordinary-facts.ts';
import { ruleSpace } from '../space/rule-space.ts';

/** A rule that denies, but not users who lack the attribute. */
export interface FailOpen {
  readonly rule: Rule;
  readonly attribute: string;
  /** The rule that lets these users in. */
  readonly instead: Rule;
  readonly facts: UserFacts;
}

/** One finding for each attribute of each rule. Skips an attribute whose absence some rule names. */
export function failOpen(policy: CompiledPolicy, universe: Universe): FoundByRule<FailOpen, Rule> {
  const rules = policy.rules.map(({ rule }) => rule);
  const considered = new Set(rules.flatMap(({ when }) => conditionSets(when).flatMap(consideredBy)));
  const denying = rules.filter(({ then }) => then.kind === 'deny');
  const denials = denying.flatMap((rule) => {
    const names = new Set(conditionSets(rule.when).flatMap(restsOn));
    return [...names]
      .filter((name) => !considered.has(name))
      .map((attribute): MissedDenial => ({ rule, attribute, rules }));
  });
  const { found, undecided } = findByRule(denials, (denial) => admittedWithout(denial, policy, universe));
  return { found, undecided: [...new Set(undecided.map(({ rule }) => rule))] };
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

interface MissedDenial {
  readonly rule: Rule;
  readonly attribute: string;
  readonly rules: readonly Rule[];
}

/**
 * All conditions of the rule hold except for the absent attribute, and a later rule allows. A user whom an earlier
 * rule lets in does not need to lack the attribute.
 */
function* admittedWithout(
  { rule, attribute, rules }: MissedDenial,
  policy: CompiledPolicy,
  universe: Universe,
): Generator<FailOpen | 'undecided'> {
  const absent = absenceOf(attribute, rules);
  const rests = withoutAttribute(rule.when, attribute);
  const space = ruleSpace([...rules.map(({ when }) => when), absent], universe);
  // A rule that never applies denies no user, and is a finding of its own.
  if (findModel(decidingFormulas(rule, [], space), newBudget()) === 'impossible') return;
  const below = rules.slice(rules.indexOf(rule) + 1).filter(({ then }) => then.kind === 'allow');
  for (const rest of rests) {
    for (const instead of below) {
      const formulas = [
        ...space.onceProved,
        space.applies(rest),
        space.applies(absent),
        ...decidingFormulas(instead, rules.slice(0, rules.indexOf(instead)), space),
      ];
      const found = findModel(formulas, newBudget());
      if (found === 'undecided') yield found;
      if (typeof found !== 'object') continue;
      const facts = ordinaryFacts(formulas, space) ?? space.factsOf(found.model);
      if (applyRules(policy, facts).rule === instead) yield { rule, attribute, instead, facts };
    }
  }
}

/** The condition for a user type: none of those that rules name. */
function absenceOf(attribute: string, rules: readonly Rule[]): Conditions {
  if (attribute !== userTypeName) return { attributes: { [attribute]: { present: false } } };
  const types = rules.flatMap(({ when }) => conditionSets(when)).flatMap(({ userType = {} }) => namesIn(userType));
  return { userType: { none: [...new Set(types)] } };
}

/** The conditions with the test left out, for each set in which it stands. */
function withoutAttribute({ any, ...when }: Conditions, attribute: string): readonly Conditions[] {
  const own = has(when, attribute) ? [{ ...without(when, attribute), ...(any && { any }) }] : [];
  const alternatives = (any ?? []).filter((set) => has(set, attribute));
  return [...own, ...alternatives.map((alternative) => ({ ...when, any: [without(alternative, attribute)] }))];
}

function has(set: ConditionSet, attribute: string): boolean {
  return restsOn(set).includes(attribute);
}

function without({ attributes = {}, ...written }: ConditionSet, attribute: string): ConditionSet {
  const { userType: _type, ...others } = written;
  const set = attribute === userTypeName ? others : written;
  const { [attribute]: _, ...tests } = attributes;
  return { ...set, ...(Object.keys(tests).length > 0 && { attributes: tests }) };
}
