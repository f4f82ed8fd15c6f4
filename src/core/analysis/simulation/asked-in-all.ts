/** What a fresh sign-in asks for in all: every set of proofs that lets the user in, and what comes after it. */
import type { Facts } from '../../model/facts.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { type AllSets, minimalOf } from '../../remediation/all-sufficient-sets.ts';
import { followedSignIns } from './followed-sign-ins.ts';
import { stepsOf } from './simulate.ts';
import type { SimulatedStep } from './simulated-answers.ts';
import { endsWell } from './skipping-offers.ts';
import type { FollowedSet } from './walked-sets.ts';

export interface AskedInAll {
  /** The user needs one of these sets. */
  readonly proofs: AllSets;
  /** The same sets by what follows, each as often as something else may follow it. Never empty. */
  readonly ways: readonly WayIn[];
}

/** Sets of proofs that are followed by the same. */
export interface WayIn {
  readonly sets: AllSets['sets'];
  /** What follows once the user has proved or enrolled one of them, in order. */
  readonly after: readonly SimulatedStep[];
}

/** Undefined: the user does not get in, or has not identified. */
export function askedInAll(policies: PolicySet, facts: Facts): AskedInAll | undefined {
  const found = followedSignIns(policies, facts);
  if (found === undefined) return undefined;
  const { proofs, simulated, others } = found;
  const all = others
    ? waysAmong(others, proofs)
    : { proofs, ways: [{ sets: proofs.sets, after: stepsOf(simulated.turns) }] };
  if (all?.ways.some((way) => endsWell(way.after))) return all;
  const [sets, after] = [[simulated.set], stepsOf(simulated.turns)];
  return endsWell(after) ? { proofs: { sets, isComplete: true }, ways: [{ sets, after }] } : undefined;
}

/** As `askedInAll`, without sets that have a needless first proof, where the same follows them without it. */
export function leastAskedInAll(policies: PolicySet, facts: Facts): AskedInAll | undefined {
  const all = askedInAll(policies, facts);
  if (all === undefined) return undefined;
  const ways = all.ways.map(({ sets, after }) => ({ sets: minimalOf(sets), after }));
  const left = ways.flatMap(({ sets }) => sets);
  return { proofs: { ...all.proofs, sets: all.proofs.sets.filter((set) => left.includes(set)) }, ways };
}

/** Leaves out sets after which the user is denied. */
function waysAmong(followed: readonly FollowedSet[], { isComplete, sets }: AllSets): AskedInAll | undefined {
  const all = followed.map(({ set, turns }) => ({ set, after: stepsOf(turns) }));
  const some = all.filter(({ after }) => endsWell(after));
  const ways = [...Map.groupBy(some, ({ after }) => JSON.stringify(after.map(withoutAcr))).values()].flatMap(
    (alike): readonly WayIn[] =>
      alike[0] ? [{ sets: [...new Set(alike.map(({ set }) => set))], after: alike[0].after }] : [],
  );
  if (ways.length === 0) return undefined;
  const isEach = sets.every((set) => followed.some((each) => each.set === set));
  const proofs = { sets: [...new Set(some.map(({ set }) => set))], isComplete: isComplete && isEach };
  return { proofs, ways };
}

function withoutAcr(step: SimulatedStep): SimulatedStep {
  return step.kind === 'complete' ? { ...step, acr: '' } : step;
}
