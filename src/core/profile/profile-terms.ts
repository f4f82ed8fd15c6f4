/** Applies the profile policy of an app: what is asked of this user, once, and what is never asked. */
import type { ProfileRequest } from '../model/decision.ts';
import type { Facts, Subject } from '../model/facts.ts';
import type { ProfileTerms, RegistrationTerms, TermsOfUse } from '../model/profile-policy.ts';
import { beforeSignIn, type PolicySet } from '../policy/rules/compile.ts';
import { type TermsRuling, termsRuling } from '../policy/rules/terms-ruling.ts';

/** The ruling of the profile policy. Without `terms` nothing is asked. */
export type ProfileRuling = TermsRuling<ProfileTerms>;

/** Rules that ask how the user signed in are left out, as they come afterwards. */
export function profileRuling({ profile }: PolicySet, facts: Facts): ProfileRuling {
  return termsRuling('profile', profile && beforeSignIn(profile), facts);
}

/** Attributes that the terms require and the profile lacks. */
function missingAttributes({ required }: ProfileTerms, { profile }: Subject): readonly string[] {
  return required.filter((name) => !isFilledIn(profile, name));
}

/** Whether it needs not be asked for. */
export function isFilledIn(profile: Subject['profile'], name: string): boolean {
  const value = Object.hasOwn(profile, name) ? profile[name] : undefined;
  return value !== undefined && value !== null && value !== '';
}

/** Terms that the user has not accepted in the version that counts now. */
function openTerms({ terms }: ProfileTerms, { acceptedTerms }: Subject): readonly TermsOfUse[] {
  return terms.filter(({ id, version }) => acceptedTerms?.[id] !== version);
}

/** Whether everything that is required is there. */
export function isProfileComplete(terms: ProfileTerms, subject: Subject): boolean {
  return missingAttributes(terms, subject).length === 0 && openTerms(terms, subject).length === 0;
}

/**
 * What the user is asked for now; undefined: nothing. Optional attributes are asked for once, and only where a page is
 * shown anyway. Known values are asked for with the missing ones, so that the form is complete.
 */
export function profileRequest(
  terms: ProfileTerms,
  subject: Subject,
  { transaction }: Facts,
): ProfileRequest | undefined {
  const open = openTerms(terms, subject);
  const isRequired = !isProfileComplete(terms, subject);
  const offered = subject.offeredAttributes ?? [];
  const optional = terms.optional.filter((name) => !isFilledIn(subject.profile, name) && !offered.includes(name));
  if (!isRequired && (transaction === undefined || optional.length === 0)) return undefined;
  const required = missingAttributes(terms, subject).length > 0 ? terms.required : [];
  return { required, optional, terms: open, ...(!isRequired && { canSkip: true }) };
}

/** A user who registers has no groups, no profile and no authenticators yet. */
export const newcomer: Subject = {
  id: 'newcomer',
  status: 'active',
  identifiers: [],
  groups: [],
  profile: {},
  enrollments: [],
};

/** What the profile policy says to a new user. */
export interface RegistrationOffer extends RegistrationTerms {
  readonly terms: readonly TermsOfUse[];
  readonly rule: string;
}

/** Undefined: no user can register at this app. */
export function registrationOffer(policies: PolicySet, facts: Facts): RegistrationOffer | undefined {
  const { terms, rule = '' } = profileRuling(policies, { ...facts, subject: newcomer });
  return terms?.registration && { ...terms.registration, terms: terms.terms, rule };
}
