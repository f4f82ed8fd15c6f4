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
import { canShow, provingEnrollments } from '../../../audit/proving-enrollments.ts';

export type TracedLine = AuditLine & { readonly trace: AuditTrace };

/** The id of the transaction, and the beginning of those of invented enrollments. */
const replayed = 'replayed';

/** Whether the line says what the browser remembered and what the user had skipped. Older ones do not. */
export function saysWhatWasLeftOut({ skipped, noInteraction }: AuditTrace): boolean {
  return skipped !== undefined || noInteraction === true;
}

/**
 * Without zones and risk, which each configuration finds out by itself. `account`: absent if the user had not
 * identified.
 */
export function replayedFacts({ trace, client = '', ip = '', time }: TracedLine, account: Subject | undefined): Facts {
  const now = Math.floor(Date.parse(time) / 1000);
  const { scopes, essentialClaims, acrValues = [], acrEssential = false, maxAge, promptLogin = false } = trace;
  const { kept, device } = trace;
  const { remembered, ...ofUser } = userOf(trace, { account, now });
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
      ...omitUndefined({ remembered }),
    },
    ...pastOf(trace, now),
    ...(kept && { keepSignedIn: true }),
    ...ofUser,
  };
}

/** The user, the proofs, and those that the browser remembered. */
function userOf(
  trace: AuditTrace,
  { account, now }: { readonly account: Subject | undefined; readonly now: Seconds },
): Pick<Facts, 'subject' | 'evidence'> & Pick<Facts['device'], 'remembered'> {
  if (account === undefined) return { evidence: [] };
  const subject = subjectAt(account, now);
  const proofs = proofsOf(trace.proved, { subject, now });
  const memories = trace.device.remembered?.map((memory, index) => memoryOf(memory, index, { subject, now }));
  const made = [...proofs, ...(memories ?? [])].flatMap((proof) => proof.made ?? []);
  return omitUndefined({
    subject: { ...subject, ...skippedOf(trace, now), enrollments: [...subject.enrollments, ...made] },
    evidence: proofs.map(({ evidence }) => evidence).toReversed(),
    remembered: memories?.map((memory) => memory.remembered),
  });
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
}

/** A proof, and an enrollment that is invented because the user no longer has any by which it can be. */
interface ReplayedProof {
  readonly evidence: Evidence;
  readonly made: Enrollment | undefined;
}

function proofsOf(proofs: readonly TracedProof[], { subject, now }: Prover): readonly ReplayedProof[] {
  const known = provingEnrollments(proofs, subject.enrollments);
  return proofs.map((proof, index) => {
    const { authenticator, method, age, origin = 'sign_in', replacesProof, earlier, longestPause } = proof;
    const isSame = (other: TracedProof, position: number) =>
      position < index && !known[position] && other.authenticator === authenticator;
    const same = proof.again ? proofs.findIndex(isSame) : -1;
    const id = inventedId(same < 0 ? index : same);
    const { shown, made } = inventedFor(proof, id);
    const transaction = earlier ? 'earlier' : replayed;
    const at = now - age;
    const by = { enrollment: known[index]?.id ?? id, subject: subject.id };
    const evidence = { ...shown, ...by, amr: [], at, transaction, origin, method, longestPause, replacesProof };
    return { evidence: omitUndefined(evidence), made: known[index] || same >= 0 ? undefined : made };
  });
}

function memoryOf(
  memory: TracedMemory,
  index: number,
  { subject, now }: Prover,
): { readonly remembered: RememberedProof; readonly made: Enrollment | undefined } {
  const { method, age, left } = memory;
  const { shown, made } = inventedFor(memory, inventedId(`remembered-${index}`));
  const known = subject.enrollments.find((owned) => canShow(owned, memory));
  const enrollment = known?.id ?? made.id;
  const remembered = omitUndefined({ ...shown, enrollment, method, at: now - age, until: now + left });
  return { remembered, made: known ? undefined : made };
}

function inventedId(name: string | number): string {
  return `${replayed}-${name}`;
}

function inventedFor({ authenticator, factors, characteristics = [] }: TracedProof | TracedMemory, id: string) {
  const shown = { authenticator, factors: factors as Evidence['factors'], characteristics };
  return { shown, made: { ...shown, id } };
}
