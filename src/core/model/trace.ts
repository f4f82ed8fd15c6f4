/** Why a decision came out as it did, as data. */
import type { ConditionResult } from './conditions.ts';
import type { Seconds } from './facts.ts';
import type { Requirement, SourceLocation } from './policy.ts';

export interface ConditionTrace {
  /** e.g. `groups`, `network`, `attributes.department`. */
  readonly condition: string;
  readonly result: ConditionResult;
}

export interface RuleTrace {
  readonly rule: string;
  readonly result: ConditionResult;
  readonly conditions: readonly ConditionTrace[];
  readonly location?: SourceLocation;
}

export interface LayerTrace {
  readonly layer: 'session' | 'app' | 'request' | 'enrollment';
  readonly policy: string;
  /** In order, up to the rule that decided. */
  readonly rules: readonly RuleTrace[];
  /** The rule that decided; absent when none did. */
  readonly decidedBy?: string;
  readonly outcome: 'allow' | 'deny' | 'undecided' | 'not_requested';
  readonly requirement?: Requirement;
  /** The `acr` values of which one must be reached: the request's, or the app's minimum. */
  readonly acrValues?: readonly string[];
  /** Request layer: the age (seconds) that all evidence must keep to; 0: this transaction only. */
  readonly maxAge?: Seconds;
  /** Authenticators whose proof this browser remembers, where that may stand for the second factor. */
  readonly remembered?: readonly string[];
  /** The evidence at hand meets the layer. */
  readonly satisfied?: boolean;
}

/** Why a decision came out as it did. Part of every decision; `explain` and the audit log print it. */
export interface Trace {
  readonly layers: readonly LayerTrace[];
}
