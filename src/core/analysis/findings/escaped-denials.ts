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
import { type Formula, negated, type Universe, type UserFacts } from '../../policy/theories/theory.ts';
import { type FoundByRule, findByRule, findModelWithin } from '../space/find-model.ts';
import { modelOf } from '../space/ordinary-facts.ts';
import { type OtherValue, otherValueOf } from '../space/other-value.ts';
import type { Budget } from '../space/propagate.ts';
import { type RuleSpace, ruleSpace } from '../space/rule-space.ts';
import { type AttributeDenial, admitting, type SignInPolicies } from './fail-open.ts';

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
    .flatMap((rule) => attributesOf(rule).map((attribute): AttributeDenial => ({ rule, attribute, rules })))
    .filter(({ attribute }) => universe.attribute(attribute)?.write === 'user');
  const askedOf = askingOf(denials, [policy, ...(beside ? [beside] : [])], universe);
  const { found, undecided, opaque } = findByRule(denials, (denial) =>
    escapes(denial, { policy, beside }, askedOf(denial)),
  );
  return { found, undecided: rulesOf(undecided), opaque: rulesOf(opaque) };
}

/** What the questions about an attribute are asked with. */
interface AskedOf {
  readonly space: RuleSpace;
  readonly other: OtherValue;
  /** What the user has before and after. */
  readonly changes: readonly Change[];
  /** For all questions about the policy. */
  readonly budget: Budget;
  /** For examples that surprise no reader. Others will do once it is spent. */
  readonly forExamples: Budget;
}

function askingOf(
  denials: readonly AttributeDenial[],
  policies: readonly CompiledPolicy[],
  universe: Universe,
): (denial: AttributeDenial) => AskedOf {
  const whens = policies.flatMap((all) => all.rules.map(({ rule }) => rule.when));
  const absence = (attribute: string): Conditions => ({ attributes: { [attribute]: { present: false } } });
  const attributes = [...new Set(denials.map(({ attribute }) => attribute))];
  const lacking = new Map(attributes.map((attribute) => [attribute, absence(attribute)]));
  const space = ruleSpace([...whens, ...lacking.values()], universe);
  const budgets = { budget: { steps: questionSteps }, forExamples: { steps: exampleSteps } };
  const made = new Map<string, AskedOf>();
  return ({ attribute }) => {
    const known = made.get(attribute);
    if (known) return known;
    const other = otherValueOf(attribute, whens, space);
    const changes = changesOf(space.applies(lacking.get(attribute) ?? absence(attribute)), other);
    const asked = { space, other, changes, ...budgets };
    made.set(attribute, asked);
    return asked;
  };
}

/** What must hold of the value that the user has, and of the one that the user writes instead. */
interface Change {
  readonly own: readonly Formula[];
  readonly others: readonly Formula[];
  /** The user has none. */
  readonly deniesAbsence?: true;
}

/**
 * First a user who lacks the attribute, and writes it. Then one who has some value: values are made up for a part of
 * which nothing is known only as far as it is said that there is one.
 */
function changesOf(absent: Formula, { withOther, isOpaque }: OtherValue): readonly Change[] {
  const present = negated(absent);
  const [withoutOther, withAnother] = [[withOther(absent)], [withOther(present)]];
  const writing: Change = { own: [absent], others: withAnother, deniesAbsence: true };
  if (!isOpaque) return [writing, { own: [], others: [] }];
  return [writing, { own: [present], others: withoutOther }, { own: [present], others: withAnother }];
}

/** Enough for a hundred rules that deny above as many that allow. */
const questionSteps = 3_000_000;
const exampleSteps = 500_000;

const profile = 'user.profile.';

/** Those that its conditions and expressions read. */
export function attributesOf({ when }: Pick<Rule, 'when'>): readonly string[] {
  const sets = conditionSets(when);
  const tested = withConditionsInside(sets).flatMap(({ attributes = {} }) => Object.keys(attributes));
  const read = openReads(sets).flatMap((fact) => (fact.startsWith(profile) ? [fact.slice(profile.length)] : []));
  return [...new Set([...tested, ...read])];
}

function rulesOf(denials: readonly AttributeDenial[]): readonly Rule[] {
  return [...new Set(denials.map(({ rule }) => rule))];
}

/** A rule whose expression fails denies, too (Law 4). */
function* escapes(
  { rule, attribute, rules }: AttributeDenial,
  { policy, beside }: SignInPolicies,
  { space, other, changes, budget, forExamples }: AskedOf,
): Generator<EscapedDenial | 'undecided' | 'opaque'> {
  const before = rules.slice(0, rules.indexOf(rule)).map(({ when }) => space.misses(when));
  const applies = { any: [space.applies(rule.when), space.fails(rule.when) ?? { any: [] }] };
  const below = rules.slice(rules.indexOf(rule) + 1).filter((each) => !attributesOf(each).includes(attribute));
  const allowing = new Set(below.filter(({ then }) => then.kind === 'allow'));
  if (allowing.size === 0) return;
  const denied = [...space.onceProved, ...space.always, applies, ...before];
  for (const { own, others, deniesAbsence } of changes) {
    // Where the evaluator does not confirm what is found for all of them, each is asked about by itself.
    for (const meant of [allowing, ...[...allowing].map((allowingRule) => new Set([allowingRule]))]) {
      const admitted = [...space.always, oneDecides(rules, meant, space), ...admitting(beside, space)];
      const asked = [...denied, ...own, ...others, ...admitted.map(other.withOther)];
      const found = findModelWithin(asked, budget, space.reader);
      if (found === 'undecided') yield found;
      if (typeof found !== 'object' && meant === allowing) break;
      if (typeof found !== 'object') continue;
      const ordinary = modelOf(asked, { reader: space.reader, budget: forExamples });
      const [from, to] = other.factsOf(typeof ordinary === 'object' ? ordinary : found.model);
      const { rule: decided, failed } = applyRules(policy, from);
      const { rule: instead } = applyRules(policy, to);
      const isAdmitted = beside === undefined || applyRules(beside, to).outcome === 'allow';
      if ((decided ?? failed) === rule && isAdmitted && instead && allowing.has(instead))
        yield { rule, attribute, instead, facts: to, ...(deniesAbsence && { deniesAbsence }) };
      else if (other.isOpaque) yield 'opaque';
    }
  }
}

/** What must hold for one of the rules that are meant to decide. As long as the policy, not as its square. */
function oneDecides(rules: readonly Rule[], meant: ReadonlySet<Rule>, space: RuleSpace): Formula {
  return rules.reduceRight<Formula>(
    (below, rule) => {
      const later: Formula = { all: [space.misses(rule.when), below] };
      return meant.has(rule) ? { any: [space.applies(rule.when), later] } : later;
    },
    { any: [] },
  );
}
