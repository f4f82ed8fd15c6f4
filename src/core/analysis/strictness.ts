/**
 * Compares what requirements demand: whether all evidence that meets some of them meets others. Proved by the weakest
 * evidence that is enough; refuted by evidence that users can give.
 */
import { withMethodsApart } from '../evidence/named.ts';
import { type AssessedEvidence, meetsDemand, meetsRequirement, stricter } from '../evidence/requirement.ts';
import type { AuthenticatorDescriptor, Characteristic, Seconds } from '../model/facts.ts';
import type { Alternative, ChainStep, Demand, Requirement } from '../model/policy.ts';

/** Evidence that is enough together. */
export type EvidenceSet = readonly AssessedEvidence[];

/** More sets are not looked at, and nothing is said then. */
const mostSets = 2_000;
/** Older than any limit. */
const OLD: Seconds = Number.MAX_SAFE_INTEGER;

/** Which proofs can count at all. */
export interface PossibleProofs {
  readonly authenticators: readonly AuthenticatorDescriptor[];
  /** Nothing older counts (seconds). Absent: proofs of any age may. */
  readonly oldest?: Seconds;
  /** No session is longer without activity (seconds). Absent: it may be for any time. */
  readonly longestPause?: Seconds;
}

/** All evidence that meets every one of `premises` meets every one of `conclusions`. False: that is not proved. */
export function impliesAll(
  premises: readonly Requirement[],
  conclusions: readonly Requirement[],
  proofs: PossibleProofs,
): boolean {
  const open = conclusions.filter((one) => !premises.some((other) => JSON.stringify(other) === JSON.stringify(one)));
  if (open.length === 0) return true;
  // A chain counts enrollments, and one proof may be counted here for two.
  if (open.some((one) => 'chains' in one)) return false;
  const meets = (set: EvidenceSet) => open.every((requirement) => meetsRequirement(requirement, set));
  return holdsForAll(premises, meets, withMethodsOf(proofs, [...premises, ...open]));
}

/** Methods are told apart only where one of these does, as each method is a proof of its own to look at. */
export function withMethodsOf(proofs: PossibleProofs, requirements: readonly Requirement[]): PossibleProofs {
  const apart = withMethodsApart(requirements);
  const authenticators = proofs.authenticators.map(({ methods, ...one }) =>
    methods && apart.has(one.key) ? { ...one, methods } : one,
  );
  return { ...proofs, authenticators };
}

/**
 * Whether something holds for all evidence that meets every one of `premises`. False: that is not proved. More evidence
 * must never turn what `holds` into what does not.
 */
export function holdsForAll(
  premises: readonly Requirement[],
  holds: (evidence: EvidenceSet) => boolean,
  proofs: PossibleProofs,
): boolean {
  return enoughFor(premises, { proofs, able: proofs.authenticators.map(asWeakest) })?.every(holds) ?? false;
}

/** Evidence that users can give, which meets every one of `met` and not `unmet`. Undefined: none is known. */
export function evidenceBetween(
  met: readonly Requirement[],
  unmet: Requirement,
  proofs: PossibleProofs,
): EvidenceSet | undefined {
  const apart = withMethodsOf(proofs, [...met, unmet]);
  return evidenceFor(met, apart).find((set) => !meetsRequirement(unmet, set));
}

/** Evidence that users can give, which meets every one of `met`, as weak as may be. Empty: none is known. */
export function evidenceFor(met: readonly Requirement[], proofs: PossibleProofs): readonly EvidenceSet[] {
  const sets = enoughFor(met, { proofs, able: proofs.authenticators.map(asReal) }) ?? [];
  return sets.filter((set) => met.every((requirement) => meetsRequirement(requirement, set)));
}

/** What a verification by an authenticator shows always, whatever is demanded. */
interface Able {
  readonly descriptor: AuthenticatorDescriptor;
  readonly always: readonly Characteristic[];
}

function asWeakest(descriptor: AuthenticatorDescriptor): Able {
  return { descriptor, always: [] };
}

/** A verification by an authenticator shows what it can, but for what differs from key to key. */
function asReal(descriptor: AuthenticatorDescriptor): Able {
  const differ = differingIn(descriptor);
  return { descriptor, always: descriptor.characteristics.filter((one) => !differ.includes(one)) };
}

