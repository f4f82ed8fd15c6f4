import type { NewCredential } from '../authenticators/authenticator.ts';
/** What setting passwords needs of the password authenticator; the composition root hands it to the commands. */
export interface PasswordTools {
  /** Hashes a password. Rejects when it cannot be one, or when the hashing queue is full. */
  create(text: string): Promise<NewCredential>;
  /** Takes over a hash of another system. `undefined`: it is not one that we verify. */
  fromHash(hash: string): NewCredential | undefined;
  /** Whether a new password is acceptable; `context`: words about the user or the service. */
  check(
    text: string,
    context: readonly string[],
  ):
    | {
        readonly ok: true;
        /** Too short to be the only factor. */
        readonly short: boolean;
      }
    | { readonly ok: false; readonly reason: 'too_short' | 'too_long' | 'malformed' | 'common' | 'context' };
}
