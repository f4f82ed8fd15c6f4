/** How the rules of an app's policies let users in together, among the sign-ins that some conditions describe. */
import type { Conditions } from '../../model/conditions.ts';
import type { EnrollmentRule } from '../../model/enrollment-policy.ts';
import type { Rule } from '../../model/policy.ts';
import { beforeSignIn, type PolicySet } from '../../policy/rules/compile.ts';
import { compileConditions } from '../../policy/rules/condition-table.ts';
import type { Formula, UserFacts } from '../../policy/theories/theory.ts';
import { findModel } from './find-model.ts';
import { ordinaryFacts } from './ordinary-facts.ts';
import type { Budget } from './propagate.ts';
import { allowing, type Deciding, decideTogether, deciding } from './rule-combinations.ts';
import type { RuleSpace } from './rule-space.ts';

/** Sign-ins to one app that conditions describe. */
export interface SignInScope {
  readonly policies: PolicySet;
  /** Made of the rules and of the conditions. */
  readonly space: RuleSpace;
  readonly when: Conditions;
  /** What else is true of these sign-ins. */
  readonly besides: readonly Formula[];
  /** The budget for all questions about these sign-ins. */
  readonly budget: Budget;
}

/** One rule of each policy, all of which can decide about one sign-in. */
export interface DecidingRules {
  readonly session: Rule;
  readonly app: Rule;
  /** Absent: there is no enrollment policy. */
  readonly enrollment?: EnrollmentRule;
  /** They hold for all facts about which these rules decide. */
  readonly formulas: readonly Formula[];
  /** Facts about which they do. Undefined: none are known. Takes a search. */
  findFacts(): UserFacts | undefined;
}

/** The rules of the sign-on policy that allow, and may decide in the scope. */
export function appRulesIn(scope: SignInScope): readonly Deciding<Rule>[] {
  const { policies, space, budget } = scope;
  const rules = policies.app === undefined ? [] : allowing(policies.app, space);
  return rules
    .map(({ rule, formulas }) => ({ rule, formulas: [...inScope(scope), ...formulas] }))
    .filter(({ formulas }) => findModel(formulas, budget) !== 'impossible');
}

/** What is true of these sign-ins. */
export function inScope({ space, when, besides }: SignInScope): readonly Formula[] {
  return [...besides, space.applies(when)];
}

/**
 * The rules that decide together with one of the sign-on policy. The last rules of the other policies come first: they
 * are the plainest.
 */
export function* decidingWith(app: Deciding<Rule>, scope: SignInScope): Generator<DecidingRules> {
  const { policies, space, budget } = scope;
  const enrollments = policies.enrollment ? deciding(beforeSignIn(policies.enrollment), space) : [undefined];
  for (const session of allowing(policies.session, space).toReversed()) {
    const both = [...app.formulas, ...session.formulas];
    if (findModel(both, budget) === 'impossible') continue;
    for (const enrollment of enrollments.toReversed()) {
      const formulas = [...both, ...(enrollment?.formulas ?? [])];
      if (findModel(formulas, budget) === 'impossible') continue;
      const rules = { session: session.rule, app: app.rule, ...(enrollment && { enrollment: enrollment.rule }) };
      const findFacts = () => shown(formulas, scope, (facts) => decideTogether(policies, rules, facts));
      yield { ...rules, formulas, findFacts };
    }
  }
}

/** Facts in the formulas for which the evaluator confirms something, and that the conditions describe. */
export function shown(
  formulas: readonly Formula[],
  { space, budget, when }: SignInScope,
  isFound: (facts: UserFacts) => boolean,
): UserFacts | undefined {
  const isConfirmed = (candidate: UserFacts) => isFound(candidate) && applies(when, candidate);
  const ordinary = ordinaryFacts(formulas, space);
  if (ordinary && isConfirmed(ordinary)) return ordinary;
  const found = findModel(formulas, budget);
  const facts = typeof found === 'object' ? space.factsOf(found.model) : undefined;
  return facts && isConfirmed(facts) ? facts : undefined;
}

function applies(when: Conditions, facts: UserFacts): boolean {
  return compileConditions(when).every(({ test }) => test(facts) === 'hit');
}
