/**
 * The facts of a real sign-in as a draft sees them. What only the draft asks about is gathered here, after the request:
 * the active configuration is evaluated without it.
 */
import type { ComparedSide } from '../core/analysis/comparison/compare-decisions.ts';
import { evaluate } from '../core/decision/evaluate.ts';
import { evaluateIssuance } from '../core/decision/token-issuance.ts';
import type { Facts } from '../core/model/facts.ts';
import { omitUndefined } from '../core/model/omit-undefined.ts';
import { riskSignals } from '../core/model/risk.ts';
import type { Trace } from '../core/model/trace.ts';
import type { PolicySet } from '../core/policy/rules/compile.ts';
import { riskOf } from '../core/policy/values/risk.ts';
import { factsAskedFor, factsFailed } from '../core/queries/facts-asked-for.ts';
import { provesStrongest } from '../core/queries/proves-strongest.ts';
import type { UnknownToShadow } from '../policy/revision/shadow-record.ts';
import type { Snapshot } from '../policy/revision/snapshot.ts';
import { signInHistoryKey, userKey } from '../stores/keys.ts';
import type { UnitOfWork } from '../stores/unit-of-work.ts';
import { lastSignInFacts, recordInHistory } from '../users/history/sign-in-history.ts';
import { recordUsualNetwork } from '../users/history/usual-places.ts';
import { pastKeys, unusualFacts } from './facts/risk-facts.ts';
import type { ShadowSample } from './services.ts';

/** The past of the account as the draft sees it, and which of it is not known. */
interface DraftPast {
  readonly past: Pick<Facts, 'lastSignIn' | 'isLastSignInAssumed' | 'risk' | 'distance'>;
  readonly unknown: readonly UnknownToShadow[];
}

/** The keys that the draft needs of this sign-in, besides what the request has loaded. */
export function keysForDraft({ kind, snapshot, facts }: ShadowSample, draft: Snapshot): readonly string[] {
  const { subject } = facts;
  if (kind === 'token' || subject === undefined || !asksFurther(snapshot, draft)) return [];
  return [userKey(subject.id), ...pastKeys(subject.id)];
}

/** Whether the draft asks about the past what the active configuration does not ask, or by other settings. */
function asksFurther(active: Snapshot, draft: Snapshot): boolean {
  return needsHistory(active, draft) || needsPlaces(active, draft);
}

function needsHistory(active: Snapshot, draft: Snapshot): boolean {
  return draft.historySince !== undefined && active.historySince === undefined;
}

function needsPlaces(active: Snapshot, draft: Snapshot): boolean {
  const measure = ({ settings: { risk, networkData } }: Snapshot) => JSON.stringify([risk, networkData?.country]);
  return draft.recordsPlaces === true && !(active.recordsPlaces === true && measure(active) === measure(draft));
}

/** The facts as the draft sees them. `unit`: has loaded `keysForDraft`. */
export function factsForDraft(
  sample: ShadowSample,
  draft: Snapshot,
  unit: UnitOfWork,
): { readonly facts: Facts; readonly unknown: readonly UnknownToShadow[] } {
  const { facts, snapshot, kind } = sample;
  const { past, unknown } = kind === 'token' ? pastOfToken(sample, draft) : pastOfSignIn(sample, draft, unit);
  const { lastSignIn: _at, isLastSignInAssumed: _is, risk: _risk, distance: _far, device, ...others } = facts;
  const seen = readsSameSignals(snapshot, draft) ? device : deviceForDraft(sample, draft);
  return {
    facts: { ...others, ...past, device: seen ?? device },
    unknown: [...unknown, ...(seen ? [] : (['device'] as const))],
  };
}

function readsSameSignals(active: Snapshot, draft: Snapshot): boolean {
  return JSON.stringify(active.settings.deviceSignals) === JSON.stringify(draft.settings.deviceSignals);
}

/**
 * The draft may believe other proxies, authorities and keys, and ask for other versions. `undefined`: it reads a header
 * that the request did not keep, or the device is that of an earlier request.
 */
function deviceForDraft(
  { kind, snapshot, facts, brought }: ShadowSample,
  draft: Snapshot,
): Facts['device'] | undefined {
  const isKept = draft.signalHeaders.every((header) => snapshot.signalHeaders.includes(header));
  if (kind === 'token' || !isKept) return undefined;
  const { registered: _is, managed: _has, assurances: _met, ...others } = facts.device;
  return { ...others, ...draft.deviceSignals(brought, facts.now) };
}

