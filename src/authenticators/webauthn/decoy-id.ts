/**
 * Ids of keys that do not exist. The second half of each id is a keyed hash of the first, so that only the server
 * recognises its own decoys: a browser must never be told that a decoy is unknown, since that would distinguish decoys
 * from keys (decision 40).
 */
import type { AuthenticatorContext } from '../authenticator.ts';
import { isSameText } from '../shared/same-text.ts';

type Macs = Pick<AuthenticatorContext, 'decoyMac'>;

/** `drawn`: 256 random bits (base64url). `bytes`: length of the id; even, at most 64. Returns base64url. */
export function decoyId(drawn: string, bytes: number, context: Macs): string {
  return withTag(Buffer.from(drawn, 'base64url').subarray(0, bytes / 2), context);
}

/** `id`: base64url. */
export function isDecoyId(id: string, context: Macs): boolean {
  const bytes = Buffer.from(id, 'base64url');
  return isSameText(id, withTag(bytes.subarray(0, bytes.length / 2), context));
}

function withTag(half: Buffer, { decoyMac }: Macs): string {
  const tag = Buffer.from(decoyMac('webauthn decoy tag', half.toString('base64url')), 'base64url');
  return Buffer.concat([half, tag.subarray(0, half.length)]).toString('base64url');
}
