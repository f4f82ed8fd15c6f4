/** What searches for users whom a denial misses have in common: it rests on an attribute, and a rule below allows. */
import type { CompiledExpression, Conditions } from '../../model/conditions.ts';
import type { Rule } from '../../model/policy.ts';
import type { CompiledPolicy } from '../../policy/rules/compile.ts';
import type { Formula, Universe } from '../../policy/theories/theory.ts';
import { oneDecidesFrom } from '../space/deciding-formulas.ts';
import { shareOf } from '../space/find-model.ts';
import type { Budget } from '../space/propagate.ts';
import { type RuleSpace, ruleSpace } from '../space/rule-space.ts';

/** A rule that denies, an attribute that it reads, and all rules of its policy. */
export interface AttributeDenial {
  readonly rule: Rule;
  readonly attribute: string;
  readonly rules: readonly Rule[];
}

/** A policy, and the other one that decides about the same sign-ins. Absent: there is none. */
export interface SignInPolicies {
  readonly policy: CompiledPolicy;
  readonly beside?: CompiledPolicy;
}

/** The steps of a search for users whom denials of a policy miss. It takes from them. */
export interface DenialBudgets {
  readonly questions: Budget;
  /** For examples that surprise no reader. Others will do once it is spent. */
  readonly examples: Budget;
}

/** Enough for three hundred rules that deny above as many that allow. */
const questionSteps = 3_000_000;
const exampleSteps = 500_000;

/** For several policies of a check: each takes a part. Enough for three that take all that one may. */
export function checkBudgets(): DenialBudgets {
  return { questions: { steps: 3 * questionSteps }, examples: { steps: 3 * exampleSteps } };
}

/** For one policy. `whole`: of the check. */
export function policyBudgets({ questions, examples }: DenialBudgets = checkBudgets()): DenialBudgets {
  return { questions: shareOf(questions, questionSteps), examples: shareOf(examples, exampleSteps) };
}

/** The rules, each once. */
export function deniedBy(denials: readonly AttributeDenial[]): readonly Rule[] {
  return [...new Set(denials.map(({ rule }) => rule))];
}

/** What questions about the denials of a policy are asked with. */
export interface DenialSpace {
  readonly space: RuleSpace;
  /** The conditions of all rules. */
  readonly whens: readonly Conditions[];
  /** The user lacks the attribute. */
  readonly lacks: (attribute: string) => Formula;
  /** The policy beside lets the user in. */
  readonly besideAdmits: readonly Formula[];
}

/** One space for all denials of the policy. */
export function denialSpace(
  denials: readonly AttributeDenial[],
  { policy, beside }: SignInPolicies,
  universe: Universe,
): DenialSpace {
  const whens = [...policy.rules, ...(beside?.rules ?? [])].map(({ rule }) => rule.when);
  const absences = new Map(denials.map(({ attribute }) => [attribute, absenceOf(attribute)]));
  const space = ruleSpace([...whens, ...absences.values()], universe);
  const lacks = (attribute: string) => space.applies(absences.get(attribute) ?? absenceOf(attribute));
  return { space, whens, lacks, besideAdmits: admitting(beside, space) };
}

/** Nothing, if no rule of the policy denies, or fails (Law 4). */
function admitting(policy: CompiledPolicy | undefined, space: RuleSpace): readonly Formula[] {
  const rules = policy?.rules.map(({ rule }) => rule) ?? [];
  const allowing = new Set(rules.filter(({ then }) => then.kind === 'allow'));
  const mayDeny = rules.some((rule) => !allowing.has(rule) || space.fails(rule.when) !== undefined);
  return mayDeny ? [oneDecidesFrom(rules, allowing, space)(0)] : [];
}

/** The user type is no attribute, but a user may lack it, too. */
export const userTypeName = 'userType';

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
