/** Policies as data: rules, and what a rule requires. Durations are whole seconds. */
import type { Conditions } from './conditions.ts';
import type { Characteristic, Factor, Seconds } from './facts.ts';

/** One part of an alternative. All its fields must hold for one and the same evidence. */
export interface Demand {
  /** The factor type that the evidence must cover; absent: any. */
  readonly factor?: Factor;
  /** Allow list of names: keys of authenticators (`phone`), and methods of them (`phone.voice`). */
  readonly authenticators?: readonly string[];
  /** Deny list of such names. */
  readonly exclude?: readonly string[];
  readonly characteristics?: readonly Characteristic[];
  /** The maximum age (seconds). 0: proved in this transaction. */
  readonly maxAge?: Seconds;
  /** It counts as long as the session was never without activity for longer (seconds). */
  readonly maxIdle?: Seconds;
}

/**
 * One way to meet a requirement: every demand holds, and the evidence together covers `factors` distinct factor types.
 */
export interface Alternative {
  readonly factors: 1 | 2 | 3;
  readonly demands: readonly Demand[];
  /**
   * `reauthenticate` of the file: the maximum age of all evidence of this alternative (seconds). 0: everything is
   * proved in this transaction.
   */
  readonly maxAge?: Seconds;
}

/** The most steps that a chain may have. */
export const longestChain = 3;

/** One step of a chain: any of these authenticators, or of their methods. */
export interface ChainStep {
  readonly authenticators: readonly string[];
  readonly characteristics?: readonly Characteristic[];
  readonly maxAge?: Seconds;
  readonly maxIdle?: Seconds;
}

/**
 * What a rule asks for: one of several alternatives, or one of several ordered chains (which may use one factor type
 * twice).
 */
export type Requirement =
  | { readonly anyOf: readonly Alternative[] }
  | { readonly chains: readonly (readonly ChainStep[])[] };

/** Where a rule stands in the files of the configuration; shown in traces, never used to decide. */
export interface SourceLocation {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1. Absent in a trace that was logged before columns were. */
  readonly column?: number;
}

/** What the rules of all policies have in common. */
export interface RuleHead {
  readonly name: string;
  readonly when: Conditions;
  /** It is switched off: it is not there for any decision. */
  readonly off?: true;
  /** It decides nothing; what it would decide is reported. */
  readonly reportOnly?: true;
  readonly location?: SourceLocation;
}

/** What a rule says that allows. */
export interface AllowTerms {
  readonly kind: 'allow';
  readonly requirement: Requirement;
  /** Session policy only: lifetime of the SSO session. */
  readonly session?: SessionTerms;
  /** Sign-on policy only: how long (seconds) a browser may remember the second factor. */
  readonly remember?: Seconds;
  /** Sign-on policy only: how long what was proved counts at this app. */
  readonly appSession?: AppSession;
  /** Sign-on policy only: the scopes that access tokens may carry, besides those of the protocol. Absent: any. */
  readonly scopes?: readonly string[];
}

/** How long what was proved counts at one app. It never lengthens what the session policy says. */
export interface AppSession {
  /** Seconds. Of refresh tokens, too. */
  readonly absolute?: Seconds;
  /** A kept session counts no longer than one that is not kept. */
  readonly unkept?: true;
}

/** A rule of a session policy or a sign-on policy. */
export interface Rule extends RuleHead {
  readonly then: { readonly kind: 'deny' } | AllowTerms;
}

/** Lifetime of an SSO session (seconds). */
export interface SessionLimits {
  /** Since the last use. */
  readonly idle: Seconds;
  /** Since it began. */
  readonly absolute: Seconds;
}

/** The lifetimes that a session rule grants. */
export interface SessionTerms extends SessionLimits {
  /** For users who ask to be kept signed in: their session outlives the browser. Absent: the page does not ask. */
  readonly keep?: SessionLimits;
}

/** The lifetime that one session has. */
export interface GrantedSession extends SessionLimits {
  /** The user asked to be kept signed in, and the policy allows it. */
  readonly kept?: true;
}

/** An ordered list of rules: the first whose conditions all hold decides. No rule holds: deny. */
export interface Policy {
  readonly name: string;
  readonly rules: readonly Rule[];
}

/** A configured `acr` value and what it stands for. */
export interface AcrLevel {
  readonly value: string;
  readonly requirement: Requirement;
}
