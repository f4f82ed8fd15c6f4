/**
 * Finds rules of the enrollment and the password policy under which users come, or from which they get away, by an
 * attribute that they write themselves, and ask for less so. Shown by facts for which the evaluator says so.
 */
import type { Conditions } from '../../model/conditions.ts';
import type { RuleHead } from '../../model/policy.ts';
import type { CompiledPolicy } from '../../policy/rules/compile.ts';
import { findRule } from '../../policy/rules/rules.ts';
import type { Universe } from '../../policy/theories/theory.ts';
import { oneDecidesFrom } from '../space/deciding-formulas.ts';
import { type FoundByRule, findByRule, findModelWithin } from '../space/find-model.ts';
import { cachedFormula } from '../space/once-for.ts';
import { type OtherValue, otherValueOf } from '../space/other-value.ts';
import type { Budget } from '../space/propagate.ts';
import { type RuleSpace, ruleSpace } from '../space/rule-space.ts';
import { attributesOf } from './escaped-denials.ts';
import type { IsLessStrict } from './less-strict-terms.ts';

/** A rule that reads an attribute which users write, and the other rule of the same users. */
export interface WrittenChoice {
  readonly rule: RuleHead;
  readonly attribute: string;
  /** With the value that a user writes, the other rule decides instead, and is less strict. Absent: the rule does. */
  readonly isEscaped?: true;
  readonly other: RuleHead;
}

/** A policy whose rules say what is asked of users, and neither allow nor deny. */
interface AskingRule extends RuleHead {
  readonly then: unknown;
}

interface Question<Of> {
  readonly rule: Of;
  readonly attribute: string;
}

/** One finding for each attribute of each rule. */
export function writtenChoices<Of extends AskingRule>(
  policy: CompiledPolicy<Of>,
  universe: Universe,
  isLessStrict: IsLessStrict<Of['then']>,
): FoundByRule<WrittenChoice, RuleHead> {
  const rules = policy.rules.map(({ rule }) => rule);
  const questions = rules
    .flatMap((rule) => attributesOf(rule).map((attribute): Question<Of> => ({ rule, attribute })))
    .filter(({ attribute }) => universe.attribute(attribute)?.write === 'user');
  if (questions.length === 0) return { found: [], undecided: [], opaque: [] };
  const whens = rules.map(({ when }) => when);
  const space = ruleSpace(whens, universe);
  const writtenOf = new Map(
    questions.map(({ attribute }) => [attribute, withWritten(otherValueOf(attribute, whens, space), space)]),
  );
  const asked = { policy, isLessStrict, space, writtenOf, budget: { steps: questionSteps } };
  const { found, undecided, opaque } = findByRule(questions, (question) => choices(question, asked));
  return { found, undecided: rulesOf(undecided), opaque: rulesOf(opaque) };
}

/** Enough for a hundred rules that read attributes of users. */
const questionSteps = 1_000_000;

/** What rules say of the user with the other value. The formulas of a rule are made once for all questions. */
interface Written extends Pick<RuleSpace, 'always' | 'applies' | 'misses'> {
  readonly other: OtherValue;
}

function withWritten(other: OtherValue, { always, applies, misses }: RuleSpace): Written {
  return {
    other,
    always: always.map(other.withOther),
    applies: cachedFormula((when: Conditions) => other.withOther(applies(when))),
    misses: cachedFormula((when: Conditions) => other.withOther(misses(when))),
  };
}

interface Asked<Of extends AskingRule> {
  readonly policy: CompiledPolicy<Of>;
  readonly isLessStrict: IsLessStrict<Of['then']>;
  readonly space: RuleSpace;
  /** By attribute. */
  readonly writtenOf: ReadonlyMap<string, Written>;
  /** For all questions about the policy. */
  readonly budget: Budget;
}

function* choices<Of extends AskingRule>(
  { rule, attribute }: Question<Of>,
  { policy, isLessStrict, space, writtenOf, budget }: Asked<Of>,
): Generator<WrittenChoice | 'undecided' | 'opaque'> {
  const rules = policy.rules.map((compiled) => compiled.rule);
  const written = writtenOf.get(attribute);
  if (written === undefined) return;
  for (const { isEscaped, from, to } of changesOf({ rule, attribute }, rules, isLessStrict)) {
    const before = [...space.onceProved, ...space.always, oneDecidesFrom(rules, from, space)(0)];
    const after = [...written.always, oneDecidesFrom(rules, to, written)(0)];
    const answer = findModelWithin([...before, ...after], budget, space.reader);
    if (answer === 'undecided') yield answer;
    if (typeof answer !== 'object') continue;
    const [left, entered] = written.other.factsOf(answer.model).map((facts) => findRule(policy, facts).rule);
    if (left && entered && from.has(left) && to.has(entered))
      yield { rule, attribute, ...(isEscaped ? { isEscaped, other: entered } : { other: left }) };
    else if (written.other.isOpaque) yield 'opaque';
  }
}

interface Change<Of> {
  readonly isEscaped?: true;
  /** The rules that may decide about the user, and those that may with another value. */
  readonly from: ReadonlySet<Of>;
  readonly to: ReadonlySet<Of>;
}

/** Of a rule that is left for one below it which reads the attribute, too, the first is told. */
function changesOf<Of extends AskingRule>(
  { rule, attribute }: Question<Of>,
  rules: readonly Of[],
  isLessStrict: IsLessStrict<Of['then']>,
): readonly Change<Of>[] {
  const milder = rules.filter((each) => isLessStrict(each.then, rule.then));
  const below = rules.slice(rules.indexOf(rule) + 1).filter((each) => !attributesOf(each).includes(attribute));
  const stricter = below.filter((each) => isLessStrict(rule.then, each.then));
  const changes: readonly Change<Of>[] = [
    { isEscaped: true, from: new Set([rule]), to: new Set(milder) },
    { from: new Set(stricter), to: new Set([rule]) },
  ];
  return changes.filter(({ from, to }) => from.size > 0 && to.size > 0);
}

function rulesOf(questions: readonly Question<RuleHead>[]): readonly RuleHead[] {
  return [...new Set(questions.map(({ rule }) => rule))];
}
