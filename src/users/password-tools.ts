import type { NewCredential } from '../authenticators/authenticator.ts';
/** What setting passwords needs of the password authenticator; whoever puts the commands together hands it in. */
export interface PasswordTools {
  /** Hashes a password. Rejects when it cannot be one, or when there is no room for more work. */
  create(text: string): Promise<NewCredential>;
  /** Takes over a hash of another system. `undefined`: it is not one that we verify. */
  fromHash(hash: string): NewCredential | undefined;
  /** Whether a password that is about to be set will do; `context`: words about the person or the service. */
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
