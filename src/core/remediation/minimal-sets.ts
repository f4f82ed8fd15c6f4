/** All minimal sets of actions that meet the requirements, by trying them. */
import { type AssessedEvidence, meetsAll } from '../evidence/requirement.ts';
import type { LayerRequirement } from '../model/decision.ts';
import { longestChain, type Requirement } from '../model/policy.ts';
import type { EvidenceAndActions } from './sufficient-sets.ts';

/** The limit of the search: about 30 ms. No realistic configuration comes near it. */
const mostTried = 20_000;

/** `isComplete`: false if the search stopped at its limit, so there may be more. */
export function minimalSets(
  requirements: readonly LayerRequirement[],
  { evidence, actions }: EvidenceAndActions,
): { readonly sets: readonly (readonly AssessedEvidence[])[]; readonly isComplete: boolean } {
  const hasChains = requirements.some(({ anyOf }) => anyOf.some((requirement) => 'chains' in requirement));
  const able = countable(actions, hasChains ? longestChain : 1);
  const most = requirements.reduce((sum, { anyOf }) => sum + Math.max(0, ...anyOf.map(mostOf)), 0);
  const found: Indexes[] = [];
  const sets = () => found.map((set) => set.flatMap((at) => able[at] ?? []));
  let tried = 0;
  let smaller: readonly Indexes[] = [[]];
  for (let size = 1; size <= most; size += 1) {
    const candidates = smaller.flatMap((set) => withOneMore(set, able.length)).filter((set) => !holdsAny(set, found));
    tried += candidates.length;
    if (tried > mostTried) return { sets: sets(), isComplete: false };
    const suffices = (set: Indexes) => meetsAll(requirements, [...evidence, ...set.flatMap((at) => able[at] ?? [])]);
    const { true: enough = [], false: short = [] } = Object.groupBy(candidates, (set) => `${suffices(set)}`);
    found.push(...enough);
    smaller = short;
  }
  return { sets: sets(), isComplete: true };
}

/** Indexes of actions in a list, in ascending order. */
type Indexes = readonly number[];

function withOneMore(set: Indexes, count: number): readonly Indexes[] {
  const first = (set.at(-1) ?? -1) + 1;
  return Array.from({ length: count - first }, (_, index) => [...set, first + index]);
}

function holdsAny(set: Indexes, found: readonly Indexes[]): boolean {
  return found.some((known) => known.every((member) => set.includes(member)));
}

/** An upper bound for the number of actions in a minimal set for this requirement. */
function mostOf(requirement: Requirement): number {
  if ('chains' in requirement) return Math.max(0, ...requirement.chains.map((chain) => chain.length));
  return Math.max(0, ...requirement.anyOf.map(({ demands, factors }) => demands.length + Math.max(1, factors)));
}

/** Of equal actions, keeps as many as can count at once. */
function countable(actions: readonly AssessedEvidence[], copies: number): readonly AssessedEvidence[] {
  const looks = Map.groupBy(actions, ({ enrollment: _, ...look }) => JSON.stringify(look));
  return [...looks.values()].flatMap((alike) => alike.slice(0, copies));
}
