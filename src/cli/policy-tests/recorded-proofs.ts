/** What the user has enrolled and has proved, as a policy test says it: each of them, with what it can show. */
import { isSignInProof } from '../../core/evidence/sign-in-proofs.ts';
import { enrollmentName, methodName } from '../../core/model/authenticator-name.ts';
import type { AuthenticatorDescriptor, Characteristic, Enrollment, Subject } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type { AuditTrace, TracedProof } from '../../flow/audit-trace.ts';

/** The account, and the authenticators that are enabled. */
export interface RecordedAccount {
  readonly subject: Subject;
  readonly authenticators: readonly AuthenticatorDescriptor[];
}

export interface RecordedProofs {
  readonly enrolled: readonly string[];
  /** Of the session. */
  readonly evidence: readonly string[];
  /** What the browser remembers. */
  readonly remembered: readonly string[];
}

/**
 * The proofs of one authenticator are in the order of its enrollments that gave them, as a policy test takes them: the
 * first proof is by the first enrollment. Which one it was follows from what it showed.
 */
export function recordedProofs(
  { subject, authenticators }: RecordedAccount,
  { proved, device }: Pick<AuditTrace, 'proved' | 'device'>,
): RecordedProofs {
  const owned = Map.groupBy(subject.enrollments, ({ authenticator }) => authenticator);
  // What recovered the account counts in no sign-in.
  const ofSession = proved.filter(({ earlier, origin }) => earlier && origin !== 'recovery');
  const given = Map.groupBy(ofSession, ({ authenticator }) => authenticator);
  const ordered = new Map(
    Array.from(new Set([...owned.keys(), ...given.keys()]), (key) => {
      const own = owned.get(key) ?? [];
      return [key, inOrder(own, distinctProofs(given.get(key) ?? [], own.length))] as const;
    }),
  );
  const texts = new Map(
    Array.from(ordered, ([key, { enrollments, proofs }]) => [
      key,
      proofs.map((proof, index) => evidenceText(proof, enrollments[index] ?? enrollments[0])),
    ]),
  );
  return {
    enrolled: [...ordered].flatMap(([key, { enrollments }]) => {
      const descriptor = authenticators.find((authenticator) => authenticator.key === key);
      return enrollments.map((enrollment) => enrolledText(enrollment, descriptor));
    }),
    // Those of different authenticators stay in the order of the line.
    evidence: ofSession.flatMap(({ authenticator }) => texts.get(authenticator)?.splice(0, 1) ?? []),
    remembered: (device.remembered ?? []).map(
      (memory) => `${proofText(memory, ordered.get(memory.authenticator)?.enrollments[0])}@${memory.age}s`,
    ),
  };
}

/**
 * If the user has several enrollments, what was proved again by one of them would be a proof by another one. Of proofs
 * within one second, there are no more than enrollments.
 */
function distinctProofs(proofs: readonly TracedProof[], owned: number): readonly TracedProof[] {
  const distinct = owned > 1 ? proofs.filter(({ again }) => !again) : proofs;
  const words = (proof: TracedProof) =>
    JSON.stringify([proof.method, proof.age, proof.longestPause, isByEnrollment(proof)]);
  return [...Map.groupBy(distinct, words).values()].flatMap((same) => same.slice(0, Math.max(1, owned)));
}

/** Puts enrollments that gave a proof first, those of the strongest proofs before others. */
function inOrder(
  own: readonly Enrollment[],
  given: readonly TracedProof[],
): { readonly enrollments: readonly Enrollment[]; readonly proofs: readonly TracedProof[] } {
  const proofs = own.length > 1 ? given.toSorted((a, b) => shownBy(b).length - shownBy(a).length) : given;
  const left = [...own];
  const used = proofs.flatMap((proof) => {
    const able = left.filter((enrollment) => canShow(enrollment, proof));
    const [closest] = able.toSorted((a, b) => a.characteristics.length - b.characteristics.length);
    return closest === undefined ? [] : left.splice(left.indexOf(closest), 1);
  });
  return { enrollments: [...used, ...left], proofs };
}

function canShow({ methods, characteristics }: Enrollment, proof: TracedProof): boolean {
  const isByMethod = proof.method === undefined || methods === undefined || methods.includes(proof.method);
  return isByMethod && shownBy(proof).every((shown) => characteristics.includes(shown));
}

function shownBy({ characteristics = [] }: Pick<TracedProof, 'characteristics'>): readonly Characteristic[] {
  return characteristics;
}

/** `webauthn[userPresence+phishingResistant]`: a key that shows less than its authenticator can. */
function enrolledText(enrollment: Enrollment, descriptor: AuthenticatorDescriptor | undefined): string {
  const name = enrollmentName(enrollment);
  const isOfMethod = name !== enrollment.authenticator;
  return isOfMethod ? name : `${name}${shownText(descriptor?.characteristics ?? [], enrollment.characteristics)}`;
}

/** What a proof showed is said where its enrollment can show more. */
function proofText(
  proof: TracedProof | NonNullable<AuditTrace['device']['remembered']>[number],
  enrollment: Enrollment | undefined,
): string {
  const { authenticator, method } = proof;
  const name = method === undefined ? authenticator : methodName(authenticator, method);
  return `${name}${shownText(enrollment?.characteristics ?? [], shownBy(proof))}`;
}

function shownText(able: readonly Characteristic[], shown: readonly Characteristic[]): string {
  const isLess = able.some((characteristic) => !shown.includes(characteristic));
  return isLess ? `[${able.filter((characteristic) => shown.includes(characteristic)).join('+')}]` : '';
}

/** `+totp@2h`: set up at that time. */
function evidenceText(proof: TracedProof, enrollment: Enrollment | undefined): string {
  return `${isByEnrollment(proof) ? '+' : ''}${proofText(proof, enrollment)}${timesText(proof)}`;
}

/** The user did not sign in by it. */
function isByEnrollment({ origin = 'sign_in', replacesProof }: TracedProof): boolean {
  return !isSignInProof({ origin, ...omitUndefined({ replacesProof }) });
}

function timesText({ age, longestPause }: TracedProof): string {
  return `@${age}s${longestPause === undefined ? '' : `/${longestPause}s`}`;
}
