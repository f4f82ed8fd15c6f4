/**
 * The conditions of a rule, as data. A new condition is one member of `Conditions`; the tables then do not compile
 * without it.
 */
import type { OperatingSystem, Platform, RuleFacts, Seconds } from './facts.ts';
import type { RiskLevel, RiskSignal } from './risk.ts';

/** Lists of names to compare with the user's or the request's: all lists that are there must hold. */
export interface AnyAllNone {
  readonly any?: readonly string[];
  readonly all?: readonly string[];
  readonly none?: readonly string[];
}

/** Conditions by name: all that are there must hold. */
export interface ConditionSet {
  /** User ids or canonical identifiers. */
  readonly users?: { readonly any?: readonly string[]; readonly none?: readonly string[] };
  readonly groups?: AnyAllNone;
  readonly userType?: { readonly any?: readonly string[]; readonly none?: readonly string[] };
  /** Names of network zones. */
  readonly network?: AnyAllNone;
  readonly device?: {
    readonly known?: boolean;
    readonly platform?: readonly Platform[];
    readonly os?: readonly OperatingSystem[];
    readonly registered?: boolean;
    readonly managed?: boolean;
    /** Names of device assurances. */
    readonly assurance?: AnyAllNone;
  };
  /** Client ids. */
  readonly apps?: { readonly any?: readonly string[]; readonly none?: readonly string[] };
  /** OAuth scopes of the request. */
  readonly scopes?: AnyAllNone;
  /** Claims that the request calls essential. */
  readonly claims?: AnyAllNone;
  readonly time?: {
    /** 0 = Sunday ... 6 = Saturday, in `zone`. */
    readonly days?: readonly number[];
    /** Minutes since midnight in `zone`. `from` after `to`: the window spans midnight. `to` itself is outside. */
    readonly from?: number;
    readonly to?: number;
    /** IANA name of the time zone. */
    readonly zone: string;
  };
  /** How long ago the account was made (seconds). */
  readonly accountAge?: { readonly atLeast?: Seconds; readonly below?: Seconds };
  /**
   * `within`: the last sign-in before this session was less than this long ago (seconds). `notWithin`: it was not; an
   * account that never signed in meets this.
   */
  readonly lastSignIn?: { readonly within: Seconds } | { readonly notWithin: Seconds };
  /** What is unusual about the sign-in: how much, and what. */
  readonly risk?: {
    readonly atLeast?: Exclude<RiskLevel, 'low'>;
    readonly below?: Exclude<RiskLevel, 'low'>;
    readonly any?: readonly RiskSignal[];
    readonly none?: readonly RiskSignal[];
  };
  /** Kilometres to the nearest place that the user usually signs in from. `notWithin`: the exact complement. */
  readonly distance?: { readonly within: number } | { readonly notWithin: number };
  /** The account was recovered less than this long ago (seconds). */
  readonly recovered?: { readonly within: Seconds };
  /**
   * Names of authenticators, or of methods of them, that the user proved to sign in. In enrollment and profile rules
   * only, and never negated: so the condition cannot cause what it asks about.
   */
  readonly authenticated?: Omit<AnyAllNone, 'none'>;
  /** By profile attribute; all of them must hold. */
  readonly attributes?: Readonly<Record<string, AttributeTest>>;
  readonly expression?: CompiledExpression;
}

/** A condition as a formula (CEL), made into a function when the revision is loaded. */
export interface CompiledExpression {
  /** As it stands in the file. */
  readonly written: string;
  /** It cannot be evaluated before the user has identified. */
  readonly aboutUser: boolean;
  /** It may differ at another sign-in of the same user to the same app. */
  readonly varies: boolean;
  /** `error`: it could not be evaluated. */
  readonly evaluate: (facts: RuleFacts) => 'hit' | 'miss' | 'error';
  /**
   * The logic of the expression, as far as an analysis can take it apart. Equals the expression wherever that can be
   * evaluated.
   */
  readonly logic: ExpressionLogic;
  /** A part of it by its text, to make up facts in which it holds or does not. Absent: no part can be evaluated. */
  readonly partOf?: (text: string) => ExpressionPart;
}

