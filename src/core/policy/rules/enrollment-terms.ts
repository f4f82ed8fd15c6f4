/** Applies the enrollment policy of an app: its terms for this user, and which authenticators they leave usable. */
import type { EnrollmentTerms } from '../../model/enrollment-policy.ts';
import type { Facts } from '../../model/facts.ts';
import { beforeSignIn, type PolicySet } from './compile.ts';
import { type TermsRuling, termsRuling } from './terms-ruling.ts';

/** The ruling of the enrollment policy. If `terms` is absent, nothing is restricted. */
export type EnrollmentRuling = TermsRuling<EnrollmentTerms>;

/** What may be used and enrolled. Rules that ask how the user signed in are left out, since they apply afterwards. */
export function enrollmentRuling({ enrollment }: PolicySet, facts: Facts): EnrollmentRuling {
  return termsRuling('enrollment', enrollment && beforeSignIn(enrollment), facts);
}

/**
 * The policies without the authenticators that the terms disable. Those with `use only` stay, but cannot be enrolled.
 */
export function usablePolicies(policies: PolicySet, terms: EnrollmentTerms | undefined): PolicySet {
  if (terms === undefined) return policies;
  const { disabled, useOnly = [] } = terms;
  if (disabled.length === 0 && useOnly.length === 0) return policies;
  const authenticators = policies.authenticators
    .filter(({ key }) => !disabled.includes(key))
    .map((descriptor) => (useOnly.includes(descriptor.key) ? { ...descriptor, enrollable: false } : descriptor));
  return { ...policies, authenticators };
}
