/**
 * All minimal sufficient sets, by authenticator. The step loop needs only one for each option; a text that says what is
 * asked for in all names every one.
 */
import { withMethodsApart } from '../evidence/named.ts';
import { type AssessedEvidence, meetsAll } from '../evidence/requirement.ts';
import type { LayerRequirement } from '../model/decision.ts';
import { omitUndefined } from '../model/omit-undefined.ts';
import { LONGEST_CHAIN, type Requirement } from '../model/policy.ts';
import { type Capabilities, forAccountManagement, provable } from './capabilities.ts';
import { enrollmentPlans } from './enrollment-plans.ts';
import type { EvidenceAndActions } from './sufficient-sets.ts';

/** To prove an authenticator, or to enroll it. A chain may take two of one kind. */
export interface Action {
  readonly authenticator: string;
  /** Where the requirements tell its methods apart. */
  readonly method?: string;
  readonly toEnroll?: true;
}

/** Minimal sets of actions that meet all requirements. */
export interface AllSets {
  /** The smallest first, then in the order of the authenticators. */
  readonly sets: readonly (readonly Action[])[];
  /** False: there may be others, which the search did not get to. */
  readonly isComplete: boolean;
}

/** So many sets are tried: about 30 ms. No realistic configuration comes near. */
const mostTried = 20_000;

/**
 * Of users who have two enrollments of one kind, the better one counts: it may be enough where the other one is not.
 * Enrolling is for users who cannot complete without it.
 */
export function allSufficientSets(requirements: readonly LayerRequirement[], capabilities: Capabilities): AllSets {
  const byProof = minimalSets(requirements, { evidence: capabilities.evidence, actions: provable(capabilities) });
  if (byProof.sets.length > 0 || !byProof.isComplete) return byProof;
  const { evidence } = forAccountManagement(capabilities);
  const found = enrollmentPlans(requirements, capabilities).map(({ before, actions }) =>
    minimalSets([...before, ...requirements], { evidence, actions }),
  );
  const sets = minimalOf(found.flatMap((one) => one.sets));
  return { sets, isComplete: found.every((one) => one.isComplete) };
}

function minimalSets(requirements: readonly LayerRequirement[], { evidence, actions }: EvidenceAndActions): AllSets {
  const hasChains = requirements.some(({ anyOf }) => anyOf.some((one) => 'chains' in one));
  const able = distinct(byMethod(actions, requirements), hasChains ? LONGEST_CHAIN : 1);
  const most = requirements.reduce((sum, { anyOf }) => sum + Math.max(0, ...anyOf.map(mostOf)), 0);
  const found: Indexes[] = [];
  let tried = 0;
  let smaller: readonly Indexes[] = [[]];
  for (let size = 1; size <= most; size += 1) {
    const candidates = smaller.flatMap((set) => withOneMore(set, able.length)).filter((set) => !holdsAny(set, found));
    tried += candidates.length;
    if (tried > mostTried) return { sets: namedSets(found, able), isComplete: false };
    const suffices = (set: Indexes) => meetsAll(requirements, [...evidence, ...set.flatMap((at) => able[at] ?? [])]);
    const { true: enough = [], false: short = [] } = Object.groupBy(candidates, (set) => `${suffices(set)}`);
    found.push(...enough);
    smaller = short;
  }
  return { sets: namedSets(found, able), isComplete: true };
}

/** Places of actions in a list, in ascending order. */
type Indexes = readonly number[];

function withOneMore(set: Indexes, count: number): readonly Indexes[] {
  const first = (set.at(-1) ?? -1) + 1;
  return Array.from({ length: count - first }, (_, index) => [...set, first + index]);
}

function holdsAny(set: Indexes, found: readonly Indexes[]): boolean {
  return found.some((known) => known.every((one) => set.includes(one)));
}

/** More actions than that never are in one minimal set for it. */
function mostOf(requirement: Requirement): number {
  if ('chains' in requirement) return Math.max(0, ...requirement.chains.map((chain) => chain.length));
  return Math.max(0, ...requirement.anyOf.map(({ demands, factors }) => demands.length + Math.max(1, factors)));
}

/** An action for each method that the requirements tell apart. */
function byMethod(
  actions: readonly AssessedEvidence[],
  requirements: readonly LayerRequirement[],
): readonly AssessedEvidence[] {
  const apart = withMethodsApart(requirements.flatMap(({ anyOf }) => anyOf));
  return actions.flatMap(({ methods, ...action }) => {
    if (!methods || !apart.has(action.authenticator)) return [action];
    return methods.map((method) => ({ ...action, methods: [method] }));
  });
}

/** Of actions that look alike, so many as can count at once. */
function distinct(actions: readonly AssessedEvidence[], copies: number): readonly AssessedEvidence[] {
  const looks = Map.groupBy(actions, ({ enrollment: _, ...look }) => JSON.stringify(look));
  return [...looks.values()].flatMap((alike) => alike.slice(0, copies));
}

function namedSets(found: readonly Indexes[], able: readonly AssessedEvidence[]): AllSets['sets'] {
  return minimalOf(found.map((set) => set.flatMap((at) => actionOf(able[at]))));
}

function actionOf(evidence: AssessedEvidence | undefined): readonly Action[] {
  if (evidence === undefined) return [];
  const { authenticator, methods: [method] = [], toEnroll } = evidence;
  return [omitUndefined({ authenticator, method, toEnroll })];
}

/** Of sets that are equal, one, and none that holds all of another one. */
function minimalOf(sets: AllSets['sets']): AllSets['sets'] {
  const kept: (readonly Action[])[] = [];
  for (const set of sets.toSorted((a, b) => a.length - b.length))
    if (!kept.some((known) => holdsAllOf(set, known))) kept.push(set);
  return kept;
}

function holdsAllOf(set: readonly Action[], part: readonly Action[]): boolean {
  const left = set.map((action) => JSON.stringify(action));
  return part.every((action) => {
    const at = left.indexOf(JSON.stringify(action));
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}
