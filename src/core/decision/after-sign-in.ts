/**
 * What must be enrolled and filled in once everything is proved that the sign-in asks for. Only then do rules count
 * that ask how the user signed in (`authenticated`): they change neither what must be proved, nor what may be used or
 * enrolled. So nothing depends on itself. See decision 50.
 */
import { proofNames } from '../evidence/named.ts';
import type { EnrollmentRuling } from '../policy/rules/enrollment-terms.ts';
import { termsRuling } from '../policy/rules/terms-ruling.ts';
import type { ProfileRuling } from '../profile/profile-terms.ts';
import type { Capabilities } from '../remediation/capabilities.ts';
import type { EvaluationContext } from './evaluation-context.ts';

/** What the enrollment policy and the profile policy ask for. */
export interface AskedAfterSignIn {
  /** Of its terms, those that require and offer. What may be used is as it was before the sign-in. */
  readonly enrollment: EnrollmentRuling;
  readonly profile: ProfileRuling;
}

/** `signedIn`: with what the user signed in; undefined: the user must prove more yet. */
export function askedAfterSignIn(
  context: EvaluationContext,
  signedIn: Pick<Capabilities, 'evidence'> | undefined,
): AskedAfterSignIn {
  const { policies, facts, enrollment, profile } = context;
  // Where no rule holds without them, the denial stands.
  const asksEnrollment = policies.enrollment?.beforeSignIn !== undefined && !enrollment.layer?.denial;
  const asksProfile = policies.profile?.beforeSignIn !== undefined && !profile.layer?.denial;
  if (!asksEnrollment && !asksProfile) return { enrollment, profile };
  const known = { ...facts, ...(signedIn && { signedInWith: signInProofs(signedIn) }) };
  return {
    enrollment: asksEnrollment ? termsRuling('enrollment', policies.enrollment, known) : enrollment,
    profile: asksProfile ? termsRuling('profile', policies.profile, known) : profile,
  };
}

/**
 * Names of what the user proved to sign in, in this session, of the evidence that counts: `phone`, and `phone.sms`.
 * What the user enrolled after that is not among them.
 */
function signInProofs({ evidence }: Pick<Capabilities, 'evidence'>): readonly string[] {
  const proved = evidence.filter((one) => one.evidence.origin !== 'enrollment');
  return [...new Set(proved.flatMap(proofNames))];
}
