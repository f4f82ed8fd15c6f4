/** Compiles policies for evaluation: once per revision, not once per decision. */

import type { AccountRule, GovernedChange } from '../../model/account-policy.ts';
import type { ConsentTerms } from '../../model/consent.ts';
import type { EnrollmentRule } from '../../model/enrollment-policy.ts';
import type { AuthenticatorDescriptor } from '../../model/facts.ts';
import type { PasswordRule } from '../../model/password-policy.ts';
import type { AcrValue, Rule, RuleHead } from '../../model/policy.ts';
import type { ProfileRule } from '../../model/profile-policy.ts';
import type { RuleTrace } from '../../model/trace.ts';
import { asksHowSignedIn, type CompiledCondition, compileConditions, leavesOf } from './condition-table.ts';
import { type GroupIndex, groupIndex } from './group-index.ts';

/** A rule with its conditions as closures. */
export interface CompiledRule<Of extends RuleHead = Rule> {
  readonly rule: Of;
  readonly conditions: readonly CompiledCondition[];
  /** The same without `any`, and with the conditions in it. */
  readonly leaves: readonly CompiledCondition[];
  /** Where the rule's condition `groups` is in both, which the index of the policy answers. -1: there is none. */
  readonly groupsAt: number;
  /**
   * The trace for each pattern of results, made when it first occurs, so that a rule that misses costs no allocation.
   */
  readonly traces: (RuleTrace | undefined)[];
}

/** A policy with its rules compiled. */
export interface CompiledPolicy<Of extends RuleHead = Rule> {
  readonly name: string;
  readonly rules: readonly CompiledRule<Of>[];
  /** What the groups of a user say about the rules. */
  readonly groups: GroupIndex;
  /** Without the rules that ask how the user signed in. Absent: there are none. */
  readonly beforeSignIn?: CompiledPolicy<Of>;
  /** With the rules that only report, up to the last of them. Absent: there are none. */
  readonly reporting?: CompiledPolicy<Of>;
}

/** The account policy: for each change the rules that are about it are a policy of their own. */
export interface CompiledAccountPolicy {
  readonly rules: readonly AccountRule[];
  readonly about: (change: GovernedChange) => CompiledPolicy;
}

/** Everything that decides about one app, compiled once per revision and app. */
export interface PolicySet {
  /** Global session policy. */
  readonly session: CompiledPolicy;
  /** The app's sign-on policy; absent: deny `no_policy`. */
  readonly app?: CompiledPolicy;
  /** Absent: every enabled authenticator may be enrolled and used, and none must be enrolled. */
  readonly enrollment?: CompiledPolicy<EnrollmentRule>;
  /** Absent: `defaultPasswordTerms` apply to every user. */
  readonly password?: CompiledPolicy<PasswordRule>;
  /** What changes to the account take. Absent: the account-management requirement alone (Law 7). */
  readonly accountPolicy?: CompiledAccountPolicy;
  /** What a recovery takes. Absent: no password can be recovered. */
  readonly recovery?: CompiledPolicy;
  /** Absent: no user is asked for anything, and none can register. */
  readonly profile?: CompiledPolicy<ProfileRule>;
  /** Strongest first, as configured. */
  readonly acrValues: readonly AcrValue[];
  /** From the app: every sign-in must reach this `acr` value. */
  readonly minimumAcr?: string;
  /** The app is the built-in account app. Its requests may ask for the account-management requirement (Law 7). */
  readonly account?: true;
  /**
   * In order of preference. The enabled ones only: others cannot be used or enrolled, and their evidence does not
   * count.
   */
  readonly authenticators: readonly AuthenticatorDescriptor[];
  /** It is a third-party app, so that users are asked for consent. Absent: it is the operator's own. */
  readonly consent?: ConsentTerms;
  /** The first page asks for the identifier alone, whatever the policies would let it ask for at once. */
  readonly identifierFirst?: true;
  /** Key of an authenticator that is assumed to prove presence only, to find out whether it must verify its user. */
  readonly presenceOnly?: string;
  /** An authenticator that is assumed to have one method only, to find out whether a proof by it makes progress. */
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

/** The rules that decide what may be used and enrolled: without those that ask how the user signed in. */
export function beforeSignIn<Of extends RuleHead>(policy: CompiledPolicy<Of>): CompiledPolicy<Of> {
  return policy.beforeSignIn ?? policy;
}

function compileRule<Of extends RuleHead>(rule: Of): CompiledRule<Of> {
  const conditions = compileConditions(rule.when);
  const groupsAt = conditions.findIndex(({ name }) => name === 'groups');
  return { rule, conditions, leaves: leavesOf(conditions), groupsAt, traces: [] };
}
