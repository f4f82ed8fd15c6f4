/**
 * Finds what a proof opens that did not count before, apart from sign-ins: a new password (recovery policy) and
 * changes of the account (account policy). Examines rules that are the same before and after.
 */
import { evaluateRecovery } from '../../decision/recovery.ts';
import type { Rule } from '../../model/policy.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import type { UserFacts } from '../../policy/theories/theory.ts';
import { spelledOut } from '../proofs/admitted-with.ts';
import type { EvidenceSet } from '../proofs/evidence-set.ts';
import { factsWith } from '../proofs/proving-user.ts';
import { decidingFormulas } from '../space/deciding-formulas.ts';
import { findModel, newBudget } from '../space/find-model.ts';
import { ordinaryFacts } from '../space/ordinary-facts.ts';
import type { RuleSpace } from '../space/rule-space.ts';
import { compareAsks } from './compare-asks.ts';
import type { PolicySides } from './deciding-together.ts';

/** The user sets a new password with this evidence, which was not enough before. */
export interface NewlyRecovered {
  readonly rule: Rule;
  readonly facts: UserFacts;
  readonly evidence: EvidenceSet;
}

export interface NewlyTaken {
  readonly recovered: readonly NewlyRecovered[];
  /** Rules of both policies that may take what did not count before. */
  readonly undecided: readonly Rule[];
}

/** `space`: of the rules of the recovery policy, too. */
export function newlyTaken(sides: PolicySides, space: RuleSpace): NewlyTaken {
  const { active, next } = sides;
  const rules = (next.recovery?.rules ?? []).map(({ rule }) => rule);
  const taking = rules.flatMap((rule, index) => {
    const verdict = takenBy(rule, sides, ({ underPasswordPolicy }) => !underPasswordPolicy);
    return verdict === 'as_strict' ? [] : [{ rule, before: rules.slice(0, index), verdict }];
  });
  const found = taking.map(({ rule, before, verdict }) => {
    const facts = typeof verdict === 'object' && factsOf(rule, before, space);
    const sets = typeof verdict === 'object' ? recoveryProofs(next)(verdict.evidence) : [];
    const evidence = facts && sets.find((set) => isShown(facts, set, { active, next }));
    return { rule, recovered: facts && evidence && { rule, facts, evidence } };
  });
  const changes = (next.accountPolicy?.rules ?? []).filter((rule) => takenBy(rule, sides) !== 'as_strict');
  return {
    recovered: found.flatMap(({ recovered }) => recovered || []),
    undecided: [...found.filter(({ recovered }) => !recovered).map(({ rule }) => rule), ...changes],
  };
}

/** The proofs that the rule takes now and did not take before. */
function takenBy(
  { then }: Rule,
  { active, next }: PolicySides,
  isIncluded: (descriptor: PolicySet['authenticators'][number]) => boolean = () => true,
): ReturnType<typeof compareAsks> {
  if (then.kind === 'deny') return 'as_strict';
  const asked = [then.requirement];
  return compareAsks(asked, asked, {
    next: next.authenticators.filter(isIncluded),
    before: active.authenticators.filter(isIncluded),
  });
}

function factsOf(rule: Rule, before: readonly Rule[], space: RuleSpace): UserFacts | undefined {
  const formulas = decidingFormulas(rule, before, space);
  const found = findModel(formulas, newBudget());
  return typeof found === 'object' ? (ordinaryFacts(formulas, space) ?? space.factsOf(found.model)) : undefined;
}

/** Readings of these proofs, each given in the recovery itself: nothing else counts. The strongest ones first. */
export function recoveryProofs(policies: PolicySet): (set: EvidenceSet) => readonly EvidenceSet[] {
  return (set) =>
    [...spelledOut(set, policies)].map(({ evidence }) =>
      evidence.map(({ longestPause: _, ...item }) => ({ ...item, age: 'now' as const })),
    );
}

/** The evaluator lets the user set a new password now, and did not. */
function isShown(facts: UserFacts, evidence: EvidenceSet, { active, next }: PolicySides): boolean {
  const recovers = (policies: PolicySet) => setsNewPassword(facts, evidence, policies);
  return recovers(next) && !recovers(active);
}

/** The evaluator lets the user set a new password with this evidence. */
export function setsNewPassword(facts: UserFacts, evidence: EvidenceSet, policies: PolicySet): boolean {
  const passwords = policies.authenticators.filter(({ underPasswordPolicy }) => underPasswordPolicy);
  const enrolled = [...passwords.map(({ key }) => key), ...evidence.map(({ authenticator }) => authenticator)];
  const given = factsWith({ evidence, remembered: [], enrolled }, facts, policies.authenticators);
  return evaluateRecovery(policies, given).kind === 'enroll';
}
