/** Compares what is asked for now with what was asked for before a change. */
import type { NamedProof } from '../../evidence/proof-names.ts';
import { meetsRequirement } from '../../evidence/requirement.ts';
import type { AuthenticatorDescriptor } from '../../model/facts.ts';
import type { Requirement } from '../../model/policy.ts';
import type { EvidenceSet } from '../proofs/evidence-set.ts';
import { evidenceAgainst, holdsForAll, withMethodsOf } from '../proofs/strictness.ts';
import type { ProofLimits } from '../proofs/weakest-proofs.ts';

export type AsksComparison =
  /** All evidence that is enough now was enough before. */
  | 'as_strict'
  /**
   * This evidence is enough now, and was not before; and so are the others. `unkept`: they are of a session that is not
   * kept.
   */
  | { readonly evidence: EvidenceSet; readonly others: readonly EvidenceSet[]; readonly unkept?: true }
  | 'undecided';

/** What users can prove, by the settings and the enrollment policy. */
export interface UsableThen {
  readonly next: readonly AuthenticatorDescriptor[];
  readonly before: readonly AuthenticatorDescriptor[];
  /** How old a proof may be and still count, in sessions of each kind. Absent: not limited. */
  readonly limits?: readonly ProofLimits[];
}

/**
 * Two-sided: proved by the weakest evidence that is enough now, refuted by evidence that users can give. A proof by an
 * authenticator or a method that is new counted for nothing before.
 */
export function compareAsks(
  now: readonly Requirement[],
  before: readonly Requirement[],
  usable: UsableThen,
): AsksComparison {
  const isSame = (requirement: Requirement) =>
    now.some((other) => JSON.stringify(other) === JSON.stringify(requirement));
  const added = newIn(usable);
  const open = added.length === 0 ? before.filter((requirement) => !isSame(requirement)) : before;
  const meets = (set: EvidenceSet) => {
    const kept = set.filter((proof) => counted(proof, usable.before));
    return open.every((requirement) => meetsRequirement(requirement, kept));
  };
  const apart = withMethodsOf({ authenticators: usable.next }, [...now, ...before]);
  const withNewMethod = added.filter(({ key }) => usable.before.some((descriptor) => descriptor.key === key));
  const authenticators = apart.authenticators.map(
    (descriptor) => withNewMethod.find(({ key }) => key === descriptor.key) ?? descriptor,
  );
  const possible = (usable.limits ?? [{}]).map((own) => ({ ...own, authenticators }));
  const unproved = open.length === 0 ? [] : possible.filter((proofs) => holdsForAll(now, meets, proofs) !== 'holds');
  if (unproved.length === 0) return 'as_strict';
  for (const proofs of unproved) {
    const [evidence, ...others] = evidenceAgainst(now, meets, proofs).toSorted(
      (one, other) => kindsIn(one) - kindsIn(other),
    );
    if (evidence) return { evidence, others, ...(proofs.unkept && { unkept: true }) };
  }
  return 'undecided';
}

/** The number of different proofs that an output lists. */
function kindsIn(set: EvidenceSet): number {
  return new Set(set.map(({ authenticator, methods = [] }) => [authenticator, ...methods].join())).size;
}

/** The authenticators some of whose proofs did not count before. */
export function newIn({ next, before }: UsableThen): readonly AuthenticatorDescriptor[] {
  return next.filter(
    (descriptor) =>
      !counted({ authenticator: descriptor.key, ...(descriptor.methods && { methods: descriptor.methods }) }, before),
  );
}

function counted({ authenticator, methods = [] }: NamedProof, before: readonly AuthenticatorDescriptor[]): boolean {
  const then = before.find(({ key }) => key === authenticator);
  return then !== undefined && methods.every((method) => then.methods?.includes(method) ?? true);
}
