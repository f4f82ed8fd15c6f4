/** What lets a user in, in words and as options of `explain`. */
import type { AdmittedWith } from '../../../core/analysis/proofs/proving-user.ts';
import { possiblyShown } from '../../../core/analysis/proofs/shown-characteristics.ts';
import { isTaken, proofNames } from '../../../core/evidence/proof-names.ts';
import type { AssessedEvidence } from '../../../core/evidence/requirement.ts';
import { oneDay, oneHour, oneMinute } from '../../../core/model/durations.ts';
import type { AuthenticatorDescriptor, Seconds } from '../../../core/model/facts.ts';
import type { Demand, Requirement } from '../../../core/model/policy.ts';
import type { PolicySet } from '../../../core/policy/rules/compile.ts';
import type { UserFacts } from '../../../core/policy/theories/theory.ts';
import { durationText } from '../../model/duration-text.ts';
import { exampleOptions } from './example-options.ts';

/** What proofs are measured by, to say what they lack. */
export interface Measure {
  readonly authenticators: readonly AuthenticatorDescriptor[];
  /** The requirement. An authenticator may lack a part of it even if it shows all that it can. */
  readonly wanted?: Requirement;
}

/** The policies by which an example is let in. */
export type AdmittingPolicies = Pick<PolicySet, 'authenticators' | 'session'>;

/** `nothing but webauthn (without user verification), in a browser that remembers totp`. */
export function proofsText({ evidence, remembered }: AdmittedWith, measure: Measure): string {
  const isFurther = ({ authenticator, enrollment }: AssessedEvidence, index: number) =>
    evidence.slice(0, index).some((proof) => proof.authenticator === authenticator && proof.enrollment !== enrollment);
  const words = evidence
    .map((item, index) => `${isFurther(item, index) ? 'another ' : ''}${proofText(item, measure)}`)
    .join(' and ');
  const browser = remembered.length === 0 ? '' : `, in a browser that remembers ${remembered.join(' and ')}`;
  return `${evidence.length === 1 ? 'nothing but ' : ''}${words}${browser}`;
}

/** `webauthn (without user verification, proved 4 minutes ago)`. */
export function proofText(item: AssessedEvidence, measure: Measure): string {
  const { age, longestPause } = item;
  const name = proofNames(item).at(-1) ?? item.authenticator;
  const lacking = allLackedBy(item, measure).map((lacked) => characteristicTexts[lacked] ?? lacked);
  const [last, ...others] = lacking.toReversed();
  const words = others.length === 0 ? last : `${others.toReversed().join(', ')} and ${last}`;
  const details = [
    ...(words === undefined ? [] : [`without ${words}`]),
    ...(typeof age === 'number' && age > 0 ? [`proved ${durationText(age)} ago`] : []),
    ...(longestPause === undefined ? [] : [`with a pause of ${durationText(longestPause)} since`]),
  ];
  return details.length === 0 ? name : `${name} (${details.join(', ')})`;
}

const characteristicTexts: Readonly<Record<string, string>> = {
  userVerification: 'user verification',
  userPresence: 'a touch',
  phishingResistant: 'resistance to phishing',
  deviceBound: 'being bound to a device',
  hardwareProtected: 'hardware protection',
};

/** Characteristics that the authenticator can show and this proof does not. */
function lackedBy(item: AssessedEvidence, authenticators: readonly AuthenticatorDescriptor[]): readonly string[] {
  const best = authenticators.find(({ key }) => key === item.authenticator)?.characteristics ?? [];
  return best.filter((shown) => !item.characteristics.includes(shown));
}

/**
 * Adds the characteristics that the requirement asks for, if the enrollments of the authenticator differ in them (keys,
 * not codes).
 */
function allLackedBy(item: AssessedEvidence, { authenticators, wanted }: Measure): readonly string[] {
  const descriptor = authenticators.find(({ key }) => key === item.authenticator);
  const isKey = descriptor !== undefined && possiblyShown(descriptor).length > 1;
  return [...new Set([...lackedBy(item, authenticators), ...(isKey ? lackedOf(wanted, item) : [])])];
}

