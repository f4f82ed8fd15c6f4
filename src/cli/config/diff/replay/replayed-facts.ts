/**
 * The facts of a sign-in that the audit log kept, as the live decision had them. What the account is now stands for
 * what it was, but for what the user had skipped.
 */
import type {
  Enrollment,
  Evidence,
  Facts,
  RememberedProof,
  Seconds,
  Skips,
  Subject,
} from '../../../../core/model/facts.ts';
import { omitUndefined } from '../../../../core/model/omit-undefined.ts';
import { subjectAt } from '../../../../core/model/subject-at.ts';
import { riskOf } from '../../../../core/policy/values/risk.ts';
import { type AuditTrace, isRecovery, type TracedProof } from '../../../../flow/audit-trace.ts';
import type { TracedMemory } from '../../../../flow/traced-memories.ts';
import type { Snapshot } from '../../../../policy/revision/snapshot.ts';
import type { AuditLine } from '../../../audit/audit-text.ts';

export type TracedLine = AuditLine & { readonly trace: AuditTrace };

/** The id of the transaction, and the beginning of those of invented enrollments. */
const replayed = 'replayed';

/** Whether the line says what the browser remembered and what the user had skipped. Older ones do not. */
export function saysWhatWasLeftOut({ skipped, noInteraction }: AuditTrace): boolean {
  return skipped !== undefined || noInteraction === true;
}

/** Without zones and risk, which each configuration finds out by itself. */
export function replayedFacts({ trace, client = '', ip = '', time }: TracedLine, account: Subject): Facts {
  const now = Math.floor(Date.parse(time) / 1000);
  const subject = subjectAt(account, now);
  const { scopes, essentialClaims, acrValues = [], acrEssential = false, maxAge, promptLogin = false } = trace;
  const { kept, device } = trace;
  const proofs = trace.proved.map((proof, index) => proofOf(proof, { subject, now, index }));
  const memories = device.remembered?.map((memory, index) => memoryOf(memory, { subject, now, index }));
  const made = [...proofs, ...(memories ?? [])].flatMap((proof) => proof.made ?? []);
  return {
    now,
    ...transactionOf(trace, now),
    request: omitUndefined({
      ...{ clientId: client, scopes, essentialClaims, acrValues, acrEssential, maxAge, promptLogin },
    }),
    network: { ip, zones: [] },
    device: {
      ...{ known: device.known, platform: device.platform ?? 'other', os: device.os ?? 'other' },
      ...believedOf(device),
      ...(memories && { remembered: memories.map(({ remembered }) => remembered) }),
    },
    ...pastOf(trace, now),
    ...(kept && { keepSignedIn: true }),
    subject: { ...subject, ...skippedOf(trace, now), enrollments: [...subject.enrollments, ...made] },
    evidence: proofs.map(({ evidence }) => evidence).toReversed(),
  };
}

/**
 * Pages about which no rule decides were answered: consent, the choice of an account, a deletion that is due. Without a
 * transaction nothing is offered, as then.
 */
function transactionOf({ skipped = [], noInteraction, layers }: AuditTrace, now: Seconds): Pick<Facts, 'transaction'> {
  if (noInteraction) return {};
  const answered = { consented: true, accountSelected: true, deletionAcknowledged: true } as const;
  return {
    transaction: {
      ...{ id: replayed, startedAt: now, ...answered },
      ...(skipped.length > 0 && { skipped }),
      ...(isRecovery(layers) && { recovering: true as const }),
    },
  };
}

/** A line of an earlier release leaves it open, and what the user has skipped until now counts. */
function skippedOf(trace: AuditTrace, now: Seconds): Pick<Subject, 'skipped'> {
  if (!saysWhatWasLeftOut(trace)) return {};
  const skipped: Record<string, Skips> = {};
  for (const { authenticator, reason, count, age } of trace.skips ?? [])
    skipped[authenticator] = { ...skipped[authenticator], [reason]: { count, at: now - age } };
  return { skipped };
}

/** What counted as the last sign-in at that time still does. */
function pastOf({ distance, lastSignIn = 'never', recordedSince }: AuditTrace, now: Seconds): Partial<Facts> {
  const ago = recordedSince ?? lastSignIn;
  return {
    ...(distance !== undefined && distance !== 'none' && { distance }),
    ...(ago !== 'never' && { lastSignIn: now - ago }),
    ...(recordedSince !== undefined && { isLastSignInAssumed: true as const }),
  };
}

function believedOf({ signals = [] }: AuditTrace['device']): Partial<Facts['device']> {
  const assurances = signals.filter((name) => name !== 'registered' && name !== 'managed');
  return {
    ...(signals.includes('registered') && { registered: true as const }),
    ...(signals.includes('managed') && { managed: true as const }),
    ...(assurances.length > 0 && { assurances }),
  };
}

/** Each configuration applies its own points to the same signals. */
export function withTracedRisk(
  facts: Facts,
  { risk = [], unknownRisk = [] }: AuditTrace,
  { settings }: Pick<Snapshot, 'settings'>,
): Facts {
  const isPlain = risk.length === 0 && unknownRisk.length === 0;
  return isPlain ? facts : { ...facts, risk: riskOf(risk, unknownRisk, settings.risk) };
}

interface Prover {
  readonly subject: Subject;
  readonly now: Seconds;
  /** Of the proof in the line. */
  readonly index: number;
}

function proofOf(
  proof: TracedProof,
  prover: Prover,
): { readonly evidence: Evidence; readonly made: Enrollment | undefined } {
  const { method, age, origin = 'sign_in', replacesProof, earlier, longestPause } = proof;
  const { shown, enrollment, made } = enrollmentOf(proof, prover);
  const transaction = earlier ? 'earlier' : replayed;
  const at = prover.now - age;
  const evidence = { ...shown, enrollment, subject: prover.subject.id, amr: [], at, transaction, origin };
  return { evidence: omitUndefined({ ...evidence, method, longestPause, replacesProof }), made };
}

function memoryOf(
  memory: TracedMemory,
  prover: Prover,
): { readonly remembered: RememberedProof; readonly made: Enrollment | undefined } {
  const { shown, enrollment, made } = enrollmentOf(memory, prover);
  const { method, age, left } = memory;
  const at = prover.now - age;
  return { remembered: omitUndefined({ ...shown, enrollment, method, at, until: prover.now + left }), made };
}

/** An enrollment that can prove as much, or an invented one if the user no longer has any. */
function enrollmentOf(
  { authenticator, factors, characteristics = [], ...proof }: TracedProof | TracedMemory,
  { subject, index }: Prover,
) {
  const shown = { authenticator, factors: factors as Evidence['factors'], characteristics };
  const known = subject.enrollments.find(
    (owned) =>
      owned.authenticator === authenticator &&
      characteristics.every((characteristic) => owned.characteristics.includes(characteristic)),
  );
  if (known) return { shown, enrollment: known.id, made: undefined };
  const id = `${replayed}-${'left' in proof ? 'remembered-' : ''}${index}`;
  return { shown, enrollment: id, made: { ...shown, id } };
}
