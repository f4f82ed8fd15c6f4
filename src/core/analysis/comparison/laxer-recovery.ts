/**
 * Finds with what users may newly set a new password: by other rules of the recovery policy, or by what the enrollment
 * policy no longer disables. Two-sided: the evaluator shows a finding under both configurations, and requirements that
 * are as strict are proved. Everything else is reported as undecided. Proofs that are new themselves are examined by
 * `newlyTaken`.
 */
import { recoverableAuthenticator } from '../../decision/recovery.ts';
import type { EnrollmentRule } from '../../model/enrollment-policy.ts';
import type { Requirement, Rule } from '../../model/policy.ts';
import { beforeSignIn, type PolicySet } from '../../policy/rules/compile.ts';
import { usablePolicies } from '../../policy/rules/enrollment-terms.ts';
import { findRule } from '../../policy/rules/rules.ts';
import type { Formula, UserFacts } from '../../policy/theories/theory.ts';
import type { EvidenceSet } from '../proofs/evidence-set.ts';
import type { AdmittedWith } from '../proofs/proving-user.ts';
import { atStrongest } from '../proofs/strongest-example.ts';
import { findModel, newBudget } from '../space/find-model.ts';
import { ordinaryFacts } from '../space/ordinary-facts.ts';
import { pairings, type RulePairing } from '../space/rule-pairings.ts';
import type { RuleSpace } from '../space/rule-space.ts';
import { alsoIn, commonAuthenticators } from './common-authenticators.ts';
import { compareAsks } from './compare-asks.ts';
import { factsOn, type NoFacts, type PolicySides, possiblyDecidingOn, type SidesInSpace } from './deciding-together.ts';
import { recoveryProofs, setsNewPassword } from './newly-accepted-proofs.ts';

/** Rules of the recovery policy, before and now. Absent: no rule decided, which denies. */
export interface RecoveryRules {
  readonly before?: Rule;
  readonly now: Rule;
}

/** The user sets a new password with this evidence, which was not enough before. */
export interface LaxerRecovery extends RecoveryRules {
  readonly facts: UserFacts;
  readonly evidence: EvidenceSet;
}

export interface LaxerRecoveries {
  readonly found: readonly LaxerRecovery[];
  readonly undecided: readonly RecoveryRules[];
}

/** One example for each pair of rules that decide about the same users. `space`: of the rules of both sides. */
export function laxerRecoveries(sides: PolicySides, space: RuleSpace): LaxerRecoveries {
  const found = new Map<string, LaxerRecovery>();
  const open = new Map<string, RecoveryRules>();
  if (recoverableAuthenticator(sides.next) === undefined) return { found: [], undecided: [] };
  const within = { ...sides, space };
  for (const pair of pairsIn(within)) {
    const rules = { ...(pair.before && { before: pair.before }), now: pair.now };
    const key = JSON.stringify([pair.before, pair.now]);
    if (found.has(key)) continue;
    const comparison = comparisonOf(pair, sides);
    if (comparison === 'as_strict') continue;
    const facts = factsOf(pair, within);
    if (facts === 'impossible') continue;
    const shown = comparison === 'undecided' || facts === 'undecided' ? undefined : exampleOf(comparison, facts, sides);
    if (shown) found.set(key, { ...rules, ...shown });
    else open.set(key, rules);
  }
  return {
    found: [...found.values()],
    undecided: [...open].filter(([key]) => !found.has(key)).map(([, rules]) => rules),
  };
}

interface Pair {
  readonly before: Rule | undefined;
  readonly now: Rule;
  /** What the later rule asks for. */
  readonly asked: Requirement;
  /** The rules that say what may be used. */
  readonly usable: RulePairing<EnrollmentRule>;
  readonly formulas: readonly Formula[];
}

/** Pairs of rules of which the later one allows. */
function pairsIn(sides: SidesInSpace): readonly Pair[] {
  const { active, next, space } = sides;
  const recoveries = pairings(
    possiblyDecidingOn('active', active.recovery, sides),
    possiblyDecidingOn('next', next.recovery, sides),
    space,
  );
  const [then, now] = [
    active.enrollment && beforeSignIn(active.enrollment),
    next.enrollment && beforeSignIn(next.enrollment),
  ];
  const enrollments = pairings(
    possiblyDecidingOn('active', then, sides),
    possiblyDecidingOn('next', now, sides),
    space,
  ).toReversed();
  return recoveries.flatMap((pair) => {
    const rule = pair.now;
    if (rule?.then.kind !== 'allow') return [];
    const { requirement } = rule.then;
    return enrollments.map((usable) => ({
      ...{ before: pair.before, now: rule, asked: requirement, usable },
      formulas: [...space.onceProved, ...pair.formulas, ...usable.formulas],
    }));
  });
}

const nothing: Requirement = { anyOf: [] };

function comparisonOf({ before, asked, usable }: Pair, sides: PolicySides): ReturnType<typeof compareAsks> {
  const { active, next } = sides;
  const common = commonAuthenticators(sides).filter(({ underPasswordPolicy }) => !underPasswordPolicy);
  const then = before?.then.kind === 'allow' ? before.then.requirement : nothing;
  return compareAsks([asked], [then], {
    next: alsoIn(usablePolicies(next, usable.now?.then), common),
    before: alsoIn(usablePolicies(active, usable.before?.then), common),
  });
}

/** Facts for which these rules of the recovery policies decide. */
function factsOf(
  { before, now, formulas }: Pair,
  { active, next, space, ...sides }: SidesInSpace,
): UserFacts | NoFacts {
  const model = findModel(formulas, newBudget());
  if (typeof model !== 'object') return model;
  const facts = ordinaryFacts(formulas, space) ?? space.factsOf(model.model);
  const ruleIn = ({ recovery }: PolicySet, request: UserFacts) => recovery && findRule(recovery, request).rule;
  const isConfirmed =
    ruleIn(active, factsOn('active', facts, sides)) === before && ruleIn(next, factsOn('next', facts, sides)) === now;
  return isConfirmed ? facts : 'undecided';
}

/** More sets of proofs are not tried. */
const mostTried = 10;

function exampleOf(
  { evidence, others }: Exclude<ReturnType<typeof compareAsks>, string>,
  facts: UserFacts,
  { active, next, ...sides }: PolicySides,
): Pick<LaxerRecovery, 'facts' | 'evidence'> | undefined {
  const [then, now] = [factsOn('active', facts, sides), factsOn('next', facts, sides)];
  const isNew = ({ evidence: given }: AdmittedWith) =>
    setsNewPassword(now, given, next) && !setsNewPassword(then, given, active);
  const shown = [evidence, ...others]
    .slice(0, mostTried)
    .flatMap(recoveryProofs(next))
    .map((set) => ({ evidence: set, remembered: [], enrolled: [] }))
    .find(isNew);
  return shown && { facts, evidence: atStrongest(shown, next, isNew).evidence };
}
