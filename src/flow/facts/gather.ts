/**
 * Gathers everything that a decision may depend on from what the request has loaded. It loads only the history, and
 * decides nothing.
 */

import type { AuthenticatorDescriptor, Evidence, Facts, RequestFacts, Seconds } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { type Decoy, decoySubject } from '../../core/step/decoy.ts';
import type { Transaction } from '../../core/step/transaction.ts';
import type { Snapshot } from '../../policy/revision/snapshot.ts';
import { signInHistoryKey, usedBrowserKey } from '../../stores/keys.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import { deviceOf } from '../../user-agent.ts';
import { type lastSignInBefore, lastSignInFacts } from '../../users/history/sign-in-history.ts';
import type { VersionedAccount } from '../../users/record/account.ts';
import { toSubject } from '../../users/record/user.ts';
import { rememberedBy } from '../browser/remembered-browser.ts';
import { isOver, peekSso, type SsoSession, withPauses } from '../browser/sso-session.ts';
import { browserUseOf, isKnownBrowser } from '../browser/used-browser.ts';
import type { Visitor } from '../browser/visitor.ts';
import { loadAccount } from './account.ts';
import { decoyPastKeys, pastKeys, unusualFacts } from './risk-facts.ts';

export interface FactSources {
  readonly unit: UnitOfWork;
  readonly snapshot: Snapshot;
  readonly visitor: Visitor;
  /** Epoch seconds. */
  readonly now: Seconds;
}

/** The evidence of an SSO session, if the session belongs to this user and is not over. */
function sessionEvidence(
  session: SsoSession | undefined,
  account: VersionedAccount | undefined,
  now: Seconds,
): readonly Evidence[] {
  if (!session || !account || session.accountId !== account.user.id || isOver(session, account.user, now)) return [];
  return withPauses(session, now);
}

/** Facts about the user, or about no user yet. `session`: the SSO session of the browser. */
export async function gatherFacts(
  { unit, snapshot, visitor, now }: FactSources,
  about: {
    readonly request: RequestFacts;
    readonly transaction?: Transaction;
    readonly subjectId?: string;
    readonly session?: string;
  },
): Promise<Facts> {
  const { transaction, subjectId } = about;
  const account = subjectId === undefined ? undefined : await loadAccount(unit, subjectId);
  const session = about.session === undefined ? undefined : peekSso(unit, about.session);
  const used = visitor.browserSecret === undefined ? undefined : await unit.get(usedBrowserKey(visitor.browserSecret));
  const last = account && browserUseOf(used?.value, account.user.id);
  const remembered = account ? rememberedBy(account, visitor.browserSecret) : [];
  const proved = sessionEvidence(session, account, now);
  const isKept = transaction?.keepSignedIn ?? (proved.length > 0 && session?.limits?.kept === true);
  const subject = account && toSubject(account.user, account.credentials, now);
  const began = (proved.length > 0 ? session?.startedAt : transaction?.startedAt) ?? now;
  const past = { began, session: about.session };
  if (account && snapshot.recordsPlaces) await unit.load(pastKeys(account.user.id));
  const before = account && (await lastSignInOf({ unit, snapshot }, account.user, past));
  const isKnown = account !== undefined && isKnownBrowser(last, { ...past, validAfter: account.user.validAfter });
  const unusual =
    account &&
    snapshot.recordsPlaces &&
    unusualFacts(unit, snapshot, {
      ...past,
      userId: account.user.id,
      ip: visitor.ip,
      now,
      isSignedIn: proved.length > 0,
      isKnownBrowser: isKnown,
    });
  return {
    now,
    ...(transaction ? { transaction: transactionOf(transaction) } : {}),
    request: about.request,
    network: { ip: visitor.ip, ...snapshot.zonesOf(visitor.ip) },
    device: {
      known: isKnown,
      ...deviceOf(visitor.userAgent),
      ...snapshot.deviceSignals(visitor.brought, now),
      ...(last && last.used.length > 0 ? { lastUsed: last.used } : {}),
      ...(remembered.length > 0 ? { remembered } : {}),
    },
    ...(isKept ? { keepSignedIn: true } : {}),
    ...before,
    ...unusual,
    ...(subject ? { subject } : {}),
    evidence: [...proved, ...(transaction?.evidence ?? [])],
  };
}

