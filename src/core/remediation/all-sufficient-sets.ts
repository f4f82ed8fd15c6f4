/**
 * All minimal sufficient sets, by authenticator. The step loop needs only one for each option, but a text that lists
 * what is asked for needs all of them.
 */
import { withMethodsApart } from '../evidence/proof-names.ts';
import type { AssessedEvidence } from '../evidence/requirement.ts';
import type { LayerRequirement } from '../model/decision.ts';
import { distinct } from '../model/distinct.ts';
import { omitUndefined } from '../model/omit-undefined.ts';
import type { Requirement } from '../model/policy.ts';
import { type Capabilities, provable } from './capabilities.ts';
import { minimalSets } from './minimal-sets.ts';

/**
 * The proof or the enrollment of an authenticator. A set may contain two equal actions, because a chain may ask for one
 * authenticator twice.
 */
export interface Action {
  readonly authenticator: string;
  /** Set if the requirements distinguish its methods. */
  readonly method?: string;
  readonly toEnroll?: true;
}

/** Minimal sets of actions that meet all requirements. */
export interface AllSets {
  /** The smallest first, then in the order of the authenticators. */
  readonly sets: readonly (readonly Action[])[];
  /** False if the search stopped at its limit, so there may be more. */
  readonly isComplete: boolean;
}

/** The sets by what the user does. Those with a needless first proof come last. */
export function setsOfActions({ sets, begunOtherwise, isComplete }: AllSetsOfEvidence): AllSets {
  const minimal = minimalOf(sets.map(actionsOf));
  return { sets: [...minimal, ...distinct(begunOtherwise.map(actionsOf))], isComplete };
}

/** The sets as evidence. Different sets may consist of equal actions. */
export interface AllSetsOfEvidence {
  readonly sets: readonly (readonly AssessedEvidence[])[];
  /** Such a set after a needless proof with which the user can begin, too. */
  readonly begunOtherwise: AllSetsOfEvidence['sets'];
  /** As in `AllSets`. */
  readonly isComplete: boolean;
}

interface SearchedSets {
  /** Methods that these requirements distinguish are told apart, too. */
  readonly distinguished?: readonly Requirement[];
  /** Which proofs the user can begin with. Each set then has one of them. Absent: any. */
  readonly isFirst?: ((proof: AssessedEvidence) => boolean) | undefined;
  /** Among them the secret of the first page. It is told before another set only if it matters. Absent: none is. */
  readonly isSecret?: ((proof: AssessedEvidence) => boolean) | undefined;
  /** Whether it matters that the user began with the proof, also if it is in another set. Absent: it does not. */
  readonly isTold?: ((proof: AssessedEvidence) => boolean) | undefined;
}

/**
 * Finds all sets of proofs. If a user has two enrollments of one kind, the better one counts, since it may suffice
 * where the other does not. Empty: no proofs suffice, or none of those with which the user can begin counts here.
 */
export function allSufficientEvidence(
  requirements: readonly LayerRequirement[],
  capabilities: Capabilities,
  { distinguished = [], isFirst, isSecret, isTold }: SearchedSets = {},
): AllSetsOfEvidence {
  const apart = withMethodsApart([...requirements.flatMap(({ anyOf }) => anyOf), ...distinguished]);
  const actions = byMethod(provable(capabilities), apart);
  const found = minimalSets(requirements, { evidence: capabilities.evidence, actions });
  if (isFirst === undefined) return { ...found, begunOtherwise: [] };
  const first = actions.filter(isFirst);
  if (first.length === 0) return { ...found, sets: [], begunOtherwise: [] };
  const begunOtherwise = begunNeedlessly(first, found.sets, { isSecret, isTold });
  return { ...found, sets: begunWith(first, found.sets), begunOtherwise };
}

type Sets = AllSetsOfEvidence['sets'];

/** Adds one of the first proofs to sets that have none. */
function begunWith(first: readonly AssessedEvidence[], sets: Sets): Sets {
  return sets.flatMap((set) => (hasOneOf(set, first) ? [set] : first.map((proof) => [proof, ...set])));
}

/**
 * Sets that have one of the first proofs, after another one. It is in none of the sets, or it matters that the user
 * began with it, and no set with it is met earlier.
 */
function begunNeedlessly(
  first: readonly AssessedEvidence[],
  sets: Sets,
  { isSecret, isTold }: Pick<SearchedSets, 'isSecret' | 'isTold'>,
): Sets {
  const actions = sets.map((set) => set.map(textOfAction));
  const told = first.filter((proof) => !isSecret?.(proof) || isTold?.(proof));
  return told.flatMap((proof) => {
    const own = actions.filter((set) => set.includes(textOfAction(proof)));
    if (own.length > 0 && !isTold?.(proof)) return [];
    return sets.flatMap((set) => {
      const begun = [proof, ...set].map(textOfAction);
      const isMetEarlier = own.some((other) => other.every((action) => begun.includes(action)));
      return hasOneOf(set, first) && !isMetEarlier ? [[proof, ...set]] : [];
    });
  });
}

/** Equal for proofs by the same authenticator and method. */
function textOfAction(proof: AssessedEvidence): string {
  return JSON.stringify(actionsOf([proof]));
}

function hasOneOf(set: readonly AssessedEvidence[], some: readonly AssessedEvidence[]): boolean {
  return set.some((proof) => some.includes(proof));
}

/** Splits each action of these authenticators by its methods. */
function byMethod(actions: readonly AssessedEvidence[], apart: ReadonlySet<string>): readonly AssessedEvidence[] {
  return actions.flatMap(({ methods, ...action }) => {
    if (!methods || !apart.has(action.authenticator)) return [action];
    return methods.map((method) => ({ ...action, methods: [method] }));
  });
}

/** The actions by which a user gains this evidence. */
export function actionsOf(evidence: readonly AssessedEvidence[]): readonly Action[] {
  return evidence.map(({ authenticator, methods: [method] = [], toEnroll }) =>
    omitUndefined({ authenticator, method, toEnroll }),
  );
}

/** Removes duplicates, and sets that contain another set. */
export function minimalOf(sets: AllSets['sets']): AllSets['sets'] {
  const kept: (readonly Action[])[] = [];
  for (const set of sets.toSorted((a, b) => a.length - b.length))
    if (!kept.some((known) => holdsAllOf(set, known))) kept.push(set);
  return kept;
}

/** Whether the set contains all of the part, each action as often. */
export function holdsAllOf(set: readonly Action[], part: readonly Action[]): boolean {
  const left = set.map((action) => JSON.stringify(action));
  return part.every((action) => {
    const at = left.indexOf(JSON.stringify(action));
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}
