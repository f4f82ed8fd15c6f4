/**
 * Compares what requirements demand: whether all evidence that meets some of them meets others. Proved by the weakest
 * evidence that is enough; refuted by evidence that users can give.
 */
import { withMethodsApart } from '../../evidence/proof-names.ts';
import {
  type AnyDemand,
  type AssessedEvidence,
  demandTests,
  meetsRequirement,
  stricterMaxAge,
} from '../../evidence/requirement.ts';
import type { AuthenticatorDescriptor, Seconds } from '../../model/facts.ts';
import type { Alternative, ChainStep, Demand, Requirement } from '../../model/policy.ts';
import { leastShown } from './shown-characteristics.ts';

/** Evidence that is enough together. */
export type EvidenceSet = readonly AssessedEvidence[];

/** The largest number of sets to examine; with more there is no answer. */
const mostSets = 2_000;
/** Older than any limit. */
const unbounded: Seconds = Number.MAX_SAFE_INTEGER;

/** Which proofs can count at all. */
export interface PossibleProofs {
  readonly authenticators: readonly AuthenticatorDescriptor[];
  /** Nothing older counts (seconds). Absent: proofs of any age may. */
  readonly oldest?: Seconds;
  /** The longest time without activity of any session (seconds). Absent: not limited. */
  readonly longestPause?: Seconds;
}

/** All evidence that meets every one of `premises` meets every one of `conclusions`. False: that is not proved. */
export function impliesAll(
  premises: readonly Requirement[],
  conclusions: readonly Requirement[],
  proofs: PossibleProofs,
): boolean {
  const open = conclusions.filter(
    (conclusion) => !premises.some((other) => JSON.stringify(other) === JSON.stringify(conclusion)),
  );
  if (open.length === 0) return true;
  // A chain counts enrollments, and one proof may be counted here for two.
  if (open.some((conclusion) => 'chains' in conclusion)) return false;
  const meets = (set: EvidenceSet) => open.every((requirement) => meetsRequirement(requirement, set));
  return holdsForAll(premises, meets, withMethodsOf(proofs, [...premises, ...open]));
}

/** Distinguishes methods only if one of these requirements does: each method is one more proof to examine. */
export function withMethodsOf(proofs: PossibleProofs, requirements: readonly Requirement[]): PossibleProofs {
  const apart = withMethodsApart(requirements);
  const authenticators = proofs.authenticators.map(({ methods, ...descriptor }) =>
    methods && apart.has(descriptor.key) ? { ...descriptor, methods } : descriptor,
  );
  return { ...proofs, authenticators };
}

/**
 * Whether something holds for all evidence that meets every one of `premises`. False: that is not proved. If `holds` is
 * true of some evidence, it must be true of more evidence, too.
 */
export function holdsForAll(
  premises: readonly Requirement[],
  holds: (evidence: EvidenceSet) => boolean,
  proofs: PossibleProofs,
): boolean {
  return enoughFor(premises, proofs)?.every(holds) ?? false;
}

/** The weakest evidence that users can give and that meets every one of `met`. Empty: none is known. */
export function evidenceBetween(
  met: readonly Requirement[],
  unmet: Requirement,
  proofs: PossibleProofs,
): EvidenceSet | undefined {
  const apart = withMethodsOf(proofs, [...met, unmet]);
  return evidenceFor(met, apart).find((set) => !meetsRequirement(unmet, set));
}

/** Evidence that users can give and that meets every one of `met`, as weak as possible. Empty: none is known. */
export function evidenceFor(met: readonly Requirement[], proofs: PossibleProofs): readonly EvidenceSet[] {
  const sets = enoughFor(met, proofs) ?? [];
  return sets.filter((set) => met.every((requirement) => meetsRequirement(requirement, set)));
}

/** Sets that meet all requirements, each item as weak as possible. Undefined: there are too many. */
function enoughFor(requirements: readonly Requirement[], proofs: PossibleProofs): readonly EvidenceSet[] | undefined {
  const { authenticators: able } = proofs;
  let sets: readonly EvidenceSet[] = [[]];
  for (const requirement of requirements) {
    const own =
      'chains' in requirement
        ? requirement.chains.flatMap((chain) => chainSets(chain, able))
        : requirement.anyOf.flatMap((alternative) => alternativeSets(alternative, able));
    if (sets.length * own.length > mostSets) return undefined;
    sets = sets.flatMap((set) => own.map((more) => numbered([...set, ...more])));
  }
  return sets.map((set) => set.map((item) => within(item, proofs)));
}

/**
 * Limits age and pause to what the rules allow any proof. A pause since a proof is never longer than the proof is old.
 */
function within(
  item: AssessedEvidence,
  { oldest = unbounded, longestPause = unbounded }: PossibleProofs,
): AssessedEvidence {
  const { longestPause: pause = unbounded } = item;
  if (item.age === 'now') return item;
  const age = Math.min(item.age, oldest);
  return { ...item, age, longestPause: Math.min(pause, longestPause, age) };
}

function numbered(set: EvidenceSet): EvidenceSet {
  return set.map((item, index) => ({ ...item, enrollment: `${item.authenticator} ${index}` }));
}

function chainSets(chain: readonly ChainStep[], able: readonly AuthenticatorDescriptor[]): readonly EvidenceSet[] {
  return chain.reduce<readonly EvidenceSet[]>(
    (sets, step) => sets.flatMap((set) => itemsFor(step, undefined, able).map((item) => [...set, item])),
    [[]],
  );
}

function alternativeSets(
  { demands, factors, maxAge }: Alternative,
  able: readonly AuthenticatorDescriptor[],
): readonly EvidenceSet[] {
  const demanded = demands.reduce<readonly EvidenceSet[]>(
    (sets, demand) => sets.flatMap((set) => itemsFor(demand, maxAge, able).map((item) => [...set, item])),
    [[]],
  );
  return demanded.flatMap((set) => withFactors(set, { factors: Math.max(1, factors), maxAge, able }));
}

interface Missing {
  readonly factors: number;
  readonly maxAge: Seconds | undefined;
  readonly able: readonly AuthenticatorDescriptor[];
}

/** Adds items until this number of factor types is covered. */
function withFactors(set: EvidenceSet, missing: Missing): readonly EvidenceSet[] {
  const covered = new Set(set.flatMap((item) => item.factors));
  if (covered.size >= missing.factors) return [set];
  const demands = (['knowledge', 'possession', 'inherence'] as const).map((factor): Demand => ({ factor }));
  const further = demands
    .filter(({ factor }) => factor && !covered.has(factor))
    .flatMap((demand) => itemsFor(demand, missing.maxAge, missing.able));
  return further.flatMap((item) => withFactors([...set, item], missing));
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
function itemsFor(
  demand: AnyDemand,
  maxAge: Seconds | undefined,
  able: readonly AuthenticatorDescriptor[],
): EvidenceSet {
  const oldest = stricterMaxAge(demand.maxAge, maxAge);
  return able.flatMap((descriptor) => {
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
    return each.filter((proof) => authenticatorTests.every((test) => test(demand, proof)));
  });
}
