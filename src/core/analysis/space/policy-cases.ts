/**
 * How the policies of an app can decide together: every combination of rules of session policy, sign-on policy and
 * enrollment policy that lets a user go on, with facts for which the evaluator says so.
 */
import type { EnrollmentRule } from '../../model/enrollment-policy.ts';
import type { Rule, RuleHead } from '../../model/policy.ts';
import { beforeSignIn, type CompiledPolicy, type PolicySet } from '../../policy/rules/compile.ts';
import { findRule } from '../../policy/rules/rules.ts';
import type { Formula, UserFacts } from '../../policy/theories/theory.ts';
import { decidingFormulas } from './deciding-formulas.ts';
import { type Budget, findModelWithin } from './find-model.ts';
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

/** Rules that may decide together, although the evaluator was not seen to find them in any facts. */
export type UnshownCase = Omit<PolicyCase, 'facts'>;

/** Rules for which it is undecided whether they ever decide together. */
export type OpenCase = Omit<PolicyCase, 'facts' | 'formulas' | 'enrollment'>;

export interface PolicyCases {
  readonly cases: readonly PolicyCase[];
  /** Some combination could not be decided, so that what is not among the cases may still happen. */
  readonly isPartial: boolean;
  /** The combinations that could not be decided. */
  readonly unshown: readonly UnshownCase[];
  /** Combinations for which the steps of the search did not suffice. */
  readonly open: readonly OpenCase[];
}

/** The budget for all combinations of an app: enough for tens of thousands of them. */
const budgetSteps = 10_000_000;

/** Only rules that allow. */
export function policyCases(
  policies: PolicySet,
  space: RuleSpace,
  budget: Budget = { steps: budgetSteps },
): PolicyCases {
  const { session, app, enrollment } = policies;
  const thirds = enrollment ? deciding(beforeSignIn(enrollment), space) : [undefined];
  const found = allowing(session, space).flatMap((one) =>
    (app ? allowing(app, space) : []).map((other) => casesOfPair({ one, other, thirds }, { policies, space, budget })),
  );
  return {
    cases: found.flatMap(({ cases }) => cases),
    isPartial: found.some(({ isPartial }) => isPartial),
    unshown: found.flatMap(({ unshown }) => unshown),
    open: found.flatMap(({ open }) => open),
  };
}

interface Pair {
  readonly one: Deciding<Rule>;
  readonly other: Deciding<Rule>;
  readonly thirds: readonly (Deciding<EnrollmentRule> | undefined)[];
}

interface Searched {
  readonly policies: PolicySet;
  readonly space: RuleSpace;
  readonly budget: Budget;
}

function casesOfPair({ one, other, thirds }: Pair, { policies, space, budget }: Searched): PolicyCases {
  const pair = { session: one.rule, app: other.rule };
  const both = [...space.onceProved, ...one.formulas, ...other.formulas];
  if (findModelWithin(both, budget) === 'impossible') return { cases: [], isPartial: false, unshown: [], open: [] };
  const cases: PolicyCase[] = [];
  const unshown: UnshownCase[] = [];
  let hasRunOut = false;
  for (const third of thirds) {
    const formulas = [...both, ...(third?.formulas ?? [])];
    const found = findModelWithin(formulas, budget);
    if (found === 'impossible') continue;
    const facts = found === 'undecided' ? undefined : space.factsOf(found.model);
    const rules = { ...pair, ...(third && { enrollment: third.rule }) };
    if (facts && decideTogether(policies, rules, facts)) cases.push({ ...rules, facts, formulas });
    else unshown.push({ ...rules, formulas });
    hasRunOut ||= found === 'undecided';
  }
  return { cases, isPartial: unshown.length > 0, unshown, open: hasRunOut ? [pair] : [] };
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
