/** Explains to administrators why a decision denies. */
import type { Denial, DenyReason } from '../../core/model/decision.ts';
import type { MissingEnrollment } from '../../core/model/enrollment-policy.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type { KeptPassword, PasswordToReplace, ReplacementReason } from '../../core/model/password-policy.ts';

const words: Readonly<Record<DenyReason, string>> = {
  rule: 'a rule says so',
  no_rule: 'no rule of the policy holds',
  condition_failed: 'a condition of the rule could not be found out',
  account_inactive: 'the account is not active',
  unsatisfiable: 'nothing that this user has or may enroll meets the requirement',
  enrollment_forbids:
    'the enrollment policy or the account policy does not let the user have the authenticators that the requirement needs',
  authenticator_not_enrollable: 'something must be enrolled, and the user cannot prove what must be proved before that',
  enrollments_full:
    'it would take another enrollment, and the account has as many of that authenticator as it can have',
  acr_unattainable: 'the acr that must be reached cannot be reached (unmet_authentication_requirements)',
  password_not_replaceable: 'the password must be replaced, and the user cannot prove what must be proved before that',
  nothing_to_recover: 'a recovery sets a new password, and the account has none',
  no_policy: 'the app has no sign-on policy',
};

export function denyReasonText(reason: DenyReason): string {
  return words[reason];
}

/** Also says what must be enrolled, or which password must be replaced and why, and which rule is in the way. */
export function denialText(denial: Denial): string {
  const { reason, layer, rule, passwordToReplace, missingEnrollment } = denial;
  const policy = isCause(layer, rule) ? policyText(omitUndefined({ layer, rule })) : undefined;
  const asked = policy === undefined ? 'what must be proved' : `what ${policy} asks for`;
  const unproved = `the user cannot prove ${asked} before`;
  if (passwordToReplace) return `the password ${replacedBecause(passwordToReplace)}, and ${unproved} it is replaced`;
  if (missingEnrollment) {
    const needed = neededText(missingEnrollment);
    if (reason === 'acr_unattainable') return `${denyReasonText(reason)}: ${needed}, and ${policy} is in the way`;
    return `${needed}, and ${reason === 'enrollment_forbids' ? `${policy} forbids that` : `${unproved} that`}`;
  }
  return (policy === undefined ? undefined : obstacles[reason]?.(policy)) ?? denyReasonText(reason);
}

/** For example `totp must be enrolled (by "Staff" of the enrollment policy)`. */
function neededText({ authenticators, enrollmentRule }: MissingEnrollment): string {
  const by = enrollmentRule === undefined ? '' : ` (by "${enrollmentRule}" of the enrollment policy)`;
  return `${authenticators.join(' or ')} must be enrolled${by}`;
}

/** The words where one of these policies is the cause. */
const obstacles: Readonly<Partial<Record<DenyReason, (policy: string) => string>>> = {
  unsatisfiable: (policy) => `nothing that this user has or may enroll meets what ${policy} asks for`,
  enrollment_forbids: (policy) =>
    `${policy} disables the authenticators that the requirement needs, or keeps them from being set up`,
};

const replacementReasons: Readonly<Record<ReplacementReason, string>> = {
  expired: 'has expired',
  compromised: 'is on a blocklist',
};

/** For example `the password has expired (by "Staff" of the password policy) and must be replaced`. */
export function mustBeReplacedText(password: Omit<PasswordToReplace, 'authenticator'>): string {
  return `the password ${replacedBecause(password)} and must be replaced`;
}

/** For example `has expired (by "Staff" of the password policy)`. */
function replacedBecause({ reason, passwordRule }: Omit<PasswordToReplace, 'authenticator'>): string {
  const by = passwordRule === undefined ? '' : ` (by "${passwordRule}" of the password policy)`;
  return `${replacementReasons[reason]}${by}`;
}

const governingPolicies = {
  session: 'the session policy',
  app: 'the sign-on policy',
  enrollment: 'the enrollment policy',
  account: 'the account policy',
};

type GoverningLayer = keyof typeof governingPolicies;

/** Whether a policy is the cause. The app is one without a rule where a user asks for what no user can enroll. */
function isCause(layer: Denial['layer'], rule: string | undefined): layer is GoverningLayer {
  const isSignOn = layer === 'session' || layer === 'app';
  return layer !== undefined && layer in governingPolicies && (rule !== undefined || !isSignOn);
}

/** For example `"Change" of the account policy`. Undefined: no policy is the cause. */
function policyText({ layer, rule }: { readonly layer?: GoverningLayer; readonly rule?: string }): string | undefined {
  if (layer === undefined) return undefined;
  return rule === undefined ? governingPolicies[layer] : `"${rule}" of ${governingPolicies[layer]}`;
}

/**
 * For example `, with a password that has expired (by "Staff" of the password policy): the user may not replace it`.
 * Empty if there is none.
 */
export function keptPasswordText({ keptPassword }: { readonly keptPassword?: KeptPassword }): string {
  if (keptPassword === undefined) return '';
  const [why, by] = [replacedBecause(keptPassword), policyText(keptPassword)];
  return `, with a password that ${why}: the user may not replace it${by === undefined ? '' : `, by ${by}`}`;
}

const keptPasswords: Readonly<Record<ReplacementReason, string>> = {
  expired: 'an expired password',
  compromised: 'a password on a blocklist',
};

const lettingIn = 'let in with ';

/** The same as a part of what is asked: `let in with an expired password, kept by "Change" of the account policy`. */
export function letInWithText(keptPassword: KeptPassword): string {
  const by = policyText(keptPassword);
  return `${lettingIn}${keptPasswords[keptPassword.reason]}${by === undefined ? '' : `, kept by ${by}`}`;
}

/** Whether the part is about a password that is kept. */
export function isLetInWith(part: string): boolean {
  return part.startsWith(lettingIn);
}
