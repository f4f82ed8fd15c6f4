/**
 * Detects what a client made in an earlier epoch of the store and may have presented then: a restored store has
 * forgotten it (decision 51). Only its own date shows that.
 */

import { decodeJwt, type JWTPayload } from 'jose';
import { errors, Provider } from 'oidc-provider';
import { oneHour } from '../../core/model/durations.ts';
import type { Seconds } from '../../core/model/facts.ts';

/** How far the clocks of clients may be ahead (FAPI 2.0 Security Profile, section 5.3.2.1). */
const clockTolerance: Seconds = 10;
/** The longest lifetime of a client assertion without a date of issue. */
const undatedLifetime: Seconds = oneHour;

/**
 * Whether the request presents a DPoP proof from before `epoch` (epoch seconds; absent if the store never had another
 * one).
 */
export function presentsOldProof(epoch: Seconds | undefined): boolean {
  const proof = Provider.ctx?.get('DPoP');
  if (!proof || epoch === undefined) return false;
  return isFromBefore(issuedAt(claimsOf(proof)), epoch);
}

/**
 * Refuses a client assertion that may have been used before `epoch`. One without `iat` and `nbf` counts as issued an
 * hour before it expires, and may not live longer. `now`: epoch seconds. Throws `InvalidClientAuth`.
 */
export function assertNewAssertion(
  claims: JWTPayload,
  { epoch, now }: { readonly epoch: Seconds | undefined; readonly now: Seconds },
): void {
  const { iat, nbf, exp = 0 } = claims;
  const isDated = iat !== undefined || nbf !== undefined;
  if (!isDated && exp > now + undatedLifetime + clockTolerance)
    throw new errors.InvalidClientAuth('a client assertion that lives longer than an hour must say when it was issued');
  if (epoch !== undefined && isFromBefore(issuedAt(claims), epoch))
    throw new errors.InvalidClientAuth('client assertion tokens must be issued after the store was restored');
}

function isFromBefore(time: Seconds, epoch: Seconds): boolean {
  return time <= epoch + clockTolerance;
}

function issuedAt({ iat, nbf, exp = 0 }: JWTPayload): Seconds {
  return iat ?? nbf ?? exp - undatedLifetime;
}

function claimsOf(jwt: string): JWTPayload {
  try {
    return decodeJwt(jwt);
  } catch {
    // The provider verifies it later and refuses it.
    return { iat: Number.POSITIVE_INFINITY };
  }
}
