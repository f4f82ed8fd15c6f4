/**
 * A password that was recovered remembers the addresses that proved the recovery. Beside them it is one factor, not
 * two: a user who has the mailbox has both (decision 33).
 */
import type { AuthenticatorDescriptor, Characteristic, Enrollment, RecoveredPart, Subject } from '../model/facts.ts';

/**
 * Which side of a recovery an enrollment is on: the secret that was set by it, or what proved it. Undefined: neither,
 * or the account was not recovered by addresses alone.
 */
export function recoveredPart(
  { recovery }: Pick<Subject, 'recovery'>,
  { underPasswordPolicy }: Pick<AuthenticatorDescriptor, 'underPasswordPolicy'>,
  enrollment: string,
): RecoveredPart | undefined {
  if (recovery === undefined || recovery.by.length === 0) return undefined;
  if (underPasswordPolicy) return 'secret';
  return recovery.by.includes(enrollment) ? 'proof' : undefined;
}

/**
 * The largest parts of the evidence in which everything stands for itself: without the recovered secret, and without
 * what recovered it. Where one of the two is not there, all of it.
 */
export function independentParts<One extends { readonly recovered?: RecoveredPart }>(
  evidence: readonly One[],
): readonly (readonly One[])[] {
  if (evidence.every(({ recovered }) => recovered === undefined)) return [evidence];
  const has = (part: RecoveredPart) => evidence.some(({ recovered }) => recovered === part);
  if (!has('secret') || !has('proof')) return [evidence];
  return (['secret', 'proof'] as const).map((part) => evidence.filter(({ recovered }) => recovered !== part));
}

/** What only things that the user holds can show; a code that was sent never shows it. */
const physical: readonly Characteristic[] = ['deviceBound', 'phishingResistant'];

/** A mailbox or a number: the user has it wherever a message can be read. */
export function isAddress({ factors, characteristics }: Pick<Enrollment, 'factors' | 'characteristics'>): boolean {
  return factors.includes('possession') && !characteristics.some((characteristic) => physical.includes(characteristic));
}

/** Whether one of the proofs is by something else than the recovered secret and what recovered it. */
export function isIndependent(
  evidence: readonly { readonly auxiliary?: true; readonly recovered?: RecoveredPart }[],
): boolean {
  return evidence.some(({ auxiliary, recovered }) => !auxiliary && recovered === undefined);
}