/** The account of a past. */
type PastOwner = Pick<VersionedAccount['user'], 'id' | 'createdAt'>;

/**
 * The past of this user as a fresh sign-in from this address would find it. `isKnown`: the browser is known.
 * Loads it.
 */
export async function freshPast(
  { unit, snapshot }: Pick<FactSources, 'unit' | 'snapshot'>,
  user: PastOwner,
  { ip, now, isKnown }: { readonly ip: string; readonly now: Seconds; readonly isKnown: boolean },
): Promise<Pick<Facts, 'lastSignIn' | 'isLastSignInAssumed' | 'risk' | 'distance'>> {
  await unit.load(pastKeys(user.id));
  const past = { began: now, session: undefined };
  const signIn = { ...past, userId: user.id, ip, now, isSignedIn: false, isKnownBrowser: isKnown };
  return {
    ...(await lastSignInOf({ unit, snapshot }, user, past)),
    ...(snapshot.recordsPlaces && unusualFacts(unit, snapshot, signIn)),
  };
}

async function lastSignInOf(
  { unit, snapshot }: Pick<FactSources, 'unit' | 'snapshot'>,
  user: PastOwner,
  before: Parameters<typeof lastSignInBefore>[1],
): Promise<Pick<Facts, 'lastSignIn' | 'isLastSignInAssumed'>> {
  const { historySince: since } = snapshot;
  if (since === undefined) return {};
  const value = (await unit.get(signInHistoryKey(user.id)))?.value;
  return lastSignInFacts(value, before, { createdAt: user.createdAt, since });
}

function transactionOf({
  event,
  startedAt,
  skipped,
  requestedEnrollment,
  recovering,
  consented,
  accountSelected,
  deletionAcknowledged,
}: Transaction): NonNullable<Facts['transaction']> {
  return {
    id: event,
    startedAt,
    ...(skipped ? { skipped } : {}),
    ...omitUndefined({ requestedEnrollment, recovering, consented, accountSelected, deletionAcknowledged }),
  };
}

/** A decoy causes the same loads as an account, although nothing is stored for it, so that it takes the same time. */
async function loadDecoyPast({ unit, snapshot }: FactSources, id: string): Promise<void> {
  if (snapshot.historySince !== undefined) await unit.load(decoyPastKeys(id));
}

/** The input for decoys. */
export interface Decoys {
  /** From `decoyEntropy`, for the subject of the transaction. */
  readonly entropy: number;
  /** All existing authenticators. */
  readonly authenticators: readonly AuthenticatorDescriptor[];
}

function identifierKindOf(identifier: string, isNumber: boolean | undefined): Decoy['identifierKind'] {
  if (identifier.includes('@')) return 'address';
  return isNumber ? 'number' : undefined;
}

/** The facts of a transaction. A decoy looks like a user, and so does a user who was deleted in the meantime. */
export async function transactionFacts(sources: FactSources, transaction: Transaction, decoys: Decoys): Promise<Facts> {
  const { subject } = transaction;
  const facts = await gatherFacts(sources, {
    request: transaction.request,
    transaction,
    ...(subject && !subject.decoy ? { subjectId: subject.id } : {}),
    ...omitUndefined({ session: transaction.session }),
  });
  if (!subject || facts.subject) return facts;
  await loadDecoyPast(sources, subject.id);
  const { id, identifier, isNumber } = subject;
  const { entropy, authenticators } = decoys;
  const decoy = omitUndefined({ id, entropy, identifierKind: identifierKindOf(identifier, isNumber) });
  return { ...facts, subject: decoySubject(decoy, authenticators), evidence: [] };
}
