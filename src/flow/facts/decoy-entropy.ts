/** A number that is always the same for an identifier, and cannot be computed without the server's secret. */
import { macUnder } from '../server-mac.ts';

export function decoyEntropy(secrets: readonly string[], identifier: string): number {
  // Uses the oldest secret, because decoys must not change when a newer one is added.
  return macUnder(secrets.at(-1) ?? '')
    .update('decoy\n')
    .update(identifier)
    .digest()
    .readUInt32BE();
}
