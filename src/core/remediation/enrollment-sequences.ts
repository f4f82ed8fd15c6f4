/**
 * Enrollments that come before another one, since the account policy asks for a proof by them before it. See decision
 * 169.
 */
import { demandsOf } from '../evidence/proof-names.ts';
import { type AnyDemand, type AssessedEvidence, meetsAll, meetsDemand } from '../evidence/requirement.ts';
import type { LayerRequirement } from '../model/decision.ts';
import type { RequiredEnrollment } from '../model/enrollment-policy.ts';
import { type Capabilities, forAccountManagement, provable } from './capabilities.ts';
import { enrollable, mostOf } from './enrollable.ts';
import { additionGroups, enrollmentPlans, hasEnrollmentPlan } from './enrollment-plans.ts';
import { afterEnrolling } from './made-enrollments.ts';
import { isLacking } from './missing-enrollments.ts';
import { sufficientSets } from './sufficient-sets.ts';

/**
 * What may be enrolled first, one of each. Absent: what the enrollment policy requires in any case, and that by which
 * the requirements can be met, if nothing came before an enrollment.
 */
type Needed = readonly RequiredEnrollment[] | undefined;

/** Whether the requirements can be met once such enrollments were made. */
export function hasEnrollmentSequence(requirements: readonly LayerRequirement[], capabilities: Capabilities): boolean {
  return shortestSequences(requirements, capabilities, undefined).length > 0;
}

/** The enrollments that may come first, with the fewest to follow. Empty: none leads there. */
export function firstOfSequence(
  requirements: readonly LayerRequirement[],
  capabilities: Capabilities,
  needed?: Needed,
): readonly AssessedEvidence[] {
  const counted = shortestSequences(requirements, capabilities, needed).map(({ first, able }) => ({
    first,
    count: leftToEnroll(requirements, able),
  }));
  const fewest = Math.min(...counted.map(({ count }) => count));
  return distinct(counted.filter(({ count }) => count === fewest).flatMap(({ first }) => first ?? []));
}

/** Enrollments that were made one after the other. */
interface EnrollmentSequence {
  /** Absent: none was made. */
  readonly first?: AssessedEvidence;
  readonly keys: readonly string[];
  readonly able: Capabilities;
}

/** A limit of the search, for each number of enrollments. */
const mostSequences = 16;

/**
 * The shortest sequences after which the requirements are within reach. Without an account policy, nothing can come
 * before another. What comes before a change at the account pages is met by enrollments that exist.
 */
function shortestSequences(
  requirements: readonly LayerRequirement[],
  capabilities: Capabilities,
  needed: Needed,
): readonly EnrollmentSequence[] {
  const isForChange = needed === undefined && requirements.some(({ isAccountManagement }) => isAccountManagement);
  if (capabilities.additions === undefined || isForChange) return [];
  let sequences: readonly EnrollmentSequence[] = [{ keys: [], able: capabilities }];
  while (sequences.length > 0) {
    const longer = distinctSequences(sequences.flatMap((sequence) => longerBy(sequence, requirements, needed)));
    const enough = longer.filter(({ able }) => isWithinReach(requirements, able));
    if (enough.length > 0) return enough;
    sequences = longer.slice(0, mostSequences);
  }
  return [];
}

function longerBy(
  { first, keys, able }: EnrollmentSequence,
  requirements: readonly LayerRequirement[],
  needed: Needed,
): readonly EnrollmentSequence[] {
  const asked = [...requirements, ...additionsOf(able)];
  const isLeft = ({ authenticator }: AssessedEvidence) =>
    keys.filter((key) => key === authenticator).length < mostOf(authenticator, asked);
  return nextEnrollments(requirements, able, needed)
    .filter(isLeft)
    .map((action) => ({
      first: first ?? action,
      keys: [...keys, action.authenticator].sort(),
      able: afterEnrolling([action], able),
    }));
}

/** Of the sequences that begin with and consist of the same, one. */
function distinctSequences(sequences: readonly EnrollmentSequence[]): readonly EnrollmentSequence[] {
  const byLook = new Map(
    sequences.map((sequence) => [JSON.stringify([sequence.first?.authenticator, sequence.keys]), sequence]),
  );
  return [...byLook.values()];
}

function distinct(actions: readonly AssessedEvidence[]): readonly AssessedEvidence[] {
  return [...new Map(actions.map((action) => [action.authenticator, action])).values()];
}

/** Whether proofs meet the requirements, or enrollments that depend on nothing but proofs. */
function isWithinReach(requirements: readonly LayerRequirement[], capabilities: Capabilities): boolean {
  return meetsAll(requirements, everyProof(capabilities)) || hasEnrollmentPlan(requirements, capabilities);
}

