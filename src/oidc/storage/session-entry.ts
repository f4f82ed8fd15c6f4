/**
 * How an SSO session is written: with a lifetime up to its end, and never one that another tab has ended. See decision
 * 2.
 */

import { errors } from 'oidc-provider';
import type { Seconds } from '../../core/model/facts.ts';
import { parseSsoSession, type SsoSession } from '../../flow/browser/sso-session.ts';
import { grantKey, ssoSessionKey, userKey } from '../../stores/keys.ts';
import type { Merged, UnitOfWork } from '../../stores/unit-of-work.ts';

/** Lifetime of a session before oidc-provider saves it, which happens at the end of the request. */
export const unsavedLifetime: Seconds = 60;
/** Grants that are loaded together with a session. Those of further clients need another round trip. */
const grantsAlong = 16;

export function sessionEntry(session: SsoSession, ttl: Seconds): Merged {
  const grants = Object.values(session.authorizations).flatMap(({ grantId }) => (grantId ? [grantKey(grantId)] : []));
  const refs = session.accountId ? [userKey(session.accountId), ...grants.slice(-grantsAlong)] : [];
  return { value: JSON.stringify(session), ttl, refs };
}

/** How long the session lives if nothing renews it. */
export function secondsLeft({ expiresAt }: SsoSession, now: Seconds): Seconds {
  return expiresAt === undefined ? unsavedLifetime : Math.max(1, expiresAt - now);
}

/** Reads the session in a merge. It does not bring back a session that another tab ended since this request read it. */
export function currentSession(unit: UnitOfWork, uid: string, now: Seconds): (value: string | undefined) => SsoSession {
  const existed = unit.stored(ssoSessionKey(uid)) !== undefined;
  return (value) => {
    if (value) return parseSsoSession(value);
    if (existed) throw new errors.SessionNotFound('the session was ended meanwhile');
    return { uid, startedAt: now, authorizations: {}, evidence: [], payload: {} };
  };
}
