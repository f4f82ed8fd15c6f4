/** A number that is always the same for an identifier, and that nobody can work out who does not have the server's secret. */
import { createHmac } from 'node:crypto';

export function decoyEntropy(secrets: readonly string[], identifier: string): number {
  // The oldest secret: what a decoy looks like must not change when a newer one comes.
  const secret = Buffer.from(secrets.at(-1) ?? '', 'base64url');
  return createHmac('sha256', secret).update('decoy\n').update(identifier).digest().readUInt32BE();
}
