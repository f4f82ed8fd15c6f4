/** What lets a user in, in words and as options of `explain`. */
import type { AdmittedWith } from '../../core/analysis/facts-with.ts';
import { proofNames } from '../../core/evidence/named.ts';
import type { AssessedEvidence } from '../../core/evidence/requirement.ts';
import type { AuthenticatorDescriptor, Seconds } from '../../core/model/facts.ts';
import { durationText } from '../model/duration-text.ts';

/** `nothing but webauthn (without user verification), in a browser that remembers totp`. */
export function proofsInWords(
  { evidence, remembered }: AdmittedWith,
  authenticators: readonly AuthenticatorDescriptor[],
): string {
  const isFurther = ({ authenticator, enrollment }: AssessedEvidence, at: number) =>
    evidence.slice(0, at).some((one) => one.authenticator === authenticator && one.enrollment !== enrollment);
  const words = evidence
    .map((item, at) => `${isFurther(item, at) ? 'another ' : ''}${proofInWords(item, authenticators)}`)
    .join(' and ');
  const browser = remembered.length === 0 ? '' : `, in a browser that remembers ${remembered.join(' and ')}`;
  return `${evidence.length === 1 ? 'nothing but ' : ''}${words}${browser}`;
}

function proofInWords(item: AssessedEvidence, authenticators: readonly AuthenticatorDescriptor[]): string {
  const { age, idle } = item;
  const name = proofNames(item).at(-1) ?? item.authenticator;
  const lacking = lackedBy(item, authenticators).map((one) => characteristicWords[one] ?? one);
  const details = [
    ...(lacking.length > 0 ? [`without ${lacking.join(' and ')}`] : []),
    ...(typeof age === 'number' && age > 0 ? [`proved ${durationText(age)} ago`] : []),
    ...(idle === undefined ? [] : [`with a pause of ${durationText(idle)} since`]),
  ];
  return details.length === 0 ? name : `${name} (${details.join(', ')})`;
}

const characteristicWords: Readonly<Record<string, string>> = {
  userVerification: 'user verification',
  userPresence: 'a touch',
  phishingResistant: 'resistance to phishing',
  deviceBound: 'a key that is bound to a device',
  hardwareProtected: 'hardware protection',
};

/** What the authenticator shows at its best, and this proof does not. */
function lackedBy(item: AssessedEvidence, authenticators: readonly AuthenticatorDescriptor[]): readonly string[] {
  const best = authenticators.find(({ key }) => key === item.authenticator)?.characteristics ?? [];
  return best.filter((one) => !item.characteristics.includes(one));
}

/** Whether options of `explain` can say it: they know one proof by each enrollment, and no pauses. */
export function isShownByExample({ evidence }: AdmittedWith): boolean {
  const enrollments = new Set(evidence.map(({ enrollment }) => enrollment));
  return enrollments.size === evidence.length && evidence.every(({ age, idle }) => age !== 'now' && idle === undefined);
}

/** Of what can be shown by an example. */
export function proofOptions(
  { evidence, remembered }: AdmittedWith,
  authenticators: readonly AuthenticatorDescriptor[],
): readonly string[] {
  const proofs = evidence.map((item) => {
    const shows = lackedBy(item, authenticators).length === 0 ? '' : `[${item.characteristics.join('+')}]`;
    const proof = `${proofNames(item).at(-1)}${shows}`;
    return item.age === 0 || item.age === 'now' ? proof : `${proof}@${ageOption(item.age)}`;
  });
  return [
    ...(proofs.length > 0 ? ['--evidence', proofs.join(',')] : []),
    ...(remembered.length > 0 ? ['--remembered', remembered.map((key) => `${key}@1m`).join(',')] : []),
    ...(evidence.some(({ age }) => typeof age === 'number' && age > 0) ? ['--keep-signed-in'] : []),
  ];
}

function ageOption(age: Seconds): string {
  const [unit, size] = (
    [
      ['d', 86_400],
      ['h', 3_600],
      ['m', 60],
    ] as const
  ).find(([, one]) => age % one === 0) ?? ['s', 1];
  return `${age / size}${unit}`;
}
