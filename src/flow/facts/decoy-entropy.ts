/** A number that is always the same for an identifier, and that cannot be computed without the server's secret. */
import { macUnder } from '../server-mac.ts';

export function decoyEntropy(secrets: readonly string[], identifier: string): number {
  // The oldest secret: what a decoy looks like must not change when a newer one comes.
  return macUnder(secrets.at(-1) ?? '')
    .update('decoy\n')
    .update(identifier)
    .digest()
    .readUInt32BE();
}