/** What the user has proved and could prove, as it counts before an enrollment. */
export function everyProof(capabilities: Capabilities): readonly AssessedEvidence[] {
  const able = forAccountManagement(capabilities);
  return [...able.evidence, ...provable(able)];
}

/**
 * How many enrollments that may be asked for on the way lead to capabilities that are enough, after proofs. Infinite:
 * none do. Where there are too many ways to try, one of them is taken to lead there.
 */
export function enrollmentsTo(
  isEnough: (capabilities: Capabilities) => boolean,
  requirements: readonly LayerRequirement[],
  capabilities: Capabilities,
): number {
  let sequences: readonly EnrollmentSequence[] = [{ keys: [], able: capabilities }];
  for (let made = 0; sequences.length > 0; made += 1) {
    if (sequences.length > mostSequences || sequences.some(({ able }) => isEnough(able))) return made;
    const longer = sequences.flatMap((sequence) => longerBy(sequence, requirements, undefined));
    sequences = distinctSequences(longer.map(({ keys, able }) => ({ keys, able })));
  }
  return Number.POSITIVE_INFINITY;
}

/**
 * The enrollments that may come next: of what is needed, and of what the account policy names before that, unless the
 * user can enroll that after proofs. What merely adds up to as many factors is none: a mailbox could set up a password
 * to be two.
 */
export function nextEnrollments(
  requirements: readonly LayerRequirement[],
  capabilities: Capabilities,
  needed: Needed,
): readonly AssessedEvidence[] {
  const evidence = everyProof(capabilities);
  const all = enrollable(capabilities, [...requirements, ...additionsOf(capabilities)]);
  const actions = distinct(all.toReversed()).toReversed();
  const isMet = needed !== undefined || meetsAll(requirements, evidence);
  const { sets } = isMet ? { sets: [] } : sufficientSets(requirements, { evidence, actions: all });
  const helpful = sets.flatMap((set) => set.actions.flatMap(({ members }) => members));
  const own = [...openKeys(capabilities, needed), ...helpful.map(({ authenticator }) => authenticator)];
  const isReady = (key: string) =>
    additionGroups([key], capabilities).every(({ before }) => meetsAll(before, evidence));
  const namedBefore = (key: string) => (isReady(key) ? [] : namedIn(capabilities.additions?.get(key), actions));
  const wanted = withAllBefore(own, namedBefore);
  return actions.filter(({ authenticator }) => wanted.has(authenticator) && isReady(authenticator));
}

/** Keys of the authenticators that can be enrolled, and of which the user has less than is needed. */
export function openKeys(capabilities: Capabilities, needed: Needed): readonly string[] {
  const { policies, required = [] } = capabilities;
  const open = (needed ?? required)
    .filter((enrollment) => isLacking(enrollment, capabilities))
    .flatMap(({ anyOf }) => anyOf);
  return open.filter((name) => policies.authenticators.some(({ key, enrollable: can }) => can && key === name));
}

function additionsOf({ additions }: Capabilities): readonly LayerRequirement[] {
  return [...(additions?.values() ?? [])];
}

/** The keys, and those before them, and before these. */
function withAllBefore(keys: readonly string[], before: (key: string) => readonly string[]): ReadonlySet<string> {
  const all = new Set(keys);
  for (const key of all) for (const other of before(key)) all.add(other);
  return all;
}

/** Keys of the authenticators that the requirement names, and that can be enrolled. */
function namedIn(requirement: LayerRequirement | undefined, actions: readonly AssessedEvidence[]): readonly string[] {
  const parts = requirement?.anyOf.flatMap(demandsOf).filter(isSpecific) ?? [];
  return actions
    .filter((action) => parts.some((part) => meetsDemand(part, action)))
    .map(({ authenticator }) => authenticator);
}

/** It takes certain authenticators, not all of a factor type. */
function isSpecific({ authenticators, characteristics }: AnyDemand): boolean {
  return authenticators !== undefined || characteristics !== undefined;
}

/** How many enrollments the smallest plan takes. */
function leftToEnroll(requirements: readonly LayerRequirement[], capabilities: Capabilities): number {
  const { evidence } = forAccountManagement(capabilities);
  if (meetsAll(requirements, everyProof(capabilities))) return 0;
  const [plan] = enrollmentPlans(requirements, capabilities);
  if (plan === undefined) return Number.POSITIVE_INFINITY;
  const { sets } = sufficientSets([...plan.before, ...requirements], { evidence, actions: plan.actions });
  const counts = sets.map(({ actions }) => actions.filter(({ members: [member] }) => member?.toEnroll).length);
  return Math.min(...counts);
}
