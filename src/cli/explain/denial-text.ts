/** Explains to administrators why a decision denies. */
import type { DenyReason, KeptPassword } from '../../core/model/decision.ts';
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

const keepingPolicies: Readonly<Record<NonNullable<KeptPassword['layer']>, string>> = {
  enrollment: 'the enrollment policy',
  account: 'the account policy',
};

/** For example `"Change" of the account policy`. Undefined: no user can set a password here. */
function keptByText({ layer, rule }: KeptPassword): string | undefined {
  if (layer === undefined) return undefined;
  return rule === undefined ? keepingPolicies[layer] : `"${rule}" of ${keepingPolicies[layer]}`;
}

/** For example `, with a password that has expired: the user may not replace it`. Empty if there is none. */
export function keptPasswordText({ keptPassword }: { readonly keptPassword?: KeptPassword }): string {
  if (keptPassword === undefined) return '';
  const [why, by] = [replacementReasons[keptPassword.reason], keptByText(keptPassword)];
  return `, with a password that ${why}: the user may not replace it${by === undefined ? '' : `, by ${by}`}`;
}

const keptPasswords: Readonly<Record<ReplacementReason, string>> = {
  expired: 'an expired password',
  compromised: 'a password on a blocklist',
};

const lettingIn = 'let in with ';

/** The same as a part of what is asked: `let in with an expired password, kept by "Change" of the account policy`. */
export function letInWithText(keptPassword: KeptPassword): string {
  const by = keptByText(keptPassword);
  return `${lettingIn}${keptPasswords[keptPassword.reason]}${by === undefined ? '' : `, kept by ${by}`}`;
}

/** Whether the part is about a password that is kept. */
export function isLetInWith(part: string): boolean {
  return part.startsWith(lettingIn);
}
