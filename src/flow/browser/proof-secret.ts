/**
 * The secret that a browser gets with the answer to each proof (Law 15). Another browser may have planted the cookies
 * of a sign-in and then holds them as well, but it does not hold this secret. Everything after a proof requires it: the
 * next step, and above all the resume. See decision 30.
 */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** How one request handles the secret of its sign-in. */
export interface ProofSecret {
  /** What the browser sent. Absent if it sent nothing. */
  readonly presented: string | undefined;
  /** Sends this secret to the browser with the answer, if the request's changes are committed. */
  give(secret: string): void;
}

/**
 * Gives the browser a new secret. Returns its hash for the transaction, so that a copy of the store does not contain
 * the secret.
 */
export function giveProofSecret({ give }: Pick<ProofSecret, 'give'>): string {
  const secret = randomBytes(32).toString('base64url');
  give(secret);
  return proofHash(secret);
}

/** Whether this browser gave the last proof. `kept`: the hash in the transaction; absent if nothing was proved. */
export function isProvingBrowser(kept: string | undefined, presented: string | undefined): boolean {
  if (kept === undefined) return true;
  return presented !== undefined && timingSafeEqual(Buffer.from(proofHash(presented)), Buffer.from(kept));
}

/** The secret has 256 random bits, so its hash reveals nothing. */
function proofHash(secret: string): string {
  return hash('sha256', secret, 'base64url');
}
