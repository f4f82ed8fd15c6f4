/** Names what a user has and has proved, as the options take it. Several of one authenticator are numbered. */
import { enrollmentName, methodName } from '../../core/model/authenticator-name.ts';
import type { Enrollment, Evidence, RememberedProof, Seconds } from '../../core/model/facts.ts';
import { durationText } from '../../policy/model/duration-text.ts';
import { printable } from '../../policy/model/printable.ts';
import { ageText } from '../shared/values/durations.ts';

/** For example `webauthn#2`. Without the number, if the user has no other of the authenticator. */
export function numberedProofName(
  { authenticator, method, enrollment }: Pick<Evidence, 'authenticator' | 'method' | 'enrollment'>,
  owned: readonly Enrollment[],
): string {
  const name = method === undefined ? authenticator : methodName(authenticator, method);
  return `${name}${numberText({ authenticator, id: enrollment }, owned)}`;
}

/**
 * Its number is that among all of its authenticator, whatever their methods. Empty if there is only one, or if it is
 * none of them.
 */
export function numberText(
  { authenticator, id }: { readonly authenticator: string; readonly id: string | undefined },
  owned: readonly Enrollment[],
): string {
  const same = owned.filter((enrollment) => enrollment.authenticator === authenticator);
  const at = same.findIndex((enrollment) => enrollment.id === id);
  return same.length < 2 || at < 0 ? '' : `#${at + 1}`;
}

/** The authenticator, with the name that the user gave it. */
export function named(authenticator: string, label: string | undefined): string {
  return label === undefined ? authenticator : `${authenticator} (${printable(label)})`;
}

/** For example `webauthn#1 (Laptop), webauthn#2 (Phone)`. */
export function enrolledText(owned: readonly Enrollment[]): string {
  const names = owned.map((enrollment) =>
    named(`${enrollmentName(enrollment)}${numberText(enrollment, owned)}`, enrollment.label),
  );
  return names.join(', ') || 'nothing';
}

/** For example `webauthn#1 2 h ago, totp set up 1 h ago`. */
export function evidenceText(evidence: readonly Evidence[], owned: readonly Enrollment[], now: Seconds): string {
  const proofs = evidence.map((proof) => {
    const { at, longestPause, origin } = proof;
    const pause = longestPause === undefined ? '' : `, with a pause of ${durationText(longestPause)} since`;
    return `${numberedProofName(proof, owned)} ${origin === 'enrollment' ? 'set up ' : ''}${ageText(now - at)}${pause}`;
  });
  return proofs.join(', ') || 'none (a fresh browser)';
}

/** For example `; remembers webauthn#2 3 d ago`. */
export function rememberedText(
  remembered: readonly RememberedProof[],
  owned: readonly Enrollment[],
  now: Seconds,
): string {
  const proofs = remembered.map((proof) => `${numberedProofName(proof, owned)} ${ageText(now - proof.at)}`);
  return proofs.length === 0 ? '' : `; remembers ${proofs.join(', ')}`;
}
