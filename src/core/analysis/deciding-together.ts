/** Which rules decide about the same sign-in before a change and after it, and facts for which they do. */
import type { EnrollmentRule } from '../model/enrollment-policy.ts';
import type { Rule } from '../model/policy.ts';
import { beforeSignIn, type PolicySet } from '../policy/compile.ts';
import { findRule } from '../policy/rules.ts';
import type { Formula, UserFacts } from '../policy/theory.ts';
import { findModel, newBudget } from './find-model.ts';
import { ordinaryFacts } from './ordinary-facts.ts';
import { pairings, type RulePairing } from './rule-pairings.ts';
import type { RuleSpace } from './rule-space.ts';

/** The policies of an app, before and after. */
export interface Sides {
  readonly live: PolicySet;
  readonly next: PolicySet;
  /** Scopes that the configuration knows. Absent: none. */
  readonly scopes?: readonly string[];
}

/** The rules that decide on one side. Absent: none does, which denies; or there is no enrollment policy. */
export interface Deciders {
  readonly session?: Rule;
  readonly app?: Rule;
  readonly enrollment?: EnrollmentRule;
}

/** Rules that may decide together, on both sides. */
export interface Pairing {
  readonly before: Deciders;
  readonly now: Deciders;
  readonly formulas: readonly Formula[];
}

/** Rules now that allow, with those before. */
export function decidingTogether({ live, next }: Sides, space: RuleSpace): readonly Pairing[] {
  const allows = ({ now }: RulePairing<Rule>) => now?.then.kind === 'allow';
  const sessions = pairings(live.session, next.session, space).filter(allows);
  const apps = pairings(live.app, next.app, space).filter(allows);
  const before = (policy: PolicySet['enrollment']) => policy && beforeSignIn(policy);
  const enrollments = pairings(before(live.enrollment), before(next.enrollment), space);
  return apps.flatMap((app) =>
    sessions.flatMap((session) =>
      // Of the enrollment policy the last rules come first: they are the plainest.
      enrollments.toReversed().map((enrollment) => ({
        before: decidersOf(session.before, app.before, enrollment.before),
        now: decidersOf(session.now, app.now, enrollment.now),
        formulas: [...space.onceProved, ...session.formulas, ...app.formulas, ...enrollment.formulas],
      })),
    ),
  );
}

function decidersOf(
  session: Rule | undefined,
  app: Rule | undefined,
  enrollment: EnrollmentRule | undefined,
): Deciders {
  return { ...(session && { session }), ...(app && { app }), ...(enrollment && { enrollment }) };
}

/** With the space of the rules of both. */
export interface SidesInSpace extends Sides {
  readonly space: RuleSpace;
}

/** Why there are no facts: there can be none, or none are known. */
export type FactsVerdict = 'impossible' | 'undecided';

/** Facts for which the evaluator says on both sides that these rules decide. */
export function factsFor(
  { before, now, formulas }: Pairing,
  { live, next, space }: SidesInSpace,
): UserFacts | FactsVerdict {
  const found = findModel(formulas, newBudget());
  if (typeof found !== 'object') return found;
  const facts = ordinaryFacts(formulas, space) ?? space.factsOf(found.model);
  return decide(live, before, facts) && decide(next, now, facts) ? facts : 'undecided';
}

function decide(policies: PolicySet, { session, app, enrollment }: Deciders, facts: UserFacts): boolean {
  const own = policies.enrollment && beforeSignIn(policies.enrollment);
  return (
    findRule(policies.session, facts).rule === session &&
    (policies.app && findRule(policies.app, facts).rule) === app &&
    (own && findRule(own, facts).rule) === enrollment
  );
}
