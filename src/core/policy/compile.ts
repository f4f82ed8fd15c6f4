/** Policies made ready for evaluation: once per revision, not once per decision. */

import type { EnrollmentRule } from '../model/enrollment-policy.ts';
import type { AuthenticatorDescriptor } from '../model/facts.ts';
import type { AcrValue, Rule, RuleHead } from '../model/policy.ts';
import type { RuleTrace } from '../model/trace.ts';
import { type CompiledCondition, compileConditions } from './conditions.ts';

export interface CompiledRule<Of extends RuleHead = Rule> {
  readonly rule: Of;
  readonly conditions: readonly CompiledCondition[];
  /** The trace for each pattern of results, made when it first comes up: a rule that misses then costs no allocation. */
  readonly traces: (RuleTrace | undefined)[];
}

export interface CompiledPolicy<Of extends RuleHead = Rule> {
  readonly name: string;
  readonly rules: readonly CompiledRule<Of>[];
}

/** All that decides about one app, compiled once per revision and app. */
export interface PolicySet {
  /** Global session policy. */
  readonly session: CompiledPolicy;
  /** The app's sign-on policy; absent: deny `no_policy`. */
  readonly app?: CompiledPolicy;
  /** Absent: whatever is enabled may be enrolled and used, and nothing must be. */
  readonly enrollment?: CompiledPolicy<EnrollmentRule>;
  /** Strongest first, as configured. */
  readonly acrValues: readonly AcrValue[];
  /** From the app: this `acr` value must be reached, whatever the request says. */
  readonly minimumAcr?: string;
  /** It is the built-in app in which people look after their own account: its requests may ask for the bar of Law 7. */
  readonly account?: true;
  /** The enabled ones only: a disabled one cannot be used or enrolled, and its evidence does not count. In order of preference. */
  readonly authenticators: readonly AuthenticatorDescriptor[];
  /** Key of an authenticator that is taken to prove presence only: to find out whether it must verify its user. */
  readonly presenceOnly?: string;
}

/**
 * Compiles a policy.
 * @throws TypeError for an unknown condition, RangeError for an unknown time zone (the configuration is checked before)
 */
export function compilePolicy<Of extends RuleHead>(policy: {
  readonly name: string;
  readonly rules: readonly Of[];
}): CompiledPolicy<Of> {
  return { name: policy.name, rules: policy.rules.map(compileRule) };
}

function compileRule<Of extends RuleHead>(rule: Of): CompiledRule<Of> {
  return { rule, conditions: compileConditions(rule.when), traces: [] };
}