/** Where users need not be verified, keys differ. */
export function differingIn({ characteristics }: AuthenticatorDescriptor): readonly Characteristic[] {
  if (!characteristics.includes('userVerification')) return [];
  const differ: readonly Characteristic[] = ['userVerification', 'deviceBound', 'hardwareProtected'];
  return characteristics.filter((one) => differ.includes(one));
}

interface Search {
  readonly proofs: PossibleProofs;
  readonly able: readonly Able[];
}

/** Sets that meet all requirements, each item as weak as it may be. Undefined: there are too many. */
function enoughFor(requirements: readonly Requirement[], { proofs, able }: Search): readonly EvidenceSet[] | undefined {
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

/** No older, and with no longer pause, than a proof can be. */
function within(item: AssessedEvidence, { oldest, longestPause }: PossibleProofs): AssessedEvidence {
  const { age, idle } = item;
  return {
    ...item,
    age: age === 'now' ? age : Math.min(age, oldest ?? age),
    ...(idle !== undefined && { idle: Math.min(idle, longestPause ?? idle) }),
  };
}

function numbered(set: EvidenceSet): EvidenceSet {
  return set.map((item, at) => ({ ...item, enrollment: `${item.authenticator} ${at}` }));
}

function chainSets(chain: readonly ChainStep[], able: readonly Able[]): readonly EvidenceSet[] {
  return chain.reduce<readonly EvidenceSet[]>(
    (sets, step) => sets.flatMap((set) => itemsFor(step, undefined, able).map((item) => [...set, item])),
    [[]],
  );
}

function alternativeSets({ demands, factors, maxAge }: Alternative, able: readonly Able[]): readonly EvidenceSet[] {
  const demanded = demands.reduce<readonly EvidenceSet[]>(
    (sets, demand) => sets.flatMap((set) => itemsFor(demand, maxAge, able).map((item) => [...set, item])),
    [[]],
  );
  return demanded.flatMap((set) => withFactors(set, { factors: Math.max(1, factors), maxAge, able }));
}

interface Missing {
  readonly factors: number;
  readonly maxAge: Seconds | undefined;
  readonly able: readonly Able[];
}

/** Adds items until so many factor types are covered. */
function withFactors(set: EvidenceSet, missing: Missing): readonly EvidenceSet[] {
  const covered = new Set(set.flatMap((item) => item.factors));
  if (covered.size >= missing.factors) return [set];
  const demands = (['knowledge', 'possession', 'inherence'] as const).map((factor): Demand => ({ factor }));
  const further = demands
    .filter(({ factor }) => factor && !covered.has(factor))
    .flatMap((demand) => itemsFor(demand, missing.maxAge, missing.able));
  return further.flatMap((item) => withFactors([...set, item], missing));
}

/** For each authenticator that meets the demand, and each method of it, the weakest proof that does. */
function itemsFor(demand: Demand, maxAge: Seconds | undefined, able: readonly Able[]): EvidenceSet {
  const oldest = stricter(demand.maxAge, maxAge);
  return able.flatMap(({ descriptor, always }) => {
    const { methods = [undefined] }: { readonly methods?: readonly (string | undefined)[] } = descriptor;
    const { key, factors, characteristics: best, auxiliary } = descriptor;
    const demanded = demand.characteristics ?? [];
    const canVerify = best.includes('userVerification');
    const verifies =
      canVerify &&
      (demanded.includes('userVerification') ||
        !factors.includes('possession') ||
        (demand.factor !== undefined && demand.factor !== 'possession'));
    const characteristics = [...new Set([...always, ...demanded, ...(verifies ? ['userVerification' as const] : [])])];
    const item: AssessedEvidence = {
      authenticator: key,
      enrollment: key,
      factors: canVerify && !verifies ? ['possession'] : factors,
      characteristics,
      age: oldest === 0 ? 'now' : (oldest ?? OLD),
      ...(oldest !== 0 && { idle: demand.maxIdle ?? OLD }),
      ...(auxiliary && { auxiliary }),
    };
    if (!characteristics.every((one) => best.includes(one))) return [];
    const each = methods.map((method) => (method === undefined ? item : { ...item, methods: [method] }));
    return each.filter((one) => meetsDemand(demand, one));
  });
}
