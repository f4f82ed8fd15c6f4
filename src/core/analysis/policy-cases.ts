/**
 * How the policies of an app can decide together: every combination of rules of session policy, sign-on policy and
 * enrollment policy that lets a user go on, with facts for which the evaluator says so.
 */
import type { EnrollmentRule } from '../model/enrollment-policy.ts';
import type { Rule, RuleHead } from '../model/policy.ts';
import { beforeSignIn, type CompiledPolicy, type PolicySet } from '../policy/compile.ts';
import { findRule } from '../policy/rules.ts';
import type { Formula, UserFacts } from '../policy/theory.ts';
import { decidingFormulas } from './dead-rules.ts';
import { findModel, newBudget } from './find-model.ts';
import { ordinaryFacts } from './ordinary-facts.ts';
import type { RuleSpace } from './rule-space.ts';

/** Rules that decide together. */
export interface PolicyCase {
  readonly session: Rule;
  readonly app: Rule;
  /** Absent: there is no enrollment policy. */
  readonly enrollment?: EnrollmentRule;
  readonly facts: UserFacts;
  /** What must hold for it. */
  readonly formulas: readonly Formula[];
}

export interface PolicyCases {
  readonly cases: readonly PolicyCase[];
  /** Some combination could not be decided, so that what is not among the cases may still happen. */
  readonly isPartial: boolean;
}

/** Only rules that allow. */
export function policyCases(policies: PolicySet, space: RuleSpace): PolicyCases {
  const { session, app, enrollment } = policies;
  const cases: PolicyCase[] = [];
  let isPartial = false;
  for (const one of allowing(session, space)) {
    for (const other of app ? allowing(app, space) : []) {
      const both = [...space.onceProved, ...one.formulas, ...other.formulas];
      if (findModel(both, newBudget()) === 'impossible') continue;
      for (const third of enrollment ? deciding(beforeSignIn(enrollment), space) : [undefined]) {
        const formulas = [...both, ...(third?.formulas ?? [])];
        const found = findModel(formulas, newBudget());
        if (found === 'impossible') continue;
        const facts = found === 'undecided' ? undefined : space.factsOf(found.model);
        const rules = { session: one.rule, app: other.rule, ...(third && { enrollment: third.rule }) };
        if (facts && decideTogether(policies, rules, facts)) cases.push({ ...rules, facts, formulas });
        else isPartial = true;
      }
    }
  }
  return { cases, isPartial };
}

/** Facts for the case in which the user is in one group at most. Undefined: it takes several. */
export function ordinaryCase({ formulas }: PolicyCase, space: RuleSpace): UserFacts | undefined {
  return ordinaryFacts(formulas, space);
}

/** The evaluator finds these rules in these facts. */
export function decideTogether(
  { session, app, enrollment }: PolicySet,
  rules: Pick<PolicyCase, 'session' | 'app' | 'enrollment'>,
  facts: UserFacts,
): boolean {
  return (
    findRule(session, facts).rule === rules.session &&
    app !== undefined &&
    findRule(app, facts).rule === rules.app &&
    (enrollment === undefined || findRule(beforeSignIn(enrollment), facts).rule === rules.enrollment)
  );
}

/** A rule, and what must hold for it to decide. */
export interface Deciding<Of extends RuleHead> {
  readonly rule: Of;
  readonly formulas: readonly Formula[];
}

/** Every rule of the policy. */
export function deciding<Of extends RuleHead>(policy: CompiledPolicy<Of>, space: RuleSpace): readonly Deciding<Of>[] {
  const rules = policy.rules.map(({ rule }) => rule);
  return rules.map((rule, at) => ({ rule, formulas: decidingFormulas(rule, rules.slice(0, at), space) }));
}

/** The rules that allow, and what must hold for each to decide. */
export function allowing(policy: CompiledPolicy, space: RuleSpace): readonly Deciding<Rule>[] {
  return deciding(policy, space).filter(({ rule }) => rule.then.kind === 'allow');
}
