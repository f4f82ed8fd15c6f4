/**
 * A family of refresh tokens: all that follow from one sign-in, each from the one before. Its tokens share their first
 * characters, which lead to the one record of the family, and the rest of each is its secret. The record knows the
 * newest token and the one before. So it takes the same space after a thousand refreshes, and any other secret under it
 * is one that was used before. See decision 56.
 */
import { hash, randomBytes } from 'node:crypto';
import type { Seconds } from '../../core/model/facts.ts';
import { macUnder } from '../../flow/server-mac.ts';

/** Which tokens of a family count. Tokens stand in it as SHA-256 (base64url). */
export interface RefreshFamily {
  readonly current: string;
  /** The token that `current` has replaced. */
  readonly former?: string;
  /** When it did (epoch seconds). */
  readonly rotatedAt?: Seconds;
}

/** 128 bits that lead to the record. */
const familyLength = 22;

export function newRefreshToken(): string {
  return randomBytes(48)
    .toString('base64url')
    .slice(0, familyLength + 43);
}

/** The part that all tokens of a family share. */
export function familyOf(token: string): string {
  return token.slice(0, familyLength);
}

export function tokenHash(token: string): string {
  return hash('sha256', token, 'base64url');
}

/**
 * What replaces the token, under a secret of the server: always the same, so that a client whose answer was lost can
 * ask again, and no client can work it out.
 */
export function successorOf(token: string, secret: string): string {
  const mac = macUnder(secret).update(JSON.stringify(['refresh_successor', token]));
  return `${familyOf(token)}${mac.digest('base64url')}`;
}

/** Whether the token counts: `repeated` is one that was replaced so short a time ago that its answer may be lost. */
export type TokenStanding = 'current' | 'repeated' | 'used';

/** `grace`: how long (seconds) a token that was replaced may be presented again. */
export function standingOf(
  family: RefreshFamily,
  token: string,
  { now, grace }: { readonly now: Seconds; readonly grace: Seconds },
): TokenStanding {
  const presented = tokenHash(token);
  if (presented === family.current) return 'current';
  if (presented !== family.former) return 'used';
  // Times are whole seconds: a grace is never shorter than was said.
  return grace > 0 && now - (family.rotatedAt ?? 0) <= grace ? 'repeated' : 'used';
}
