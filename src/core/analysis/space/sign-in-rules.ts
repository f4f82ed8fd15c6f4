/** How the rules of an app's policies let users in together, among the sign-ins that some conditions describe. */
import type { Conditions } from '../../model/conditions.ts';
import type { EnrollmentRule } from '../../model/enrollment-policy.ts';
import type { Rule } from '../../model/policy.ts';
import { beforeSignIn, type PolicySet } from '../../policy/rules/compile.ts';
import { compileConditions } from '../../policy/rules/condition-table.ts';
import type { Formula, UserFacts } from '../../policy/theories/theory.ts';
import { type Consequences, consequencesOf, consequencesWith, findModel, isSpent, mayHold } from './find-model.ts';
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
  /** What holds for all facts about which they do. */
  formulas(): readonly Formula[];
  /** Facts about which they do. Undefined: none are known. Takes a search. */
  findFacts(): UserFacts | undefined;
}

/** A rule of the sign-on policy that may decide in the scope. */
export interface DecidingInScope {
  readonly app: Deciding<Rule>;
  /** What follows from that. `undecided`: the steps of the search did not suffice. */
  readonly follows: Consequences | 'undecided';
}

/** The rules of the sign-on policy that allow, and may decide in the scope. */
export function appRulesIn(scope: SignInScope): readonly DecidingInScope[] {
  const { policies, space, budget } = scope;
  const rules = policies.app === undefined ? [] : deciding(policies.app, space);
  const misses = rules.map(({ rule }) => space.misses(rule.when));
  const inside = [...space.always, ...inScope(scope)];
  return rules.flatMap((rule, at): readonly DecidingInScope[] => {
    const { when, then } = rule.rule;
    if (then.kind !== 'allow') return [];
    // What comes last is examined first: where the rule applies, little is left to find out about the rules above.
    const formulas = () => [...misses.slice(0, at), ...inside, space.applies(when)];
    const follows = isSpent(budget) ? 'undecided' : consequencesOf(formulas(), budget, space.reader);
    return isPossible(follows, budget) ? [{ app: rule, follows }] : [];
  });
}

/** Whether all of it may hold. If the budget does not suffice, the answer is true. */
function isPossible(
  follows: Consequences | 'impossible' | 'undecided',
  budget: Budget,
): follows is Consequences | 'undecided' {
  return follows === 'undecided' || (follows !== 'impossible' && mayHold(follows, [], budget));
}

/** Whether the formulas may hold together. If the budget does not suffice, the answer is true. */
export function mayHoldTogether(
  formulas: readonly Formula[],
  { space, budget }: Pick<SignInScope, 'space' | 'budget'>,
): boolean {
  return isSpent(budget) || findModel(formulas, budget, space.reader) !== 'impossible';
}

/** What is true of these sign-ins. */
export function inScope({ space, when, besides }: SignInScope): readonly Formula[] {
  return [...besides, space.applies(when)];
}

/**
 * The rules that decide together with one of the sign-on policy. The last rules of the other policies come first: they
 * are the plainest.
 */
export function* decidingWith({ app, follows }: DecidingInScope, scope: SignInScope): Generator<DecidingRules> {
  const { policies, space, budget } = scope;
  const enrollments = policies.enrollment ? deciding(beforeSignIn(policies.enrollment), space) : [undefined];
  for (const session of allowing(policies.session, space).toReversed()) {
    const both = follows === 'undecided' ? follows : consequencesWith(follows, session.formulas, budget);
    if (!isPossible(both, budget)) continue;
    for (const enrollment of enrollments.toReversed()) {
      const more = enrollment?.formulas ?? [];
      if (both !== 'undecided' && !mayHold(both, more, budget)) continue;
      const rules = { session: session.rule, app: app.rule, ...(enrollment && { enrollment: enrollment.rule }) };
      const formulas = () => [...inScope(scope), ...app.formulas, ...session.formulas, ...more];
      const findFacts = () => shown(formulas(), scope, (facts) => decideTogether(policies, rules, facts));
      yield { ...rules, formulas, findFacts };
    }
  }
}

/** Facts in the formulas for which the evaluator confirms something, and that the conditions describe. */
export function shown(
  formulas: readonly Formula[],
  { space: { reader, factsOf }, budget, when }: SignInScope,
  isFound: (facts: UserFacts) => boolean,
): UserFacts | undefined {
  const isConfirmed = (candidate: UserFacts) => isFound(candidate) && applies(when, candidate);
  const ordinary = ordinaryFacts(formulas, { reader, factsOf, budget });
  if (ordinary && isConfirmed(ordinary)) return ordinary;
  const found = isSpent(budget) ? 'undecided' : findModel(formulas, budget, reader);
  const facts = typeof found === 'object' ? factsOf(found.model) : undefined;
  return facts && isConfirmed(facts) ? facts : undefined;
}

function applies(when: Conditions, facts: UserFacts): boolean {
  return compileConditions(when).every(({ test }) => test(facts) === 'hit');
}
