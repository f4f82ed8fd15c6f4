/** Compiles policies once per revision, so that a decision need not. */

import type { AccountRule, GovernedChange } from '../../model/account-policy.ts';
import type { ConsentTerms } from '../../model/consent.ts';
import type { EnrollmentRule } from '../../model/enrollment-policy.ts';
import type { AuthenticatorDescriptor } from '../../model/facts.ts';
import type { PasswordRule } from '../../model/password-policy.ts';
import type { AcrLevel, Rule, RuleHead } from '../../model/policy.ts';
import type { ProfileRule } from '../../model/profile-policy.ts';
import type { RefreshTokens } from '../../model/refresh-tokens.ts';
import type { RuleTrace } from '../../model/trace.ts';
import { asksHowSignedIn, type CompiledCondition, compileConditions, leavesOf } from './condition-table.ts';
import { type GroupIndex, groupIndex } from './group-index.ts';

/** A rule with its conditions as closures. */
export interface CompiledRule<Of extends RuleHead = Rule> {
  readonly rule: Of;
  readonly conditions: readonly CompiledCondition[];
  /** The conditions with `any` replaced by the conditions inside it. */
  readonly leaves: readonly CompiledCondition[];
  /**
   * The index of the rule's `groups` condition in both lists, or -1. The group index of the policy answers this
   * condition.
   */
  readonly groupsAt: number;
  /**
   * The trace for each pattern of results, created when it first occurs, so that a rule that misses allocates nothing.
   */
  readonly traces: (RuleTrace | undefined)[];
}

/** A policy with its rules compiled. */
export interface CompiledPolicy<Of extends RuleHead = Rule> {
  readonly name: string;
  readonly rules: readonly CompiledRule<Of>[];
  /** Answers what a user's groups say about the rules. */
  readonly groups: GroupIndex;
  /** The policy without rules that ask how the user signed in. Absent if it has no such rules. */
  readonly beforeSignIn?: CompiledPolicy<Of>;
  /** The policy with its report-only rules, up to the last of them. Absent if it has no such rules. */
  readonly reporting?: CompiledPolicy<Of>;
}

/** The compiled account policy. For each change, the rules about it are a policy of their own. */
export interface CompiledAccountPolicy {
  readonly rules: readonly AccountRule[];
  readonly about: (change: GovernedChange) => CompiledPolicy;
  /** A policy that says the same of everything but additions. Absent: none is known. */
  readonly apartFromAdditions?: CompiledAccountPolicy;
}

/** Everything that decides about one app, compiled once per revision and app. */
export interface PolicySet {
  /** Global session policy. */
  readonly session: CompiledPolicy;
  /** The app's sign-on policy, named as its layer. If it is absent, the decision is deny with `no_policy`. */
  readonly app?: CompiledPolicy;
  /** If absent, every enabled authenticator may be enrolled and used, and none is required. */
  readonly enrollment?: CompiledPolicy<EnrollmentRule>;
  /** If absent, `defaultPasswordTerms` apply to every user. */
  readonly password?: CompiledPolicy<PasswordRule>;
  /**
   * What a user must prove to change the account. If absent, only the account-management requirement applies (Law 7).
   */
  readonly accountPolicy?: CompiledAccountPolicy;
  /** What a recovery requires. If absent, no password can be recovered. */
  readonly recovery?: CompiledPolicy;
  /** If absent, no user is asked for attributes, and no user can register. */
  readonly profile?: CompiledPolicy<ProfileRule>;
  /** Strongest first, as configured. */
  readonly acrLevels: readonly AcrLevel[];
  /** An `acr` value that every sign-in to the app must reach. */
  readonly minimumAcr?: string;
  /** The app is the built-in account app. Its requests may ask for the account-management requirement (Law 7). */
  readonly isAccountApp?: true;
  /**
   * The enabled authenticators, in order of preference. Others cannot be used or enrolled, and their evidence does not
   * count.
   */
  readonly authenticators: readonly AuthenticatorDescriptor[];
  /** Present for a third-party app, which needs the user's consent. Absent for an app of the operator. */
  readonly consent?: ConsentTerms;
  /** The first page asks for the identifier only, even if the policies would allow it to ask for a secret as well. */
  readonly identifierFirst?: true;
  /** For analysis: the app may have refresh tokens. */
  readonly refreshTokens?: RefreshTokens;
  /**
   * For analysis: the key of an authenticator that is assumed to prove presence only, to find out whether user
   * verification is needed.
   */
  readonly presenceOnly?: string;
  /**
   * For analysis: an authenticator that is assumed to offer this method only, to find out whether a proof by it makes
   * progress.
   */
  readonly onlyBy?: { readonly authenticator: string; readonly method: string };
}

/**
 * Compiles a policy.
 * @throws TypeError for an unknown condition, RangeError for an unknown time zone (a checked configuration has neither)
 */
export function compilePolicy<Of extends RuleHead>(policy: {
  readonly name: string;
  readonly rules: readonly Of[];
}): CompiledPolicy<Of> {
  const { name } = policy;
  const rules = policy.rules.filter(({ off }) => !off);
  const before = rules.filter(({ when }) => !asksHowSignedIn(when));
  const reporting = rules.slice(0, rules.findLastIndex(({ reportOnly }) => reportOnly) + 1);
  const enforced = rules.filter(({ reportOnly }) => !reportOnly);
  return {
    ...compileRules(name, enforced),
    ...(before.length < rules.length && { beforeSignIn: compilePolicy({ name, rules: before }) }),
    ...(reporting.length > 0 && { reporting: compileRules(name, reporting) }),
  };
}

function compileRules<Of extends RuleHead>(name: string, written: readonly Of[]): CompiledPolicy<Of> {
  const rules = written.map(compileRule);
  return { name, rules, groups: groupIndex(rules) };
}

/** The policy that decides what may be used and enrolled: without rules that ask how the user signed in. */
export function beforeSignIn<Of extends RuleHead>(policy: CompiledPolicy<Of>): CompiledPolicy<Of> {
  return policy.beforeSignIn ?? policy;
}

function compileRule<Of extends RuleHead>(rule: Of): CompiledRule<Of> {
  const conditions = compileConditions(rule.when);
  const groupsAt = conditions.findIndex(({ name }) => name === 'groups');
  return { rule, conditions, leaves: leavesOf(conditions), groupsAt, traces: [] };
}
