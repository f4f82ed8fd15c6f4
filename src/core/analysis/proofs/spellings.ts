/** Other readings of the same proofs: as fresh, and as strong, as they may be. */
import { proofNames } from '../../evidence/proof-names.ts';
import type { AssessedEvidence } from '../../evidence/requirement.ts';
import type { AuthenticatorDescriptor } from '../../model/facts.ts';
import type { EvidenceSet } from './evidence-set.ts';
import { enrollmentId } from './proving-user.ts';
import type { PossibleProofs } from './weakest-proofs.ts';

/** The same proofs, from those that read best to those that show least. */
export function spellings(set: EvidenceSet, { authenticators }: PossibleProofs): readonly EvidenceSet[] {
  const [one, apart] = [merged(set), byOwnEnrollments(set)];
  const best = one.map((item) => atBest(item, authenticators));
  const bestApart = apart.map((item) => atBest(item, authenticators));
  return [
    best.map(justProved),
    one.map(justProved),
    best.map(withoutPause),
    one.map(withoutPause),
    best.map(asLongAgo),
    one,
    // A chain asks for several enrollments of an authenticator.
    bestApart.map(justProved),
    apart.map(justProved),
    bestApart.map(asLongAgo),
    apart,
  ];
}

/** Each proof by an enrollment of its own. The ids are those of a user who has this number of enrollments. */
function byOwnEnrollments(set: EvidenceSet): EvidenceSet {
  return set.map((item, index) => {
    const earlier = set.slice(0, index).filter(({ authenticator }) => authenticator === item.authenticator).length;
    return { ...item, enrollment: enrollmentId(item.authenticator, earlier) };
  });
}

function atBest(item: AssessedEvidence, authenticators: readonly AuthenticatorDescriptor[]): AssessedEvidence {
  const best = authenticators.find(({ key }) => key === item.authenticator);
  return best ? { ...item, factors: best.factors, characteristics: best.characteristics } : item;
}

function merged(set: EvidenceSet): EvidenceSet {
  const groups = Map.groupBy(set, (item) => proofNames(item).at(-1));
  return [...groups.values()]
    .map((same) => same.reduce(joint))
    .map((item) => ({ ...item, enrollment: item.authenticator }));
}

function joint(a: AssessedEvidence, b: AssessedEvidence): AssessedEvidence {
  return {
    ...a,
    factors: [...new Set([...a.factors, ...b.factors])],
    characteristics: [...new Set([...a.characteristics, ...b.characteristics])],
    age: a.age === 'now' || b.age === 'now' ? 'now' : Math.min(a.age, b.age),
    longestPause: Math.min(a.longestPause ?? 0, b.longestPause ?? 0),
  };
}

/** The proof, as fresh as it can be. */
export function justProved(item: AssessedEvidence): AssessedEvidence {
  return { ...withoutPause(item), age: item.age === 'now' ? 'now' : 0 };
}

/** Nothing happened since the proof. */
function asLongAgo(item: AssessedEvidence): AssessedEvidence {
  const { age, longestPause = 0 } = item;
  return { ...item, age: age === 'now' ? age : Math.min(age, longestPause) };
}

function withoutPause({ longestPause: _, ...item }: AssessedEvidence): AssessedEvidence {
  return item;
}
