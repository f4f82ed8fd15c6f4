/** The unmet layers and the actions that help with them, prepared for the search for sufficient sets. */

import { type AssessedEvidence, countedFor, meetsLayerRequirement } from '../evidence/requirement.ts';
import type { LayerRequirement } from '../model/decision.ts';
import type { Characteristic, Factor } from '../model/facts.ts';
import { longestChain } from '../model/policy.ts';
import { type Automaton, alternativeAutomaton, isMetBy } from './alternative-automaton.ts';
import { chainAutomaton } from './chain-automaton.ts';

/** Actions with equal effects on every alternative and chain, which are therefore interchangeable. */
export interface ActionClass {
  readonly members: readonly AssessedEvidence[];
  /** The effect on each automaton. */
  readonly effects: readonly number[];
}

/** The input of a search. */
export interface SearchSpace {
  /**
   * The alternatives and chains of all unmet layers, layer by layer. Those that even all actions together could not
   * meet are left out.
   */
  readonly automata: readonly Automaton[];
  /** The range of automata of each layer. Meeting one automaton of a layer is enough. */
  readonly layers: readonly { readonly from: number; readonly to: number }[];
  readonly classes: readonly ActionClass[];
}

interface LayerAutomaton {
  readonly automaton: Automaton;
  readonly required: LayerRequirement;
}

/**
 * Actions with the same properties, so that their effects are computed once. Users can have many enrollments of one
 * kind.
 */
interface Look {
  readonly members: AssessedEvidence[];
  readonly effects: readonly number[];
}

/** The space of the layers that the evidence does not meet. Undefined if even all actions together do not suffice. */
export function searchSpace(
  requirements: readonly LayerRequirement[],
  evidence: readonly AssessedEvidence[],
  actions: readonly AssessedEvidence[],
): SearchSpace | undefined {
  const open = requirements.filter((required) => !meetsLayerRequirement(required, evidence));
  const automata = open.flatMap((required) => automataOf(required, evidence));
  const looks = distinctLooks(actions, automata, evidence);
  const kept = [...automata.keys()].filter((at) => isWithinReach(at, automata, looks));
  const layers = open.map((required) => ({
    from: kept.findIndex((at) => automata[at]?.required === required),
    to: kept.findLastIndex((at) => automata[at]?.required === required) + 1,
  }));
  if (layers.some(({ to }) => to === 0)) return undefined;
  return { automata: kept.flatMap((at) => automata[at]?.automaton ?? []), layers, classes: classesOf(looks, kept) };
}

function automataOf(required: LayerRequirement, evidence: readonly AssessedEvidence[]): readonly LayerAutomaton[] {
  const counted = countedFor(required, evidence);
  const automata = required.anyOf.flatMap((requirement) =>
    'anyOf' in requirement
      ? requirement.anyOf.map((alternative) => alternativeAutomaton(alternative, counted))
      : requirement.chains.map((chain) => chainAutomaton(chain, counted)),
  );
  return automata.map((automaton) => ({ automaton, required }));
}

function distinctLooks(
  actions: readonly AssessedEvidence[],
  automata: readonly LayerAutomaton[],
  evidence: readonly AssessedEvidence[],
): readonly Look[] {
  const looks = new Map<string, Look>();
  const proved = new Set(evidence.map(({ enrollment }) => enrollment));
  for (const action of actions) {
    const key = lookOf(action, proved);
    const look = looks.get(key);
    if (look) look.members.push(action);
    else looks.set(key, { members: [action], effects: automata.map((automaton) => effectOn(automaton, action)) });
  }
  return [...looks.values()];
}

function effectOn({ automaton, required }: LayerAutomaton, action: AssessedEvidence): number {
  return countedFor(required, [action]).length === 0 ? 0 : automaton.effectOf(action);
}

const shownBits: Readonly<Record<Factor | Characteristic, number>> = {
  knowledge: 1,
  possession: 2,
  inherence: 4,
  userPresence: 8,
  userVerification: 16,
  deviceBound: 32,
  hardwareProtected: 64,
  phishingResistant: 128,
};

/**
 * Everything that the effects depend on: what the action proves, by which methods, and what its enrollment proved
 * before.
 */
function lookOf(action: AssessedEvidence, proved: ReadonlySet<string>): string {
  let shown = (action.toEnroll ? 256 : 0) + (action.accountManagementOnly ? 512 : 0);
  for (const factor of action.factors) shown |= shownBits[factor];
  for (const characteristic of action.characteristics) shown |= shownBits[characteristic];
  const methods = action.methods ? `.${action.methods}` : '';
  return `${action.authenticator}${methods} ${shown} ${proved.has(action.enrollment) ? action.enrollment : ''}`;
}

/** Whether all actions together would suffice. A chain never uses more equal actions than it has steps. */
function isWithinReach(at: number, automata: readonly LayerAutomaton[], looks: readonly Look[]): boolean {
  const automaton = automata[at]?.automaton;
  const effects = looks.flatMap(({ members, effects: lookEffects }) =>
    members.slice(0, longestChain).map(() => lookEffects[at] ?? 0),
  );
  return automaton !== undefined && isMetBy(automaton, effects);
}

function classesOf(looks: readonly Look[], kept: readonly number[]): readonly ActionClass[] {
  const classes = new Map<string, Look>();
  for (const { members, effects } of looks) {
    const useful = kept.map((at) => effects[at] ?? 0);
    if (useful.every((effect) => effect === 0)) continue;
    const { toEnroll, auxiliary } = members[0] ?? {};
    const key = `${useful} ${toEnroll} ${auxiliary}`;
    const known = classes.get(key);
    if (known) known.members.push(...members);
    else classes.set(key, { members: [...members], effects: useful });
  }
  return [...classes.values()];
}
