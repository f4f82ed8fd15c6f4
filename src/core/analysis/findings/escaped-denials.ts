/**
 * Finds denials that users escape by an attribute that they write themselves: with another value the same user is under
 * a rule below, which allows. Shown by facts for which the evaluator says so.
 */
import type { Rule } from '../../model/policy.ts';
import { conditionSets } from '../../policy/rules/condition-table.ts';
import { openReads, withConditionsInside } from '../../policy/rules/expression-parts.ts';
import { applyRules } from '../../policy/rules/rules.ts';
import { type Formula, negated, type Universe, type UserFacts } from '../../policy/theories/theory.ts';
import { oneDecidesFrom } from '../space/deciding-formulas.ts';
import { type FoundByRule, findByRule, findModelWithin } from '../space/find-model.ts';
import { modelOf } from '../space/ordinary-facts.ts';
import { type OtherValue, otherValueOf } from '../space/other-value.ts';
import type { ClassModel } from '../space/read-formulas.ts';
import {
  type AttributeDenial,
  type DenialBudgets,
  type DenialSpace,
  denialSpace,
  deniedBy,
  policyBudgets,
  type SignInPolicies,
} from './attribute-denials.ts';

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
 * that lets users in. The policy beside must let the user in, too.
 */
export function escapedDenials(
  policies: SignInPolicies,
  universe: Universe,
  budgets: DenialBudgets = policyBudgets(),
): FoundByRule<EscapedDenial, Rule> {
  const rules = policies.policy.rules.map(({ rule }) => rule);
  const denials = rules
    .filter(({ then }) => then.kind === 'deny')
    .flatMap((rule) => attributesOf(rule).map((attribute): AttributeDenial => ({ rule, attribute, rules })))
    .filter(({ attribute }) => universe.attribute(attribute)?.write === 'user');
  if (denials.length === 0) return { found: [], undecided: [], opaque: [] };
  const asked = denialSpace(denials, policies, universe);
  const asking = new Map<string, Asking>();
  const { found, undecided, opaque } = findByRule(denials, (denial) => {
    const { attribute } = denial;
    const known = asking.get(attribute) ?? askingOf(attribute, policies, { ...asked, ...budgets });
    asking.set(attribute, known);
    return escapes(denial, policies, known);
  });
  return { found, undecided: deniedBy(undecided), opaque: deniedBy(opaque) };
}

const profile = 'user.profile.';

/** Those that its conditions and expressions read. */
export function attributesOf({ when }: Pick<Rule, 'when'>): readonly string[] {
  const sets = conditionSets(when);
  const tested = withConditionsInside(sets).flatMap(({ attributes = {} }) => Object.keys(attributes));
  const read = openReads(sets).flatMap((fact) => (fact.startsWith(profile) ? [fact.slice(profile.length)] : []));
  return [...new Set([...tested, ...read])];
}

/** What the questions about an attribute are asked with. */
interface Asking extends DenialSpace, DenialBudgets {
  readonly other: OtherValue;
  /** What the user has before and after. */
  readonly changes: readonly Change[];
  /** The rules that allow, and do not read the attribute. */
  readonly allowing: ReadonlySet<Rule>;
  /** With the other value, one of these decides, if no rule before this position does. */
  readonly admitsFrom: (position: number) => Formula;
  /** With the other value, this rule does not decide. */
  readonly passes: (rule: Rule) => Formula;
  /** What always holds, of the other value. */
  readonly alwaysOther: readonly Formula[];
  /** With the other value, the policy beside lets the user in. */
  readonly besideOther: readonly Formula[];
}

function askingOf(attribute: string, { policy }: SignInPolicies, asked: DenialSpace & DenialBudgets): Asking {
  const { space, whens, lacks, besideAdmits } = asked;
  const other = otherValueOf(attribute, whens, space);
  const rules = policy.rules.map(({ rule }) => rule);
  const allowing = new Set(
    rules.filter((rule) => rule.then.kind === 'allow' && !attributesOf(rule).includes(attribute)),
  );
  const admitsFrom = oneDecidesFrom(rules, allowing, space);
  return {
    ...asked,
    other,
    changes: changesOf(lacks(attribute), other),
    allowing,
    admitsFrom: (position) => other.withOther(admitsFrom(position)),
    passes: ({ when }) => other.withOther(space.misses(when)),
    alwaysOther: space.always.map(other.withOther),
    besideOther: besideAdmits.map(other.withOther),
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

/** A rule whose expression fails denies, too (Law 4). */
function* escapes(
  { rule, attribute, rules }: AttributeDenial,
  { policy, beside }: SignInPolicies,
  { space, other, changes, allowing, admitsFrom, passes, alwaysOther, besideOther, questions, examples }: Asking,
): Generator<EscapedDenial | 'undecided' | 'opaque'> {
  const at = rules.indexOf(rule) + 1;
  const each = rules.slice(at).filter((below) => allowing.has(below));
  if (each.length === 0) return;
  const before = rules.slice(0, at - 1).map(({ when }) => space.misses(when));
  const applies = { any: [space.applies(rule.when), space.fails(rule.when) ?? { any: [] }] };
  const denied = [...space.onceProved, ...space.always, applies, ...before];
  const admitted = [...alwaysOther, ...rules.slice(0, at).map(passes)];
  const decides = (instead: Rule) => [
    ...rules.slice(at, rules.indexOf(instead)).map(passes),
    other.withOther(space.applies(instead.when)),
  ];
  /** Undefined: the evaluator does not say so. */
  const escapeIn = (model: ClassModel): EscapedDenial | undefined => {
    const [from, to] = other.factsOf(model);
    const { rule: decided, failed } = applyRules(policy, from);
    const { rule: instead } = applyRules(policy, to);
    const isAdmitted = beside === undefined || applyRules(beside, to).outcome === 'allow';
    const isShown = (decided ?? failed) === rule && isAdmitted && instead && allowing.has(instead);
    return isShown ? { rule, attribute, instead, facts: to } : undefined;
  };
  for (const { own, others, deniesAbsence } of changes) {
    const asked = [...denied, ...own, ...others, ...admitted];
    // Where the evaluator does not confirm what is found for all of them, each is asked about by itself.
    for (const meant of ['any', ...each] as const) {
      const formulas = [...asked, ...(meant === 'any' ? [admitsFrom(at)] : decides(meant)), ...besideOther];
      const found = findModelWithin(formulas, questions, space.reader);
      if (found === 'undecided') yield found;
      if (typeof found !== 'object' && meant === 'any') break;
      if (typeof found !== 'object') continue;
      const ordinary = modelOf(formulas, { reader: space.reader, budget: examples });
      const shown = [...(typeof ordinary === 'object' ? [ordinary] : []), found.model].map(escapeIn).find(Boolean);
      if (shown) yield { ...shown, ...(deniesAbsence && { deniesAbsence }) };
      else if (other.isOpaque) yield 'opaque';
    }
  }
}
