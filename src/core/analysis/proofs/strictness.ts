/**
 * Compares what requirements demand: whether all evidence that meets some of them meets others. Proved by the weakest
 * evidence that is enough; refuted by evidence that users can give.
 */
import { withMethodsApart } from '../../evidence/proof-names.ts';
import { meetsRequirement } from '../../evidence/requirement.ts';
import type { Requirement } from '../../model/policy.ts';
import { enoughFor } from './enough-evidence.ts';
import { readingsOf } from './enrollment-readings.ts';
import type { EvidenceSet } from './evidence-set.ts';
import type { PossibleProofs } from './weakest-proofs.ts';

/** What was proved of a statement about all evidence. */
export type Conclusion = 'holds' | 'refuted' | 'undecided';

/** Whether all evidence that meets every one of `premises` meets every one of `conclusions`. */
export function impliesAll(
  premises: readonly Requirement[],
  conclusions: readonly Requirement[],
  proofs: PossibleProofs,
): Conclusion {
  const open = notAmong(premises, conclusions);
  if (open.length === 0) return 'holds';
  const meets = (set: EvidenceSet) => open.every((requirement) => meetsRequirement(requirement, set));
  return holdsForAll(premises, meets, withMethodsOf(proofs, [...premises, ...open]));
}

function notAmong(premises: readonly Requirement[], conclusions: readonly Requirement[]): readonly Requirement[] {
  const known = premises.map((premise) => JSON.stringify(premise));
  return conclusions.filter((conclusion) => !known.includes(JSON.stringify(conclusion)));
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
 * Whether something holds for all evidence that meets every one of `premises`. If `holds` is true of some evidence, it
 * must be true of more evidence, too.
 */
export function holdsForAll(
  premises: readonly Requirement[],
  holds: (evidence: EvidenceSet) => boolean,
  proofs: PossibleProofs,
): Conclusion {
  const { sets, isPartial } = enoughFor(premises, proofs);
  const readings = readingsBy(premises, proofs);
  let isOpen = isPartial;
  for (const set of sets) {
    const against = readings(set).filter((reading) => !holds(reading));
    if (against.some((reading) => meetsEach(premises, reading))) return 'refuted';
    isOpen ||= against.length > 0;
  }
  return isOpen ? 'undecided' : 'holds';
}

/**
 * By the fewest enrollments first, and by the most last. Without chains enrollments make no difference. No user has two
 * of an authenticator of which an account has one.
 */
function readingsBy(
  premises: readonly Requirement[],
  { authenticators }: PossibleProofs,
): (set: EvidenceSet) => readonly EvidenceSet[] {
  if (!premises.some((premise) => 'chains' in premise)) return (set) => [set];
  const single = authenticators.flatMap(({ key, maxEnrollments }) => (maxEnrollments === 1 ? [key] : []));
  const isPossible = (set: EvidenceSet) => single.every((key) => enrollmentsOf(key, set).size < 2);
  return (set) => [...readingsOf(set, premises), set].filter(isPossible);
}

function enrollmentsOf(key: string, set: EvidenceSet): ReadonlySet<string> {
  return new Set(set.flatMap(({ authenticator, enrollment }) => (authenticator === key ? [enrollment] : [])));
}

function meetsEach(requirements: readonly Requirement[], evidence: EvidenceSet): boolean {
  return requirements.every((requirement) => meetsRequirement(requirement, evidence));
}

/**
 * The weakest evidence that users can give, that meets every one of `premises`, and for which something does not hold:
 * of each set of proofs the first.
 */
export function evidenceAgainst(
  premises: readonly Requirement[],
  holds: (evidence: EvidenceSet) => boolean,
  proofs: PossibleProofs,
): readonly EvidenceSet[] {
  const isAgainst = (reading: EvidenceSet) => !holds(reading) && meetsEach(premises, reading);
  const readings = readingsBy(premises, proofs);
  return enoughFor(premises, proofs).sets.flatMap((set) => {
    const found = readings(set).find(isAgainst);
    return found ? [found] : [];
  });
}

/** Evidence that users can give, that meets every one of `met`, and not `unmet`. Absent: there is none. */
export function evidenceBetween(
  met: readonly Requirement[],
  unmet: Requirement,
  proofs: PossibleProofs,
): EvidenceSet | 'undecided' | undefined {
  const apart = withMethodsOf(proofs, [...met, unmet]);
  const isMet = (set: EvidenceSet) => meetsRequirement(unmet, set);
  const [evidence] = evidenceAgainst(met, isMet, apart);
  return evidence ?? (impliesAll(met, [unmet], proofs) === 'holds' ? undefined : 'undecided');
}

/** Evidence that users can give and that meets every one of `met`, as weak as possible. Empty: none is known. */
export function evidenceFor(met: readonly Requirement[], proofs: PossibleProofs): readonly EvidenceSet[] {
  return enoughFor(met, proofs).sets.filter((set) => meetsEach(met, set));
}
