/** What the user has enrolled and has proved, as a policy test says it: each of them, with what it can show. */
import { isSignInProof } from '../../core/evidence/sign-in-proofs.ts';
import { enrollmentName, methodName } from '../../core/model/authenticator-name.ts';
import type { AuthenticatorDescriptor, Characteristic, Enrollment, Subject } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type { AuditTrace, TracedProof } from '../../flow/audit-trace.ts';
import { provingEnrollments } from '../audit/proving-enrollments.ts';

/** The account, and the authenticators that are enabled. */
export interface RecordedAccount {
  readonly subject: Subject;
  readonly authenticators: readonly AuthenticatorDescriptor[];
}

export interface RecordedProofs {
  readonly enrolled: readonly string[];
  /** The same enrollments, in the same order. */
  readonly enrollments: readonly Enrollment[];
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
  const enrollments = provingEnrollments(proved, subject.enrollments);
  // What recovered the account counts in no sign-in.
  const ofSession = proved
    .map((proof, index) => ({ proof, enrollment: enrollments[index] }))
    .filter(({ proof: { earlier, origin } }) => earlier && origin !== 'recovery');
  const given = Map.groupBy(ofSession, ({ proof }) => proof.authenticator);
  const ordered = new Map(
    Array.from(new Set([...owned.keys(), ...given.keys()]), (key) => {
      return [key, inOrder(owned.get(key) ?? [], given.get(key) ?? [])] as const;
    }),
  );
  const texts = new Map(Array.from(ordered, ([key, own]) => [key, evidenceTexts(own)]));
  return {
    enrolled: [...ordered].flatMap(([key, own]) => {
      const descriptor = authenticators.find((authenticator) => authenticator.key === key);
      return own.enrollments.map((enrollment) => enrolledText(enrollment, descriptor));
    }),
    enrollments: [...ordered.values()].flatMap((own) => own.enrollments),
    // Those of different authenticators stay in the order of the line.
    evidence: ofSession.flatMap(({ proof }) => texts.get(proof.authenticator)?.splice(0, 1) ?? []),
    remembered: (device.remembered ?? []).map(
      (memory) => `${proofText(memory, ordered.get(memory.authenticator)?.enrollments[0])}@${memory.age}s`,
    ),
  };
}

/** A proof of the session. */
interface GivenProof {
  readonly proof: TracedProof;
  /** Undefined: the account does not have it any more. */
  readonly enrollment: Enrollment | undefined;
}

/** What the user has of one authenticator, and proved. */
interface OrderedProofs {
  readonly enrollments: readonly Enrollment[];
  /** The first one is by the first enrollment, and so on. */
  readonly proofs: readonly TracedProof[];
  /** Further ones by the same enrollments. */
  readonly again: readonly GivenProof[];
}

/** Puts enrollments that gave a proof first, those of the strongest proofs before others. */
function inOrder(own: readonly Enrollment[], given: readonly GivenProof[]): OrderedProofs {
  if (own.length < 2) return { enrollments: own, proofs: distinctProofs(given, own), again: [] };
  const isFirst = ({ enrollment }: GivenProof, index: number) =>
    enrollment === undefined || given.findIndex((other) => other.enrollment === enrollment) === index;
  const first = given.filter(isFirst).toSorted((a, b) => rankOf(a) - rankOf(b));
  const used = first.flatMap(({ enrollment }) => enrollment ?? []);
  return {
    enrollments: [...used, ...own.filter((enrollment) => !used.includes(enrollment))],
    proofs: distinctProofs(first, own),
    again: given.filter((proof, index) => !isFirst(proof, index) && !isOutdated(proof, given.slice(0, index))),
  };
}

/** The strongest come first. What the account does not have any more comes last. */
function rankOf({ proof, enrollment }: GivenProof): number {
  return enrollment ? -shownBy(proof).length : 1;
}

/** Of proofs within one second, there are no more than enrollments. */
function distinctProofs(given: readonly GivenProof[], own: readonly Enrollment[]): readonly TracedProof[] {
  const words = ({ method, age, longestPause, ...proof }: TracedProof) =>
    JSON.stringify([method, age, longestPause, isByEnrollment(proof)]);
  const proofs = given.map(({ proof }) => proof);
  return proofs.filter((proof, index) => {
    const same = proofs.slice(0, index).filter((other) => words(other) === words(proof));
    return same.length < Math.max(1, own.length);
  });
}

/** A newer proof by the same enrollment shows the same, and counts at least as long. */
function isOutdated({ proof, enrollment }: GivenProof, newer: readonly GivenProof[]): boolean {
  const shown = ({ method, factors, characteristics }: TracedProof) =>
    JSON.stringify([method, factors, characteristics]);
  return newer.some(
    (other) =>
      other.enrollment === enrollment &&
      shown(other.proof) === shown(proof) &&
      (other.proof.longestPause ?? 0) <= (proof.longestPause ?? 0),
  );
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

function evidenceTexts({ enrollments, proofs, again }: OrderedProofs): string[] {
  return [
    ...proofs.map((proof, index) => evidenceText(proof, enrollments[index] ?? enrollments[0])),
    ...again.map(({ proof, enrollment }) => evidenceText(proof, enrollment, enrollments)),
  ];
}

/** `+totp@2h`: set up at that time. `webauthn#1@2h`: by the first of `among`. */
function evidenceText(
  proof: TracedProof,
  enrollment: Enrollment | undefined,
  among: readonly (Enrollment | undefined)[] = [],
): string {
  const which = among.length > 0 ? `#${among.indexOf(enrollment) + 1}` : '';
  return `${isByEnrollment(proof) ? '+' : ''}${proofText(proof, enrollment)}${which}${timesText(proof)}`;
}

/** The user did not sign in by it. */
function isByEnrollment({ origin = 'sign_in', replacesProof }: Pick<TracedProof, 'origin' | 'replacesProof'>): boolean {
  return !isSignInProof({ origin, ...omitUndefined({ replacesProof }) });
}

function timesText({ age, longestPause }: TracedProof): string {
  return `@${age}s${longestPause === undefined ? '' : `/${longestPause}s`}`;
}
