/**
 * Finds denials that users escape by an attribute that they write themselves: with another value the same user is under
 * a rule below, which allows. Shown by facts for which the evaluator says so.
 */
import type { Conditions } from '../../model/conditions.ts';
import type { Rule } from '../../model/policy.ts';
import type { CompiledPolicy } from '../../policy/rules/compile.ts';
import { conditionSets } from '../../policy/rules/condition-table.ts';
import { openReads, withConditionsInside } from '../../policy/rules/expression-parts.ts';
import { applyRules } from '../../policy/rules/rules.ts';
import type { Universe, UserFacts } from '../../policy/theories/theory.ts';
import { decidingFormulas } from '../space/deciding-formulas.ts';
import { type FoundByRule, findByRule } from '../space/find-model.ts';
import { modelOf } from '../space/ordinary-facts.ts';
import { otherValueOf } from '../space/other-value.ts';
import { ruleSpace } from '../space/rule-space.ts';
import { admitting } from './fail-open.ts';

/** A rule that denies, and an attribute by which a user whom it denies gets in. */
export interface EscapedDenial {
  readonly rule: Rule;
  readonly attribute: string;
  /** The rule that lets the user in. */
  readonly instead: Rule;
  /** The user with the value that lets the user in, or without any. */
  readonly facts: UserFacts;
  /** It denies a user who lacks the attribute. Absent: no such user escapes, only users with some value. */
  readonly deniesAbsence?: true;
}

/**
 * One finding for each attribute of each rule. A rule below that reads the attribute, too, is not taken for the one
 * that lets users in. `beside`: the other policy that decides about the same sign-ins, and must let the user in, too.
 */
export function escapedDenials(
  policy: CompiledPolicy,
  universe: Universe,
  beside?: CompiledPolicy,
): FoundByRule<EscapedDenial, Rule> {
  const rules = policy.rules.map(({ rule }) => rule);
  const denials = rules
    .filter(({ then }) => then.kind === 'deny')
    .flatMap((rule) => attributesOf(rule).map((attribute): WritableDenial => ({ rule, attribute, rules })))
    .filter(({ attribute }) => universe.attribute(attribute)?.write === 'user');
  const { found, undecided, opaque } = findByRule(denials, (denial) => escapes(denial, { policy, beside }, universe));
  return { found, undecided: rulesOf(undecided), opaque: rulesOf(opaque) };
}

interface WritableDenial {
  readonly rule: Rule;
  readonly attribute: string;
  readonly rules: readonly Rule[];
}

interface SignInPolicies {
  readonly policy: CompiledPolicy;
  readonly beside: CompiledPolicy | undefined;
}

const profile = 'user.profile.';

/** Those that its conditions and expressions read. */
function attributesOf({ when }: Rule): readonly string[] {
  const sets = conditionSets(when);
  const tested = withConditionsInside(sets).flatMap(({ attributes = {} }) => Object.keys(attributes));
  const read = openReads(sets).flatMap((fact) => (fact.startsWith(profile) ? [fact.slice(profile.length)] : []));
  return [...new Set([...tested, ...read])];
}

function rulesOf(denials: readonly WritableDenial[]): readonly Rule[] {
  return [...new Set(denials.map(({ rule }) => rule))];
}

/** First a user who lacks the attribute, then one with any value. A rule whose expression fails denies, too (Law 4). */
function* escapes(
  { rule, attribute, rules }: WritableDenial,
  { policy, beside }: SignInPolicies,
  universe: Universe,
): Generator<EscapedDenial | 'undecided' | 'opaque'> {
  const absent: Conditions = { attributes: { [attribute]: { present: false } } };
  const whens = [policy, ...(beside ? [beside] : [])].flatMap((all) => all.rules.map((compiled) => compiled.rule.when));
  const space = ruleSpace([...whens, absent], universe);
  const other = otherValueOf(attribute, whens, space);
  const before = rules.slice(0, rules.indexOf(rule)).map(({ when }) => space.misses(when));
  const applies = { any: [space.applies(rule.when), space.fails(rule.when) ?? { any: [] }] };
  const denied = [...space.onceProved, ...space.always, applies, ...before];
  const below = rules.slice(rules.indexOf(rule) + 1);
  const allowing = below
    .filter(({ then }) => then.kind === 'allow')
    .filter((each) => !attributesOf(each).includes(attribute));
  for (const deniesAbsence of [true, false]) {
    for (const instead of allowing) {
      const deciding = decidingFormulas(instead, rules.slice(0, rules.indexOf(instead)), space);
      const admitted = [...deciding, ...admitting(beside, space)].map(other.withOther);
      const formulas = [...denied, ...(deniesAbsence ? [space.applies(absent)] : []), ...admitted];
      const model = modelOf(formulas, space);
      if (model === 'undecided') yield model;
      if (typeof model !== 'object') continue;
      const [from, to] = other.factsOf(model);
      const { rule: decided, failed } = applyRules(policy, from);
      const isAdmitted = beside === undefined || applyRules(beside, to).outcome === 'allow';
      if ((decided ?? failed) === rule && isAdmitted && applyRules(policy, to).rule === instead)
        yield { rule, attribute, instead, facts: to, ...(deniesAbsence && { deniesAbsence }) };
      else if (other.isOpaque) yield 'opaque';
    }
  }
}
