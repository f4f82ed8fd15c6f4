/** Applies the enrollment policy of an app: its terms for this user, and the authenticators that they leave usable. */
import type { Denial, Layer } from '../model/decision.ts';
import type { EnrollmentTerms } from '../model/enrollment-policy.ts';
import type { Facts } from '../model/facts.ts';
import type { PolicySet } from './compile.ts';
import { findRule } from './rules.ts';

/**
 * The ruling of the enrollment policy. Without `terms` nothing is restricted: there is no policy, or it is undecided.
 */
export interface EnrollmentRuling {
  readonly layer?: Layer;
  readonly terms?: EnrollmentTerms;
  /** Name of the rule that decided. */
  readonly rule?: string;
}

const noPolicy: EnrollmentRuling = {};

/** Without a policy the ruling is empty. */
export function enrollmentRuling({ enrollment }: PolicySet, facts: Facts): EnrollmentRuling {
  if (enrollment === undefined) return noPolicy;
  const { undecided, rule, traces } = findRule(enrollment, facts);
  const trace = { layer: 'enrollment', policy: enrollment.name, rules: traces } as const;
  if (rule) {
    const layer: Layer = { trace: { ...trace, decidedBy: rule.name, outcome: 'allow' } };
    return { layer, terms: rule.then, rule: rule.name };
  }
  if (undecided) return { layer: { trace: { ...trace, outcome: 'undecided' } } };
  const denial: Denial = { reason: 'no_rule', layer: 'enrollment' };
  return { layer: { trace: { ...trace, outcome: 'deny' }, denial } };
}

/** The policies without the authenticators that the terms disable. */
export function usablePolicies(policies: PolicySet, terms: EnrollmentTerms | undefined): PolicySet {
  if (terms === undefined || terms.disabled.length === 0) return policies;
  const { disabled } = terms;
  return { ...policies, authenticators: policies.authenticators.filter(({ key }) => !disabled.includes(key)) };
}
