/**
 * The content of an SSO session: the protocol's data about the browser's session, and the evidence proved in it, entry
 * by entry. Two tabs that finish at the same time both add to it, and neither overwrites the other.
 */

import { parsedOnce } from '../../core/model/cached-parse.ts';
import type { Evidence, Seconds } from '../../core/model/facts.ts';
import type { GrantedSession } from '../../core/model/policy.ts';
import { ssoSessionKey } from '../../stores/keys.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import type { User } from '../../users/record/user.ts';

/** One relying party that the session signed in to. */
export interface ClientAuthorization {
  readonly sid?: string;
  readonly grantId?: string;
  readonly persistsLogout?: boolean;
}

export interface SsoSession {
  readonly uid: string;
  readonly accountId?: string;
  /** Epoch seconds. The absolute lifetime starts here. */
  readonly startedAt: Seconds;
  readonly authorizations: Readonly<Record<string, ClientAuthorization>>;
  readonly evidence: readonly Evidence[];
  /** When the session ends unless it is used before (epoch seconds). Absent until oidc-provider has saved it. */
  readonly expiresAt?: Seconds;
  /** How long it may live, by the latest deciding session rule. */
  readonly limits?: GrantedSession;
  /** The account's `validAfter` at the sign-in. A reset ends the session. */
  readonly validAfter?: Seconds;
  /**
   * Set if the session was kept when `validAfter` changed: what was issued within it from this value on still counts.
   * Absent: from `validAfter` on.
   */
  readonly validSince?: Seconds;
  /** The last sign-in to an app: when (epoch seconds), and from where, as the browser reported. */
  readonly used?: { readonly at: Seconds; readonly ip: string; readonly userAgent: string };
  /** The last activity (epoch seconds): a request that prolonged the session, which one with `prompt=none` does not. */
  readonly activeAt?: Seconds;
  /** Notes of the latest requests that could not be met without a page: those that are in the audit log. */
  readonly refusedSilently?: readonly string[];
  /** Everything else that oidc-provider stores in a session. */
  readonly payload: Readonly<Record<string, unknown>>;
}

/**
 * How many of the newest entries are kept for each enrollment and what it proved. A weaker verification never displaces
 * a stronger one.
 */
const entriesPerEnrollment = 2;

/** Reads the value of a session entry. */
export const parseSsoSession: (value: string) => SsoSession = parsedOnce(JSON.parse as (value: string) => SsoSession);

/** The session as the request sees it, without asking the store. */
export function peekSso(unit: UnitOfWork, uid: string): SsoSession | undefined {
  const entry = unit.peek(ssoSessionKey(uid));
  return entry && parseSsoSession(entry.value);
}

/** The session of a sign-in that is compared with a draft. */
export function sampledSession(
  unit: UnitOfWork,
  uid: string | undefined,
): { readonly session?: { readonly uid: string; readonly startedAt?: Seconds } } {
  if (uid === undefined) return {};
  const startedAt = peekSso(unit, uid)?.startedAt;
  return { session: { uid, ...(startedAt !== undefined && { startedAt }) } };
}

/**
 * Whether the session has exceeded its lifetime by the session policy, or was begun before the account was reset.
 * `now`: epoch seconds.
 */
export function isOver(session: SsoSession, account: User | undefined, now: Seconds): boolean {
  if (!session.accountId) return false;
  const tooOld = session.limits !== undefined && now >= session.startedAt + session.limits.absolute;
  return tooOld || account?.id !== session.accountId || account.validAfter !== session.validAfter;
}

/**
 * Whether something issued within this session stays valid although the account has a new `validAfter`, because the
 * session was kept at that change. `issued`: the `validAfter` under which it was issued.
 */
export function isKeptWith(session: SsoSession | undefined, account: User, issued: Seconds | undefined): boolean {
  if (session?.accountId !== account.id || session.validAfter !== account.validAfter) return false;
  return session.validSince !== undefined && issued !== undefined && issued >= session.validSince;
}

/** The evidence with its longest pause up to now (epoch seconds). Later activity never shortens it. */
export function withPauses({ evidence, activeAt, used }: SsoSession, now: Seconds): readonly Evidence[] {
  const last = activeAt ?? used?.at ?? 0;
  return evidence.map((proof) => ({
    ...proof,
    longestPause: Math.max(proof.longestPause ?? 0, now - Math.max(last, proof.at)),
  }));
}

/**
 * The session with another end (epoch seconds). One that is prolonged was active, and its evidence keeps the pause
 * before that. The clock may have gone on by a second since the end was computed.
 */
export function endingAt(session: SsoSession, expiresAt: Seconds, now: Seconds): SsoSession {
  const { accountId, activeAt, expiresAt: former = 0 } = session;
  const isActivity = accountId !== undefined && activeAt !== now && expiresAt > former + 1;
  return { ...session, expiresAt, ...(isActivity && { activeAt: now, evidence: withPauses(session, now) }) };
}

/** Adds evidence without losing any that another request added, and keeps the newest few per enrollment. */
export function withEvidence(kept: readonly Evidence[], added: readonly Evidence[]): readonly Evidence[] {
  const seen = new Map<string, number>();
  const all = [...kept, ...added].sort((a, b) => b.at - a.at);
  const unique = all.filter((e, i) => all.findIndex((other) => sameProof(other, e)) === i);
  return unique.filter((e) => {
    const id = JSON.stringify([e.authenticator, e.enrollment, [...e.factors].sort(), [...e.characteristics].sort()]);
    const count = (seen.get(id) ?? 0) + 1;
    seen.set(id, count);
    return count <= entriesPerEnrollment;
  });
}

/** More than a browser has apps that renew silently at once. */
const mostNotes = 64;

/** Adds a note to `refusedSilently`. */
export function withNote(session: SsoSession, note: string): SsoSession {
  const others = session.refusedSilently?.filter((other) => other !== note) ?? [];
  return { ...session, refusedSilently: [...others, note].slice(-mostNotes) };
}

function sameProof(a: Evidence, b: Evidence): boolean {
  return (
    a.transaction === b.transaction &&
    a.enrollment === b.enrollment &&
    a.authenticator === b.authenticator &&
    a.at === b.at
  );
}
