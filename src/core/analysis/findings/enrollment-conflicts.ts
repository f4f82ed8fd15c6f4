/**
 * Finds rules that no user can meet, whatever the facts are, because an enrollment rule disables the authenticators
 * that they accept. Both rules decide about every user. If that depends on the facts, the analysis of lock-outs reports
 * it.
 */

import { bestEvidence } from '../../evidence/attainable-acr.ts';
import { meetsRequirement } from '../../evidence/requirement.ts';
import type { EnrollmentRule } from '../../model/enrollment-policy.ts';
import type { AuthenticatorDescriptor } from '../../model/facts.ts';
import type { Requirement, Rule, RuleHead } from '../../model/policy.ts';
import { beforeSignIn, type CompiledPolicy } from '../../policy/rules/compile.ts';

/** Two rules that always decide, although one disables what the other requires. */
export interface EnrollmentConflict {
  readonly enrollment: EnrollmentRule;
  readonly rule: Rule;
}

/** The policies to search for a conflict. */
export interface ConflictSearch {
  /** Session policy or sign-on policy. */
  readonly policy: CompiledPolicy;
  readonly enrollment: CompiledPolicy<EnrollmentRule>;
  /** The enabled ones. */
  readonly authenticators: readonly AuthenticatorDescriptor[];
  /** Requirements of the app in addition to the policy: its minimum `acr`. */
  readonly besides: readonly Requirement[];
}

/** Undefined: there is none, or it depends on the facts. */
export function enrollmentConflict(analysed: ConflictSearch): EnrollmentConflict | undefined {
  const enrollment = alwaysDeciding(beforeSignIn(analysed.enrollment));
  const rule = alwaysDeciding(analysed.policy);
  if (enrollment === undefined || rule === undefined) return undefined;
  const pair = { enrollment, rule };
  return cannotBeMet(pair, analysed) ? pair : undefined;
}

/** The rule that decides in all sign-ins. Undefined: it depends on the facts. */
export function alwaysDeciding<Of extends RuleHead>({ rules: [first] }: CompiledPolicy<Of>): Of | undefined {
  return first && Object.keys(first.rule.when).length === 0 ? first.rule : undefined;
}

/** The sign-on rule can be met, and cannot be met any more without what the enrollment rule disables. */
function cannotBeMet({ enrollment, rule }: EnrollmentConflict, { authenticators, besides }: ConflictSearch): boolean {
  if (rule.then.kind === 'deny') return false;
  const requirements = [rule.then.requirement, ...besides];
  const usable = authenticators.filter(({ key }) => !enrollment.then.disabled.includes(key));
  return !canMeet(requirements, usable) && canMeet(requirements, authenticators);
}

function canMeet(requirements: readonly Requirement[], authenticators: readonly AuthenticatorDescriptor[]): boolean {
  return requirements.every((requirement) => meetsRequirement(requirement, bestEvidence(requirement, authenticators)));
}
