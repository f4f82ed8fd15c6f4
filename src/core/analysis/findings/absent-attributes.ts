/** What conditions say of users who lack an attribute: which denials rest on one, and what else these ask for. */
import type { AttributeTest, ConditionSet } from '../../model/conditions.ts';
import type { Rule } from '../../model/policy.ts';
import { conditionSets } from '../../policy/rules/condition-table.ts';
import { isRead } from '../../policy/rules/expression-parts.ts';
import type { Formula, Universe } from '../../policy/theories/theory.ts';
import { innermostParts, type RulePart, ruleSpace } from '../space/rule-space.ts';
import { type AttributeDenial, userTypeName } from './attribute-denials.ts';

/** Of rules that deny by an attribute. Skips an attribute whose absence some rule names. */
export function denialsByAttribute(rules: readonly Rule[], universe: Universe): readonly AttributeDenial[] {
  const denying = rules.filter(({ then }) => then.kind === 'deny');
  if (denying.length === 0) return [];
  const partsOf = expressionParts(rules, universe);
  const setsIn = (rule: Rule) => conditionSets(rule.when);
  const considered = new Set(
    rules.flatMap(setsIn).flatMap((set) => [...consideredBy(set), ...consideredIn(partsOf(set))]),
  );
  return denying.flatMap((rule) => {
    const names = new Set(setsIn(rule).flatMap((set) => [...restsOn(set), ...comparedIn(partsOf(set))]));
    return [...names]
      .filter((name) => !considered.has(name))
      .map((attribute): AttributeDenial => ({ rule, attribute, rules }));
  });
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

/** What else must hold, for each set of conditions in which the attribute is compared. */
export function withoutAttribute(parts: readonly RulePart[], attribute: string): readonly (readonly Formula[])[] {
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