/** What it lacks for the alternative that it nearly meets. Empty if some alternative asks it for no characteristic. */
function lackedOf(wanted: Requirement | undefined, item: AssessedEvidence): readonly string[] {
  if (wanted === undefined || 'chains' in wanted) return [];
  const isMeant = (demand: Demand) =>
    (demand.factor === undefined || item.factors.includes(demand.factor)) && isTaken(demand, item);
  const lacks = wanted.anyOf.map(({ demands }) =>
    demands
      .filter(isMeant)
      .flatMap(({ characteristics = [] }) =>
        characteristics.filter((characteristic) => !item.characteristics.includes(characteristic)),
      ),
  );
  return lacks.toSorted((a, b) => a.length - b.length)[0] ?? [];
}

/**
 * Options `--enrolled` for what the user has. A key shows no more than its proof needed, so that the example has the
 * weakest key that is let in.
 */
export function enrolledOptions({ evidence, enrolled }: AdmittedWith, measure: Measure): readonly string[] {
  return enrolled.map((key, index) => {
    const earlier = enrolled.slice(0, index).filter((other) => other === key).length;
    const own = Map.groupBy(
      evidence.filter(({ authenticator }) => authenticator === key),
      ({ enrollment }) => enrollment,
    );
    const item = [...own.values()][earlier]?.[0];
    if (item === undefined || allLackedBy(item, measure).length === 0) return key;
    const best = measure.authenticators.find((descriptor) => descriptor.key === key)?.characteristics ?? [];
    return `${key}[${best.filter((shown) => item.characteristics.includes(shown)).join('+')}]`;
  });
}

/**
 * Options of `explain` for a user who proved this. What must be proved in the sign-in itself is no evidence of a
 * session: the steps show it. Options know one proof by each enrollment; of more, they say none.
 */
export function provedOptions(
  facts: UserFacts,
  proofs: AdmittedWith,
  measure: Measure & AdmittingPolicies,
): readonly string[] {
  const before = proofs.evidence.filter(({ age }) => age !== 'now');
  const isShown = new Set(before.map(({ enrollment }) => enrollment)).size === before.length;
  return [
    ...exampleOptions(facts, isShown ? enrolledOptions(proofs, measure) : proofs.enrolled),
    ...proofOptions({ ...proofs, evidence: isShown ? before : [] }, measure),
  ];
}

/** Options `--evidence`, `--remembered` and `--keep-signed-in` for what an example can show. */
export function proofOptions(
  { evidence, remembered, rememberedAge, unkept }: AdmittedWith,
  { authenticators, session }: AdmittingPolicies,
): readonly string[] {
  const isKept =
    !unkept && session.rules.some(({ rule: { then } }) => then.kind === 'allow' && then.session?.keep !== undefined);
  const proofs = evidence.map((item) => {
    const shows = lackedBy(item, authenticators).length === 0 ? '' : `[${item.characteristics.join('+')}]`;
    const proof = `${proofNames(item).at(-1)}${shows}`;
    if (item.age === 0 || item.age === 'now') return proof;
    const pause = item.longestPause === undefined ? '' : `/${ageOption(item.longestPause)}`;
    return `${proof}@${ageOption(item.age)}${pause}`;
  });
  return [
    ...(proofs.length > 0 ? ['--evidence', proofs.join(',')] : []),
    ...(remembered.length > 0
      ? ['--remembered', remembered.map((key) => `${key}@${rememberedAge ? ageOption(rememberedAge) : '1m'}`).join(',')]
      : []),
    ...(isKept && evidence.some(({ age }) => typeof age === 'number' && age > 0) ? ['--keep-signed-in'] : []),
  ];
}

function ageOption(age: Seconds): string {
  const [unit, size] = (
    [
      ['d', oneDay],
      ['h', oneHour],
      ['m', oneMinute],
    ] as const
  ).find(([, seconds]) => age % seconds === 0) ?? ['s', 1];
  return `${age / size}${unit}`;
}
