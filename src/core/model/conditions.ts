/** When a rule applies, as data. */
import type { OperatingSystem, Platform } from './facts.ts';

/** Membership lists: every given one must hold. */
export interface AnyAllNone {
  readonly any?: readonly string[];
  readonly all?: readonly string[];
  readonly none?: readonly string[];
}

/** When a rule applies. All given conditions must hold; none given: always. */
export interface Conditions {
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
  };
  /** Client ids. */
  readonly apps?: { readonly any?: readonly string[]; readonly none?: readonly string[] };
  /** OAuth scopes of the request. */
  readonly scopes?: AnyAllNone;
  readonly time?: {
    /** 0 = Sunday ... 6 = Saturday, in `zone`. */
    readonly days?: readonly number[];
    /** Minutes since midnight in `zone`; `from` after `to` means over midnight. `to` itself is outside. */
    readonly from?: number;
    readonly to?: number;
    /** IANA name of the time zone. */
    readonly zone: string;
  };
  /** By profile attribute; all given attributes must hold. */
  readonly attributes?: Readonly<Record<string, AttributeTest>>;
}

export type ConditionName = keyof Conditions;

/** One condition, as a rule has it. */
export type ConditionOf<Name extends ConditionName> = NonNullable<Conditions[Name]>;

export interface AttributeTest {
  readonly equals?: AttributeValue;
  readonly in?: readonly AttributeValue[];
  /** `*` matches any run of characters, everything else itself. Not a regular expression: no input can make it slow. */
  readonly matches?: string;
}

export type AttributeValue = string | number | boolean;

export type ConditionResult = 'hit' | 'miss' | 'unknown';
