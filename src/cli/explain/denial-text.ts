/** Explains to administrators why a decision denies. */
import type { DenyReason } from '../../core/model/decision.ts';
import type { ReplacementReason } from '../../core/model/password-policy.ts';

const words: Readonly<Record<DenyReason, string>> = {
  rule: 'a rule says so',
  no_rule: 'no rule of the policy holds',
  condition_failed: 'a condition of the rule could not be found out',
  account_inactive: 'the account is not active',
  unsatisfiable: 'nothing that this user has or may enroll meets the requirement',
  enrollment_forbids:
    'the enrollment policy or the account policy does not let the user have the authenticators that the requirement needs',
  enrollments_full:
    'it would take another enrollment, and the account has as many of that authenticator as it can have',
  acr_unattainable: 'the acr that must be reached cannot be reached (unmet_authentication_requirements)',
  nothing_to_recover: 'a recovery sets a new password, and the account has none',
  no_policy: 'the app has no sign-on policy',
};

export function denyReasonText(reason: DenyReason): string {
  return words[reason];
}

const replacementReasons: Readonly<Record<ReplacementReason, string>> = {
  expired: 'has expired',
  compromised: 'is on a blocklist',
};

/** For example `, with a password that has expired: the user may not replace it`. Empty if there is none. */
export function keptPasswordText({ keptPassword }: { readonly keptPassword?: ReplacementReason }): string {
  if (keptPassword === undefined) return '';
  return `, with a password that ${replacementReasons[keptPassword]}: the user may not replace it`;
}
