/**
 * What the user must enroll and fill in after proving everything that the sign-in asks for. Rules with the condition
 * `authenticated` (how the user signed in) count only at this point, or as soon as no proof can change which of them
 * decides. They change neither what the user must prove nor what may be used or enrolled, so the evaluation is never
 * circular. See decisions 50 and 178.
 */

import { proofNames } from '../evidence/proof-names.ts';
import { isSignInProof } from '../evidence/sign-in-proofs.ts';
import { authenticatorIn } from '../model/authenticator-name.ts';
import type { Enrollment, Facts, RuleFacts, Subject } from '../model/facts.ts';
import type { PolicySet } from '../policy/rules/compile.ts';
import type { EnrollmentRuling } from '../policy/rules/enrollment-terms.ts';
import { termsRuling } from '../policy/rules/terms-ruling.ts';
import type { ProfileRuling } from '../profile/profile-terms.ts';
import type { Capabilities } from '../remediation/capabilities.ts';
import { everyProof } from '../remediation/enrollment-sequences.ts';
import { usableEnrollments } from '../remediation/usable-enrollments.ts';

/** What the enrollment policy and the profile policy ask for. */
export interface AskedAfterSignIn {
  /** Only its `require` and `offer` terms count here. What may be used stays as it was before the sign-in. */
  readonly enrollment: EnrollmentRuling;
  readonly profile: ProfileRuling;
}

/** What was found before the sign-in. */
interface BeforeSignIn extends Pick<AskedAfterSignIn, 'enrollment' | 'profile'> {
  readonly policies: PolicySet;
  readonly facts: Facts;
}

/** The evidence of the completed sign-in, or of the tokens that rest on it. */
interface SignInEvidence extends Pick<Capabilities, 'evidence' | 'policies'> {
  /** At an exchange: how the user signed in at the authorization, by more than the tokens rest on. */
  readonly signedInWith?: readonly string[];
}

/** A user who has proved everything, or must prove more, and so has all capabilities yet. */
type SigningIn = { readonly signedIn: SignInEvidence } | { readonly signingIn: Capabilities };

/** `user`: undefined if the user has not identified. */
export function askedAfterSignIn(beforeSignIn: BeforeSignIn, user: SigningIn | undefined): AskedAfterSignIn {
  const { policies, facts, enrollment, profile } = beforeSignIn;
  // If no rule without `authenticated` holds, the denial stands.
  const asksEnrollment = policies.enrollment?.beforeSignIn !== undefined && !enrollment.layer?.denial;
  const asksProfile = policies.profile?.beforeSignIn !== undefined && !profile.layer?.denial;
  if (!asksEnrollment && !asksProfile) return { enrollment, profile };
  const known = { ...facts, ...(user && proofsOf(user, facts.subject)) };
  return {
    enrollment: asksEnrollment ? termsRuling('enrollment', policies.enrollment, known) : enrollment,
    profile: asksProfile ? termsRuling('profile', policies.profile, known) : profile,
  };
}

function proofsOf(user: SigningIn, subject: Subject | undefined): Pick<RuleFacts, 'signedInWith' | 'signingInWith'> {
  if ('signedIn' in user) return { signedInWith: signInProofs(user.signedIn, subject) };
  const { signingIn } = user;
  const possible = everyProof(signingIn).map(({ authenticator }) => authenticator);
  return { signingInWith: { proved: signInProofs(signingIn, subject), possible } };
}

/**
 * How the user signed in, for the exchange of tokens, which rest on a part of that evidence. Undefined if no rule asks.
 */
export function signedInWith(
  { policies, facts }: Pick<BeforeSignIn, 'policies' | 'facts'>,
  { evidence, policies: usable }: Pick<Capabilities, 'evidence' | 'policies'>,
): readonly string[] | undefined {
  const isAsked = policies.enrollment?.beforeSignIn !== undefined || policies.profile?.beforeSignIn !== undefined;
  return isAsked ? signInProofs({ evidence, policies: usable }, facts.subject) : undefined;
}

/**
 * Names of the proofs of this session that count, for example `phone` and `phone.sms`. What the user enrolled after
 * signing in is not among them, unless it took the place of one that is. At an exchange, the names of the authorization
 * are among them as far as the user still has such an authenticator, and may use it by that method.
 */
function signInProofs(
  { evidence, policies: usable, signedInWith: names = [] }: SignInEvidence,
  subject: Subject | undefined,
): readonly string[] {
  const proved = evidence.filter((proof) => isSignInProof(proof.evidence));
  const standing = subject ? standingNames(names, usableEnrollments(subject, usable)) : [];
  return [...new Set([...proved.flatMap(proofNames), ...standing])];
}

/** Those of the names that mean a proof of one of these enrollments. A key stands by its methods, if some are named. */
function standingNames(names: readonly string[], enrollments: readonly Enrollment[]): readonly string[] {
  const usable = new Set(enrollments.flatMap(proofNames));
  const standing = names.filter((name) => usable.has(name));
  return standing.filter((key) => {
    const isMethod = (name: string) => name !== key && authenticatorIn(name) === key;
    return !names.some(isMethod) || standing.some(isMethod);
  });
}
