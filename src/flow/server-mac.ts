/** Keyed hashes under the server's secret. */
import { createHmac } from 'node:crypto';

/** HMAC-SHA-256 under the newest secret (base64url). JSON keeps the parts apart; `purpose` keeps uses apart. */
export function serverMac(secrets: readonly string[], purpose: string, parts: readonly string[]): string {
  const secret = Buffer.from(secrets[0] ?? '', 'base64url');
  return createHmac('sha256', secret)
    .update(JSON.stringify([purpose, ...parts]))
    .digest('base64url');
}
