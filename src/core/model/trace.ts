/** Why a decision came out as it did, as data. */
import type { GovernedChange } from './account-policy.ts';
import type { ConditionResult } from './conditions.ts';
import type { Seconds } from './facts.ts';
import type { Requirement, SourceLocation } from './policy.ts';
import type { Risk } from './risk.ts';

/** The result of one condition of a rule. */
export interface ConditionTrace {
  /** e.g. `groups`, `network`, `attributes.department`. */
  readonly condition: string;
  readonly result: ConditionResult;
  /** Of an expression: the facts that it reads, e.g. `device.os`, `user.profile.department`. */
  readonly reads?: readonly string[];
  /** Of `any`: its alternatives. Each holds when all its conditions do. */
  readonly alternatives?: readonly (readonly ConditionTrace[])[];
}

/** The result of one rule: that of its conditions together. */
export interface RuleTrace {
  readonly rule: string;
  readonly result: ConditionResult;
  readonly conditions: readonly ConditionTrace[];
  readonly location?: SourceLocation;
}

/** A rule that only reports, where it would have decided. */
export interface ReportedRule extends RuleTrace {
  readonly outcome: 'allow' | 'deny';
  /** What it would have required. */
  readonly requirement?: Requirement;
  /** The evidence at hand would have met that. */
  readonly satisfied?: boolean;
}

/** The result of one layer. */
export interface LayerTrace {
  readonly layer: 'session' | 'app' | 'request' | 'account' | 'enrollment' | 'profile' | 'service';
  /**
   * Name of the policy. Empty: there is none. Where no policy asked: `acr_values` (the request asked) or `minimumAcr`
   * (the file of the app did).
   */
  readonly policy: string;
  /** Account layer: the change that it rules over. */
  readonly change?: GovernedChange;
  /** In order, up to the rule that decided. */
  readonly rules: readonly RuleTrace[];
  /** The rule that decided; absent when none did. */
  readonly decidedBy?: string;
  readonly outcome: 'allow' | 'deny' | 'undecided' | 'not_requested';
  readonly requirement?: Requirement;
  /** The `acr` values of which one must be reached: the request's, or the app's minimum. */
  readonly requiredAcr?: readonly string[];
  /** Request layer: the maximum age of all evidence (seconds). 0: proved in this transaction. */
  readonly maxAge?: Seconds;
  /** Authenticators whose proof this browser remembers, where it may stand for the second factor. */
  readonly remembered?: readonly string[];
  /** The evidence at hand meets the layer. */
  readonly satisfied?: boolean;
  /** The rule that would have decided if rules that only report were enforced. */
  readonly reported?: ReportedRule;
  /** The rules that only report, as far as they were tested. */
  readonly reporting?: readonly RuleTrace[];
}

/** The layers of a decision, in order. Part of every decision; `explain` and the audit log print it. */
export interface Trace {
  readonly layers: readonly LayerTrace[];
  /** What was unusual or could not be found out, as far as it counted. Absent: nothing was. */
  readonly risk?: Risk;
}
