/**
 * Finds sign-on rules that nobody can meet because of what an enrollment rule disables: before anybody stands in front
 * of them.
 */

import { bestEvidence } from '../evidence/attainable-acr.ts';
import { meetsRequirement } from '../evidence/requirement.ts';
import type { EnrollmentRule } from '../model/enrollment-policy.ts';
import type { AuthenticatorDescriptor, Facts } from '../model/facts.ts';
import type { Requirement, Rule } from '../model/policy.ts';
import type { CompiledPolicy } from '../policy/compile.ts';
import { applyRules, findRule } from '../policy/rules.ts';
import { sampleFacts } from './sample-facts.ts';

export interface EnrollmentConflict {
  readonly enrollment: EnrollmentRule;
  readonly rule: Rule;
}

export interface Analysed {
  /** Session policy or sign-on policy. */
  readonly policy: CompiledPolicy;
  readonly enrollment: CompiledPolicy<EnrollmentRule>;
  /** Enabled ones. */
  readonly authenticators: readonly AuthenticatorDescriptor[];
  readonly clientId: string;
  /** What the app demands besides: its minimum `acr`. */
  readonly besides: readonly Requirement[];
}

/** Pairs of rules that both decide in some situation, where the one demands what the other disables. */
export function enrollmentConflicts(analysed: Analysed): readonly EnrollmentConflict[] {
  const { policy, enrollment, authenticators, clientId, besides } = analysed;
  const restricting = enrollment.rules.filter(({ rule }) => rule.then.disabled.length > 0);
  const rest = [...enrollment.rules, ...policy.rules].map((compiled) => compiled.rule.when);
  return restricting.flatMap(({ rule: restriction }) =>
    policy.rules.flatMap(({ rule }) => {
      if (rule.then.kind === 'deny') return [];
      const demanded = [rule.then.requirement, ...besides];
      const usable = authenticators.filter(({ key }) => !restriction.then.disabled.includes(key));
      if (canMeet(demanded, usable) || !canMeet(demanded, authenticators)) return [];
      const decideBoth = (facts: Facts) =>
        findRule(enrollment, facts).rule === restriction && applyRules(policy, facts).rule === rule;
      const pair = { one: restriction.when, other: rule.when, rest, clientId };
      const meet = sampleFacts(pair).some(decideBoth);
      return meet ? [{ enrollment: restriction, rule }] : [];
    }),
  );
}

function canMeet(demanded: readonly Requirement[], authenticators: readonly AuthenticatorDescriptor[]): boolean {
  return demanded.every((requirement) => meetsRequirement(requirement, bestEvidence(requirement, authenticators)));
}
