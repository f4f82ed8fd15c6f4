/**
 * Facts for which the same rules decide lead to the same sign-in, so one of them stands for all. Without this, every
 * group, risk and network that any rule names would multiply the sign-ins that a test leaves open.
 */
import { outcomeKey } from '../../core/analysis/simulation/sign-in-outcomes.ts';
import type { RuleHead } from '../../core/model/policy.ts';
import { beforeSignIn, type CompiledPolicy, type PolicySet } from '../../core/policy/rules/compile.ts';
import { compileConditions, leavesOf } from '../../core/policy/rules/condition-table.ts';
import { findRule } from '../../core/policy/rules/rules.ts';
import { type UserFacts, withProof } from '../../core/policy/theories/theory.ts';
import type { OpenRules } from './open-expressions.ts';

type MaybePolicy = CompiledPolicy<RuleHead & { readonly then: object }> | undefined;

/**
 * Names what a sign-in and its explanation depend on: which rules decide before and after the first proof, what a walk
 * reads in addition, and what `decisionsBy` names.
 */
export function signatureBy(policies: PolicySet, openRules: OpenRules): (facts: UserFacts) => string {
  const decisions = decisionsBy(policies, openRules);
  return (facts) => {
    const { subject, request, device, lastSignIn } = facts;
    return JSON.stringify([
      decisions(facts),
      outcomeKey(policies, facts),
      [request, device.known, lastSignIn, subject.id, subject.identifiers, subject.recovery],
      Object.keys(subject.profile).sort(),
    ]);
  };
}

/**
 * Names which rules decide before and after the first proof, and which have an expression that may come to something
 * else, or fail (`openRules`). Where there are such, also what each expression comes to.
 */
export function decisionsBy(policies: PolicySet, openRules: OpenRules): (facts: UserFacts) => string {
  const { session, app, enrollment, profile, accountPolicy, authenticators } = policies;
  const added = authenticators.map(({ key }) => accountPolicy?.about({ action: 'add', of: key }));
  const all: readonly MaybePolicy[] = [session, app, enrollment && beforeSignIn(enrollment), profile, ...added];
  const leaves = all.flatMap(
    (policy) => policy?.rules.flatMap(({ rule }) => leavesOf(compileConditions(rule.when))) ?? [],
  );
  const expressions = leaves.filter(({ name }) => name === 'expression');
  return (facts) => {
    // As in a sign-in, the past counts from the first proof on.
    const stages = [{ ...facts, evidence: [] }, withProof(facts)];
    const open = openRules(facts);
    return JSON.stringify([
      stages.map((stage) => [
        all.map((policy) => policy && matchedBy(policy, stage)),
        open.length > 0 && expressions.map(({ test }) => test(stage)),
      ]),
      open,
    ]);
  };
}

/** The position of the deciding rule, and whether it failed or an earlier one is open. */
function matchedBy(policy: NonNullable<MaybePolicy>, facts: UserFacts): string {
  const { undecided, failed, rule, traces } = findRule(policy, facts);
  return `${traces.length} ${undecided} ${failed !== undefined} ${rule !== undefined}`;
}
