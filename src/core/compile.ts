/** Policies made ready for evaluation: once per revision, not once per decision. */
import { type CompiledCondition, compileConditions } from './conditions.ts';
import type { AcrValue, AuthenticatorTraits, Policy, Rule, RuleTrace } from './model.ts';

export interface CompiledRule {
  readonly rule: Rule;
  readonly conditions: readonly CompiledCondition[];
  /** The trace for each pattern of results, made when it first comes up: a rule that misses then costs no allocation. */
  readonly traces: (RuleTrace | undefined)[];
}

export interface CompiledPolicy {
  readonly name: string;
  readonly rules: readonly CompiledRule[];
}

/** All that decides about one app, compiled once per revision and app. */
export interface PolicySet {
  /** Global session policy. */
  readonly session: CompiledPolicy;
  /** The app's sign-on policy; absent: deny `no_policy`. */
  readonly app?: CompiledPolicy;
  /** Strongest first, as configured. */
  readonly acrValues: readonly AcrValue[];
  /** From the app: this `acr` value must be reached, whatever the request says. */
  readonly minimumAcr?: string;
  /** The enabled ones only: a disabled one cannot be used or enrolled, and its evidence does not count. In order of preference. */
  readonly authenticators: readonly AuthenticatorTraits[];
}

/**
 * Compiles a policy.
 * @throws TypeError for an unknown condition, RangeError for an unknown time zone (the configuration is checked before)
 */
export function compilePolicy(policy: Policy): CompiledPolicy {
  return { name: policy.name, rules: policy.rules.map(compileRule) };
}

function compileRule(rule: Rule): CompiledRule {
  return { rule, conditions: compileConditions(rule.when), traces: [] };
}
