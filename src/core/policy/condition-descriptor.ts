/** The plug-in interface of a condition, which every file in `conditions/` implements. */
import type { ConditionName, ConditionOf, ConditionResult } from '../model/conditions.ts';
import type { Facts, RuleFacts, Subject } from '../model/facts.ts';
import type { ConditionTheory } from './theories/theory.ts';

/** One compiled test of a condition. Deciding and explaining use the same closure (Law 3). */
export interface ConditionTest {
  /** e.g. `groups`, `device.known`, `attributes.department`. */
  readonly name: string;
  readonly test: (facts: RuleFacts) => ConditionResult;
  /** The facts that it reads, if its name does not say so. */
  readonly reads?: readonly string[];
  /** Overrides `varies` of the descriptor for this test. */
  readonly varies?: boolean;
}

/**
 * What a condition asks about. `config diff`, `config matrix` and `config who` use this to compare sign-ins and to name
 * users.
 *
 * - `user`: who the user is, from the user's record
 * - `account`: what happened to the account, and how long ago
 * - `past`: when the user signed in before. It is on record of real users, and answers about others try all times
 * - `circumstance`: network, device or time. Comparisons try all circumstances that the rules distinguish
 * - `app`: the app. Each comparison names one
 * - `scope`: the scopes of the request. `config diff` tries each of them
 * - `evidence`: how the user signed in
 * - `anything`: a formula
 * - `other`: not covered by comparisons. Each command says that it ignores such conditions
 */
export type ConditionAbout =
  | 'user'
  | 'account'
  | 'past'
  | 'circumstance'
  | 'app'
  | 'scope'
  | 'evidence'
  | 'anything'
  | 'other';

/** What a number counts: 0 = Sunday, minutes since midnight, or what its name says. */
export type NumberUnit = 'seconds' | 'kilometres' | 'dayOfWeek' | 'minuteOfDay';

/** The keys at which any form of the condition holds a number, or several. */
type NumberKey<Condition> = Condition extends unknown
  ? {
      [Key in keyof Condition]-?: NonNullable<Condition[Key]> extends number | readonly number[] ? Key : never;
    }[keyof Condition]
  : never;

/** A condition as a plug-in: how to test it, whether it may change, and which facts meet it. */
export interface ConditionDescriptor<Name extends ConditionName> {
  readonly about: ConditionAbout;
  /** What each of its numbers counts, by key. Output shows them as a file has them. */
  readonly units: Readonly<Record<NumberKey<ConditionOf<Name>>, NumberUnit>>;
  /** One test for each part of the condition; all of them must hold. */
  readonly compile: (condition: ConditionOf<Name>) => readonly ConditionTest[];
  /**
   * The result may change between two sign-ins of the same user to the same app: with another network, device, time or
   * scopes.
   */
  readonly varies: boolean;
  /** It asks about the past of the account, which counts only once something is proved. */
  readonly onceProved?: true;
  /** What `config check` uses for its proofs. */
  readonly theory: ConditionTheory<Name>;
}

/** Turns a test result into a hit (true) or a miss (false). */
export function resultOf(holds: boolean): ConditionResult {
  return holds ? 'hit' : 'miss';
}

/** A test that depends on the user: `unknown` until the user has identified. */
export function subjectTest(holds: (subject: Subject) => boolean): (facts: Facts) => ConditionResult {
  return ({ subject }) => (subject === undefined ? 'unknown' : resultOf(holds(subject)));
}
