/** The weakest proofs that meet a demand, of all that can count. */
import { type AnyDemand, type AssessedEvidence, demandTests, stricterMaxAge } from '../../evidence/requirement.ts';
import type { AuthenticatorDescriptor, Seconds } from '../../model/facts.ts';
import type { EvidenceSet } from './evidence-set.ts';
import { leastShown } from './shown-characteristics.ts';

/** How old proofs can be that count. */
export interface ProofLimits {
  /** Nothing older counts (seconds). Absent: proofs of any age may. */
  readonly oldest?: Seconds;
  /** The longest time without activity of any session (seconds). Absent: not limited. */
  readonly longestPause?: Seconds;
  /** The session is not kept. Absent: it is, if sessions can be. */
  readonly unkept?: true;
}

/** Which proofs can count at all. */
export interface PossibleProofs extends ProofLimits {
  readonly authenticators: readonly AuthenticatorDescriptor[];
}

/** Older than any limit. */
const unbounded: Seconds = Number.MAX_SAFE_INTEGER;

/**
 * Limits age and pause to what the rules allow any proof. A pause since a proof is never longer than the proof is old.
 */
export function countedWithin(
  item: AssessedEvidence,
  { oldest = unbounded, longestPause = unbounded }: ProofLimits,
): AssessedEvidence {
  const { longestPause: pause = unbounded } = item;
  if (item.age === 'now') return item;
  const age = Math.min(item.age, oldest);
  return { ...item, age, longestPause: Math.min(pause, longestPause, age) };
}

/**
 * What shows that a proof meets a member of a demand. `authenticator`: some authenticators never show it, and their
 * proofs are left out. `proof`: `itemsFor` makes the weakest proof that shows it. Where it cannot, that proof is
 * examined all the same: it is weaker than what users give, so nothing untrue is proved.
 */
const shownBy: Readonly<Record<keyof AnyDemand, 'authenticator' | 'proof'>> = {
  factor: 'authenticator',
  authenticators: 'authenticator',
  exclude: 'authenticator',
  characteristics: 'authenticator',
  maxAge: 'proof',
  maxIdle: 'proof',
};

const authenticatorTests = Object.entries(demandTests).flatMap(([member, test]) =>
  shownBy[member as keyof AnyDemand] === 'authenticator' ? [test] : [],
);

/** The weakest proofs that meet the demand: one for each authenticator and each of its methods. */
export function itemsFor(demand: AnyDemand, maxAge: Seconds | undefined, proofs: PossibleProofs): EvidenceSet {
  const oldest = stricterMaxAge(demand.maxAge, maxAge);
  return proofs.authenticators.flatMap((descriptor) => {
    const { methods = [undefined] }: { readonly methods?: readonly (string | undefined)[] } = descriptor;
    const { key, auxiliary } = descriptor;
    const shown = leastShown(descriptor, demand);
    if (shown === undefined) return [];
    const item: AssessedEvidence = {
      ...shown,
      authenticator: key,
      enrollment: key,
      age: oldest === 0 ? 'now' : (oldest ?? unbounded),
      ...(oldest !== 0 && { longestPause: Math.min(demand.maxIdle ?? unbounded, oldest ?? unbounded) }),
      ...(auxiliary && { auxiliary }),
    };
    const each = methods.map((method) => (method === undefined ? item : { ...item, methods: [method] }));
    const taken = each.filter((proof) => authenticatorTests.every((test) => test(demand, proof)));
    return taken.map((proof) => countedWithin(proof, proofs));
  });
}
