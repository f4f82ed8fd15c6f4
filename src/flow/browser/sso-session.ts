/**
 * What one SSO session holds: the browser's session as the protocol knows it, and the evidence that was proved in it,
 * entry by entry. Two tabs that finish at the same time both add to it; neither overwrites the other.
 */
import type { Evidence, Seconds } from '../../core/model/facts.ts';
import { parsedOnce } from '../../core/model/parsed-once.ts';
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
  /** Epoch seconds: the absolute lifetime counts from here. */
  readonly startedAt: Seconds;
  readonly authorizations: Readonly<Record<string, ClientAuthorization>>;
  readonly evidence: readonly Evidence[];
  /** When it ends unless it is used before (epoch seconds); absent: oidc-provider has not saved it yet. */
  readonly expiresAt?: Seconds;
  /** How long it may live, by the session rule that decided last. */
  readonly limits?: GrantedSession;
  /** `validAfter` of the account when it signed in: a reset ends the session. */
  readonly valid?: Seconds;
  /**
   * The session was kept when `validAfter` changed: what was issued within it since this one counts on. Absent: since
   * `valid`.
   */
  readonly validSince?: Seconds;
  /** The last sign-in to an app: when (epoch seconds), and from where, as the browser reported. */
  readonly used?: { readonly at: Seconds; readonly ip: string; readonly userAgent: string };
  /** The last activity (epoch seconds): a sign-in to an app that the user could have been asked something in. */
  readonly activeAt?: Seconds;
  /** Everything else that oidc-provider keeps with a session. */
  readonly payload: Readonly<Record<string, unknown>>;
}

/**
 * Newest entries that are kept of each enrollment and of what it showed: a lesser verification never pushes a fuller
 * one out.
 */
const entriesPerEnrollment = 2;

/** Reads the value of a session entry. */
export const parseSsoSession: (value: string) => SsoSession = parsedOnce(JSON.parse as (value: string) => SsoSession);

/** The session as the request sees it, without asking the store. */
export function peekSso(unit: UnitOfWork, uid: string): SsoSession | undefined {
  const entry = unit.peek(ssoSessionKey(uid));
  return entry && parseSsoSession(entry.value);
}

/** Whether it has outlived what the session policy allows, or is from before the account was reset (epoch seconds). */
export function isOver(session: SsoSession, account: User | undefined, now: Seconds): boolean {
  if (!session.accountId) return false;
  const tooOld = session.limits !== undefined && now >= session.startedAt + session.limits.absolute;
  return tooOld || account?.id !== session.accountId || account.validAfter !== session.valid;
}

/**
 * Whether something that was issued within this session stays valid although the account has a new `validAfter`: the
 * session was kept when that changed. `issued`: the `validAfter` under which it was issued.
 */
export function isKeptWith(session: SsoSession | undefined, account: User, issued: Seconds | undefined): boolean {
  if (session?.accountId !== account.id || session.valid !== account.validAfter) return false;
  return session.validSince !== undefined && issued !== undefined && issued >= session.validSince;
}

/** The evidence with its longest pause, up to now (epoch seconds). Later activity never makes it shorter. */
export function withPauses({ evidence, activeAt, used }: SsoSession, now: Seconds): readonly Evidence[] {
  const last = activeAt ?? used?.at ?? 0;
  return evidence.map((one) => ({ ...one, idle: Math.max(one.idle ?? 0, now - Math.max(last, one.at)) }));
}

/** Adds evidence without losing any that another request added; keeps the newest few per enrollment. */
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

function sameProof(a: Evidence, b: Evidence): boolean {
  return (
    a.transaction === b.transaction &&
    a.enrollment === b.enrollment &&
    a.authenticator === b.authenticator &&
    a.at === b.at
  );
}
