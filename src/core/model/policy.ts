/** Policies as data: rules, and what a rule demands. Durations are whole seconds. */
import type { Conditions } from './conditions.ts';
import type { Characteristic, Factor, Seconds } from './facts.ts';

/** One thing that a requirement asks for. Every given field must hold for one and the same evidence. */
export interface Demand {
  /** The factor type that must have been covered; absent: any. */
  readonly factor?: Factor;
  /** Allow list of authenticator keys. */
  readonly authenticators?: readonly string[];
  /** Deny list of authenticator keys. */
  readonly exclude?: readonly string[];
  readonly characteristics?: readonly Characteristic[];
  /** Oldest age that still counts (seconds). 0: it must be proved in this transaction. */
  readonly maxAge?: Seconds;
}

/** One way to satisfy a requirement: every demand holds, and together `factors` distinct factor types are covered. */
export interface Alternative {
  readonly factors: 1 | 2 | 3;
  readonly demands: readonly Demand[];
  /** Applies to all evidence of this alternative (seconds). 0: everything must be proved in this transaction. */
  readonly maxAge?: Seconds;
}

/** One link of a chain: any of these authenticators. */
export interface ChainStep {
  readonly authenticators: readonly string[];
  readonly characteristics?: readonly Characteristic[];
  readonly maxAge?: Seconds;
}

/** OR of alternatives, or OR of ordered chains (a chain may use two authenticators of one factor type on purpose). */
export type Requirement =
  | { readonly anyOf: readonly Alternative[] }
  | { readonly chains: readonly (readonly ChainStep[])[] };

/** Where a rule stands in the admin's files; carried through to traces, never used to decide. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
}

/** What the rules of every policy have in common. */
export interface RuleHead {
  readonly name: string;
  readonly when: Conditions;
  readonly location?: SourceLocation;
}

export interface Rule extends RuleHead {
  readonly then:
    | { readonly kind: 'deny' }
    | {
        readonly kind: 'allow';
        readonly requirement: Requirement;
        /** Session policy only: how long the SSO session may live. */
        readonly session?: SessionTerms;
        /** Sign-on policy only: so long (seconds) a browser that proved the second factor may be spared it. */
        readonly remember?: Seconds;
      };
}

/** Lifetime of an SSO session (seconds). */
export interface SessionLimits {
  /** Since the last use. */
  readonly idle: Seconds;
  /** Since it began. */
  readonly absolute: Seconds;
}

/** What a session rule grants. */
export interface SessionTerms extends SessionLimits {
  /** Instead, for people who ask to be kept signed in: the session then outlives the browser. Absent: nobody is asked. */
  readonly keep?: SessionLimits;
}

/** What a session has been granted. */
export interface GrantedSession extends SessionLimits {
  /** The person asked to be kept signed in, and the policy allows it. */
  readonly kept?: true;
}

/** An ordered list; the first rule whose conditions all hold decides. No rule holds: deny. */
export interface Policy {
  readonly name: string;
  readonly rules: readonly Rule[];
}

/** One configured `acr` value and what it stands for. */
export interface AcrValue {
  readonly value: string;
  readonly requirement: Requirement;
}
