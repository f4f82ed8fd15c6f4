/** Proofs of an example that lack only what makes a difference. */
import type { AssessedEvidence } from '../../evidence/requirement.ts';
import type { AuthenticatorDescriptor } from '../../model/facts.ts';
import type { AdmittedWith } from './proving-user.ts';
import { possiblyShown } from './shown-characteristics.ts';
import { justProved } from './spellings.ts';
import type { PossibleProofs } from './weakest-proofs.ts';

/** The example with proofs as fresh and keys as strong as `isGood` allows. */
export function atStrongest(
  found: AdmittedWith,
  { authenticators }: PossibleProofs,
  isGood: (proofs: AdmittedWith) => boolean,
): AdmittedWith {
  let strongest = found;
  for (const [index, item] of found.evidence.entries()) {
    const { evidence } = strongest;
    const kinds = strongerKinds(item, authenticators).map((kind) => ({
      ...strongest,
      evidence: evidence.map((proof, at) => (at === index ? kind : proof)),
    }));
    strongest = kinds.find(isGood) ?? strongest;
  }
  return strongest;
}

function strongerKinds(
  item: AssessedEvidence,
  authenticators: readonly AuthenticatorDescriptor[],
): readonly AssessedEvidence[] {
  const descriptor = authenticators.find(({ key }) => key === item.authenticator);
  if (descriptor === undefined) return [];
  const shown = possiblyShown(descriptor).filter((kind) =>
    item.characteristics.every((characteristic) => kind.includes(characteristic)),
  );
  const kinds = shown
    .toSorted((one, other) => other.length - one.length)
    .map((characteristics) => {
      const verifies = characteristics.includes('userVerification');
      return { ...item, characteristics, factors: verifies ? descriptor.factors : item.factors };
    });
  return [...kinds.map(justProved), ...kinds];
}