function pastOfSignIn(sample: ShadowSample, draft: Snapshot, unit: UnitOfWork): DraftPast {
  const { snapshot: active, facts } = sample;
  const { subject, lastSignIn, isLastSignInAssumed, risk, distance } = facts;
  const known = { lastSignIn, isLastSignInAssumed, risk, distance };
  if (subject === undefined || !asksFurther(active, draft)) return { past: omitUndefined(known), unknown: [] };
  const compared = comparedWith(sample, subject.id);
  const history = needsHistory(active, draft)
    ? lastSignInFacts(unit.peek(signInHistoryKey(subject.id))?.value, compared, {
        createdAt: subject.createdAt ?? 0,
        since: draft.historySince ?? 0,
      })
    : omitUndefined({ lastSignIn, isLastSignInAssumed });
  if (!needsPlaces(active, draft)) return { past: { ...history, ...omitUndefined({ risk, distance }) }, unknown: [] };
  const unusual = unusualFacts(unit, draft, compared);
  // Wrong attempts are recorded within requests, and only if the active configuration asks.
  if (active.recordsPlaces || facts.device.known) return { past: { ...history, ...unusual }, unknown: [] };
  const { reasons, unknown = [] } = unusual.risk;
  const signals = reasons.map(({ signal }) => signal);
  const uncounted = riskOf(signals, [...unknown, 'recentFailures'], draft.settings.risk);
  return { past: { ...history, ...unusual, risk: uncounted }, unknown: ['risk'] };
}

/** The past in the moment of the authorization is not recorded for the draft. */
function pastOfToken({ facts, snapshot: active }: ShadowSample, draft: Snapshot): DraftPast {
  const { lastSignIn, isLastSignInAssumed, risk, distance, device } = facts;
  const [history, places] = [needsHistory(active, draft), needsPlaces(active, draft)];
  const signals = device.known ? [] : (['newDevice'] as const);
  const others = riskSignals.filter((signal) => signal !== 'newDevice');
  return {
    past: {
      ...(history ? { lastSignIn: 'unknown' as const } : omitUndefined({ lastSignIn, isLastSignInAssumed })),
      ...(places
        ? { risk: riskOf(signals, others, draft.settings.risk), distance: 'unknown' as const }
        : omitUndefined({ risk, distance })),
    },
    unknown: [...(history ? (['lastSignIn'] as const) : []), ...(places ? (['risk', 'distance'] as const) : [])],
  };
}

/** The sign-in in the form of those that are compared with the past. */
function comparedWith({ facts, session }: ShadowSample, userId: string): Parameters<typeof unusualFacts>[2] {
  const { now, network, device, evidence, transaction } = facts;
  const isSignedIn = evidence.some((proof) => proof.transaction !== transaction?.id);
  const began = (isSignedIn ? session?.startedAt : transaction?.startedAt) ?? now;
  return { userId, ip: network.ip, now, began, session: session?.uid, isSignedIn, isKnownBrowser: device.known };
}

/**
 * What is not known and would make a difference to the draft. A draft without the app asks for nothing.
 */
export function unknownThatMatters(
  { policies, facts }: ComparedSide,
  { kind, at }: ShadowSample,
  unknown: readonly UnknownToShadow[],
): UnknownToShadow | undefined {
  if (policies === undefined || unknown.length === 0) return undefined;
  const { trace }: { readonly trace: Trace } =
    kind === 'token' ? evaluateIssuance(policies, facts, at) : evaluate(policies, facts);
  const [asked, failed] = [factsAskedFor(trace), [...factsFailed(trace)]];
  return unknown.find((name) =>
    name === 'device'
      ? ['registered', 'managed', 'assurance'].some((signal) => asked.has(`device.${signal}`))
      : failed.some((condition) => condition === name || condition.startsWith(`${name}.`)),
  );
}

/**
 * Records the sign-in for the draft as it would be recorded if the draft were active. `unit`: has loaded
 * `keysForDraft`. `policies`: the active ones.
 */
export function recordForDraft(sample: ShadowSample, draft: Snapshot, { unit, policies }: RecordedBy): void {
  const { snapshot: active, facts, session, isCompleted, at } = sample;
  const { subject, transaction, evidence, network } = facts;
  const isMissing = needsHistory(active, draft) || (draft.recordsPlaces && !active.recordsPlaces);
  if (!isMissing || !isCompleted || subject === undefined || session === undefined) return;
  const proofs = evidence.filter((proof) => proof.transaction === transaction?.id && proof.origin !== 'enrollment');
  const isDeleted = unit.peek(userKey(subject.id)) === undefined;
  if (transaction === undefined || proofs.length === 0 || isDeleted || !provesStrongest(policies, facts)) return;
  const signIn = { at, session: session.uid, ...(draft.recordsPlaces && { ip: network.ip }) };
  recordInHistory(unit, subject.id, signIn);
  if (draft.recordsPlaces) recordUsualNetwork(unit, subject.id, { ...signIn, ip: network.ip });
}

interface RecordedBy {
  readonly unit: UnitOfWork;
  readonly policies: PolicySet;
}
