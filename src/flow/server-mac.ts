/** Keyed hashes under the server's secrets. */
import { createHmac, createSecretKey, type Hmac, type KeyObject } from 'node:crypto';

/** base64url, 256 bits each. The first one signs; all of them verify. */
export type ServerSecrets = readonly [string, ...string[]];

/** Cached by secret: creating a key takes five times as long as using it, and there are only a few secrets. */
const keys = new Map<string, KeyObject>();

/** HMAC-SHA-256 under a secret (base64url), ready for `update`. */
export function macUnder(secret: string): Hmac {
  const known = keys.get(secret);
  if (known) return createHmac('sha256', known);
  const key = createSecretKey(Buffer.from(secret, 'base64url'));
  keys.set(secret, key);
  return createHmac('sha256', key);
}

/** HMAC-SHA-256 under the newest secret (base64url). JSON separates the parts; `purpose` separates the uses. */
export function serverMac(secrets: readonly string[], purpose: string, parts: readonly string[]): string {
  return macUnder(secrets[0] ?? '')
    .update(JSON.stringify([purpose, ...parts]))
    .digest('base64url');
}
