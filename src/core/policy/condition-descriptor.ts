/** What a condition of a rule consists of: the type that every file in `conditions/` implements. */
import type { ConditionName, ConditionOf, ConditionResult } from '../model/conditions.ts';
import type { Facts, RuleFacts, Subject } from '../model/facts.ts';
import type { ConditionTheory } from './theories/theory.ts';

/** One test of a condition, ready to run. The same closure serves deciding and explaining (Law 3). */
export interface ConditionTest {
  /** e.g. `groups`, `device.known`, `attributes.department`. */
  readonly name: string;
  readonly test: (facts: RuleFacts) => ConditionResult;
  /** Where this test of the condition differs from the others: see the descriptor. */
  readonly varies?: boolean;
}

type FactGroup = 'request' | 'network' | 'device' | 'subject';

/** The facts that a condition asks for. They are laid over plain facts, groups of facts member by member. */
export type SampleFacts = Partial<Omit<Facts, FactGroup>> & {
  readonly [Group in FactGroup]?: Partial<NonNullable<Facts[Group]>>;
};

/** The same condition as two rules have it, for the search for facts to which both rules apply. */
export interface ConditionPair<Name extends ConditionName> {
  readonly one: ConditionOf<Name> | undefined;
  readonly other: ConditionOf<Name> | undefined;
  /** As the remaining rules of both policies have it: one of them may decide first. */
  readonly rest: readonly ConditionOf<Name>[];
}

/**
 * What a condition asks about, for what compares sign-ins or names users: `config diff`, `config matrix`, `config who`,
 * and the analysis of rules.
 *
 * - `user`: who the user is, as the record says
 * - `account`: what happened to the account, and how long ago
 * - `circumstance`: network, device or time. Comparisons go through those that the rules tell apart
 * - `app`: the app, which each comparison names
 * - `scope`: the scopes of the request. `config diff` goes through them
 * - `evidence`: how the user signed in
 * - `anything`: a formula
 * - `other`: what no comparison goes through. Each says that it leaves such a condition aside
 */
export type ConditionAbout = 'user' | 'account' | 'circumstance' | 'app' | 'scope' | 'evidence' | 'anything' | 'other';

/** A condition as a plug-in: how to test it, whether it may change, and which facts meet it. */
export interface ConditionDescriptor<Name extends ConditionName> {
  readonly about: ConditionAbout;
  /** Numbers in it are durations (seconds), and written as such for a reader. */
  readonly holdsSeconds: boolean;
  /** One test for each part of the condition; all of them must hold. */
  readonly compile: (condition: ConditionOf<Name>) => readonly ConditionTest[];
  /**
   * The result may differ at another sign-in of the same user to the same app: with another network, device, time or
   * scopes.
   */
  readonly varies: boolean;
  /**
   * Facts that fit both conditions as far as possible, for analysis only; the evaluator finds out whether they do.
   * Empty: nothing is sure to fit both.
   */
  readonly samples: (pair: ConditionPair<Name>) => readonly SampleFacts[];
  /**
   * What `config check` proves with. Absent: each such condition may hold or not, whatever else does, so that nothing
   * about it is ever proved wrongly; what would take more is reported as undecided.
   */
  readonly theory?: ConditionTheory<Name>;
}

/** A test that is decided: a hit if it holds. */
export function resultOf(holds: boolean): ConditionResult {
  return holds ? 'hit' : 'miss';
}

/** A test that depends on the user: `unknown` until the user has identified. */
export function subjectTest(holds: (subject: Subject) => boolean): (facts: Facts) => ConditionResult {
  return ({ subject }) => (subject === undefined ? 'unknown' : resultOf(holds(subject)));
}
