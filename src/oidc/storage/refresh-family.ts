/**
 * A family of refresh tokens: all that follow from one sign-in, each from the one before. Its tokens share their first
 * characters, which lead to the one record of the family; the rest of each token is its secret. The record contains the
 * newest token and the one before. It therefore needs the same space after a thousand refreshes, and any other secret
 * of the family belongs to a token that was used before. See decision 56.
 */
import { hash, randomBytes } from 'node:crypto';
import type { Seconds } from '../../core/model/facts.ts';
import { macUnder } from '../../flow/server-mac.ts';

/** The tokens of a family that count, as SHA-256 (base64url). */
export interface RefreshFamily {
  readonly current: string;
  /** The token that `current` has replaced. */
  readonly former?: string;
  /** When it was replaced (epoch seconds). */
  readonly rotatedAt?: Seconds;
}

/** The length of the prefix: 128 bits that lead to the record. */
const familyLength = 22;

export function newRefreshToken(): string {
  return randomBytes(48)
    .toString('base64url')
    .slice(0, familyLength + 43);
}

/** The prefix that all tokens of a family share. */
export function familyOf(token: string): string {
  return token.slice(0, familyLength);
}

export function tokenHash(token: string): string {
  return hash('sha256', token, 'base64url');
}

/**
 * The token that replaces this one, derived with a secret of the server. It is always the same, so that a client that
 * lost the response can ask again, and no client can compute it.
 */
export function successorOf(token: string, secret: string): string {
  const mac = macUnder(secret).update(JSON.stringify(['refresh_successor', token]));
  return `${familyOf(token)}${mac.digest('base64url')}`;
}

/** Whether the token counts. `repeated`: it was replaced so recently that the response may have been lost. */
export type TokenStanding = 'current' | 'repeated' | 'used';

/** `grace`: how long (seconds) a replaced token may be presented again. */
export function standingOf(
  family: RefreshFamily,
  token: string,
  { now, grace }: { readonly now: Seconds; readonly grace: Seconds },
): TokenStanding {
  const presented = tokenHash(token);
  if (presented === family.current) return 'current';
  if (presented !== family.former) return 'used';
  // Times are whole seconds, so the grace is never shorter than configured.
  return grace > 0 && now - (family.rotatedAt ?? 0) <= grace ? 'repeated' : 'used';
}
