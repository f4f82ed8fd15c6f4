/** Makes an example as small as it can be. */
import type { AssessedEvidence } from '../../evidence/requirement.ts';
import type { AdmittedWith } from './proving-user.ts';

/**
 * Drops proofs that an example does not need, because readers expect each of them to be needed. Fewer proofs never meet
 * a guarantee that more of them do not meet.
 */
export function withoutNeedless(found: AdmittedWith, isGood: (found: AdmittedWith) => boolean): AdmittedWith {
  const { evidence } = found;
  const fewer = evidence.length < 2 ? [] : evidence.flatMap((item) => withoutProof(item, found));
  const good = fewer.find(isGood);
  return good ? withoutNeedless(good, isGood) : found;
}

/**
 * The same evidence without this proof: of a user who does not have the enrollment, or who has it and does not prove
 * it.
 */
function withoutProof(item: AssessedEvidence, { evidence, enrolled, ...more }: AdmittedWith): AdmittedWith[] {
  const left = evidence.filter((proof) => proof !== item);
  const at = enrolled.lastIndexOf(item.authenticator);
  const isStillProved = left.some(({ enrollment }) => enrollment === item.enrollment);
  const without = { ...more, evidence: left, enrolled: enrolled.filter((_, position) => position !== at) };
  return [...(isStillProved ? [] : [without]), { ...without, enrolled }];
}
