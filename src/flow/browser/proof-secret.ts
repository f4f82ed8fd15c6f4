/**
 * The secret that a browser gets with the answer to each proof (Law 15). The cookies of a sign-in may have been planted
 * by another browser, which then holds them as well. It does not hold this secret, and whatever follows a proof asks
 * for it: the next step, and the resume above all. See decision 30.
 */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** How one request deals with the secret of its sign-in. */
export interface ProofSecret {
  /** What the browser sent; absent: nothing. */
  readonly presented: string | undefined;
  /** The browser gets this secret with the answer, if what this request did is kept. */
  give(secret: string): void;
}

/** Gives the browser a fresh secret. What the transaction keeps of it, so that a copy of the store does not hold it. */
export function renewSecret({ give }: Pick<ProofSecret, 'give'>): string {
  const secret = randomBytes(32).toString('base64url');
  give(secret);
  return proofHash(secret);
}

/** Whether this browser gave the last proof. `kept`: of the transaction; absent: nothing was proved in it. */
export function isProvingBrowser(kept: string | undefined, presented: string | undefined): boolean {
  if (kept === undefined) return true;
  return presented !== undefined && timingSafeEqual(Buffer.from(proofHash(presented)), Buffer.from(kept));
}

/** The secret has 256 random bits, so its hash discloses nothing. */
function proofHash(secret: string): string {
  return hash('sha256', secret, 'base64url');
}
