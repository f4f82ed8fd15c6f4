/** What requests change in an SSO session beside what oidc-provider saves: proofs, apps that are forgotten, notes. */

import type { Evidence, Seconds } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type { GrantedSession } from '../../core/model/policy.ts';
import {
  parseSsoSession,
  type SsoSession,
  withEvidence,
  withNote,
  withPauses,
} from '../../flow/browser/sso-session.ts';
import { ssoSessionKey } from '../../stores/keys.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import { currentSession, secondsLeft, sessionEntry } from './session-entry.ts';

/**
 * Adds evidence to the session of this request. oidc-provider saves the session itself at the end of the request, with
 * its lifetime. `limits`: how long it may live from now on.
 */
export function recordEvidence(
  unit: UnitOfWork,
  uid: string,
  added: {
    readonly subject: string;
    readonly evidence: readonly Evidence[];
    readonly limits?: GrantedSession;
    /** Absent if the session was not used to sign in. */
    readonly used?: SsoSession['used'];
    /** The user was active, so pauses end now. */
    readonly isActive?: boolean;
    readonly now: Seconds;
  },
): void {
  const current = currentSession(unit, uid, added.now);
  unit.merge(ssoSessionKey(uid), (value) => {
    const session = current(value);
    const { limits, used, isActive, now } = added;
    const kept = isActive ? withPauses(session, now) : session.evidence;
    const evidence = withEvidence(kept, added.evidence).filter((e) => e.subject === added.subject);
    const ttl = limits?.idle ?? secondsLeft(session, added.now);
    const activeAt = isActive ? { activeAt: now } : {};
    return sessionEntry(
      { ...session, evidence, ...activeAt, ...(limits ? { limits } : {}), ...(used ? { used } : {}) },
      ttl,
    );
  });
}

/**
 * All other sessions of the account ended, and this one continues for as long as it would have. `validAfter`: the new
 * one of the account. With `withTokens`, what was issued within it still counts.
 */
export function keepSession(
  unit: UnitOfWork,
  uid: string,
  {
    validAfter,
    withTokens,
    now,
  }: { readonly validAfter: Seconds; readonly withTokens: boolean; readonly now: Seconds },
): void {
  unit.merge(ssoSessionKey(uid), (value) => {
    if (value === undefined) return undefined;
    const { validSince: before, ...session } = parseSsoSession(value);
    const since = withTokens ? (before ?? session.validAfter) : undefined;
    return sessionEntry({ ...session, validAfter, ...omitUndefined({ validSince: since }) }, secondsLeft(session, now));
  });
}

/** Removes this app from the session. `now`: epoch seconds. */
export function forgetClient(
  unit: UnitOfWork,
  uid: string,
  { client, now }: { readonly client: string; readonly now: Seconds },
): void {
  unit.merge(ssoSessionKey(uid), (value) => {
    if (value === undefined) return undefined;
    const session = parseSsoSession(value);
    const { [client]: _gone, ...authorizations } = session.authorizations;
    return sessionEntry({ ...session, authorizations }, secondsLeft(session, now));
  });
}

/** Notes that a request without a page was refused (`SsoSession.refusedSilently`). `now`: epoch seconds. */
export function noteInSession(
  unit: UnitOfWork,
  uid: string,
  { note, now }: { readonly note: string; readonly now: Seconds },
): void {
  unit.merge(ssoSessionKey(uid), (value) => {
    if (value === undefined) return undefined;
    const session = parseSsoSession(value);
    return sessionEntry(withNote(session, note), secondsLeft(session, now));
  });
}