/** What an analysis knows of an opaque part of an expression. */
export interface ExpressionPart {
  readonly evaluate: CompiledExpression['evaluate'];
  /** The facts that it reads, e.g. `user.identifiers`, `user.profile.nickname`, `now`. */
  readonly reads: readonly string[];
  /** The constants in it. */
  readonly texts: readonly string[];
  readonly numbers: readonly number[];
  /** The texts that it compares the client id with: it is the same at all apps in none of them. Absent: not known. */
  readonly comparedWithApp?: (facts: RuleFacts) => readonly string[];
  /** What the part says at this app alone. Absent: it does not read the client id. */
  readonly atApp?: (clientId: string) => ExpressionLogic;
}

/**
 * - `from`: it is this moment or later (epoch seconds)
 * - `when`: these conditions hold
 * - `ofApp`: something about the client id of the app alone
 * - `userType`: the type of the user is one of these, or any; it fails if the user has none
 * - `attribute`: a comparison with an attribute of the profile
 * - `zones`: the address is in one of these zones
 * - `text`: anything else; the same text is the same for the same facts, and it may fail
 */
export type ExpressionLogic =
  | { readonly all: readonly ExpressionLogic[] }
  | { readonly any: readonly ExpressionLogic[] }
  | { readonly not: ExpressionLogic }
  | { readonly from: Seconds }
  | { readonly when: Pick<ConditionSet, 'groups' | 'scopes' | 'device' | 'apps'> }
  | { readonly ofApp: (clientId: string) => 'hit' | 'miss' | 'error' }
  | { readonly userType: readonly string[] | 'any' }
  | AttributeLogic
  | ZoneLogic
  | { readonly text: string };

/** What an expression asks of an attribute. */
export interface AttributeLogic {
  readonly attribute: string;
  /** The value passes; it fails if there is none. Absent: there is a value, be it an empty list. */
  readonly test?: ValueTest;
  /** The attribute is a list, and one of its members passes. */
  readonly isMember?: true;
  /** The same as text, where the schema says nothing of the attribute, or gives it another type. */
  readonly text: string;
}

/** What an expression asks of the zones of the address. */
export interface ZoneLogic {
  readonly zones: readonly string[];
  /** The same as text, where zones have other names than the expression gives them. */
  readonly text: string;
}

/** When a rule applies: all conditions that are there must hold. Without one the rule always applies. */
export interface Conditions extends ConditionSet {
  /** One of these sets must hold. */
  readonly any?: readonly ConditionSet[];
}

/** The name of a condition, as in policies. */
export type ConditionName = keyof ConditionSet;

/** One condition, as a rule has it. */
export type ConditionOf<Name extends ConditionName> = NonNullable<ConditionSet[Name]>;

/** What one profile attribute is compared with: all members that are there must hold for one and the same value. */
export interface AttributeTest extends ValueTest {
  /** Whether there is a value at all. */
  readonly present?: boolean;
  /** Does not hold. The exact complement: an attribute without a value meets it. */
  readonly not?: ValueTest;
}

/** What one value is compared with. A value of another type meets none of it. */
export interface ValueTest {
  readonly equals?: AttributeValue;
  readonly in?: readonly AttributeValue[];
  /**
   * `*` matches any run of characters, all else matches itself. No regular expression, so no input can make it slow.
   */
  readonly matches?: string;
  /** Numbers: `>=`, `>`, `<=`, `<`. */
  readonly atLeast?: number;
  readonly above?: number;
  readonly atMost?: number;
  readonly below?: number;
  /** Dates (UTC) that end before the bound begins, or at that moment. */
  readonly before?: DateBound;
  /** Dates (UTC) that begin after the bound ends, or at that moment. */
  readonly after?: DateBound;
}

/** A day or a moment (epoch seconds; a day ends where the next one begins), or this many seconds from now. */
export type DateBound =
  | { readonly written: string; readonly from: Seconds; readonly to: Seconds }
  | { readonly written: string; readonly fromNow: Seconds };

/** A value that a policy can compare a profile attribute with. */
export type AttributeValue = string | number | boolean;

/**
 * `unknown`: it depends on the user, who has not identified yet, or has not signed in yet. `error`: it could not be
 * found out, and the rule denies (Law 4).
 */
export type ConditionResult = 'hit' | 'miss' | 'unknown' | 'error';
