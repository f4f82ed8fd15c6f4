import type { AuthenticatorContext, Credential, NewCredential, Refused } from '../../authenticators/authenticator.ts';
import type { Subject } from '../../core/model/facts.ts';

/** What setting passwords needs of the password authenticator; the composition root hands it to the commands. */
export interface PasswordTools {
  /**
   * Hashes a password, and keeps former ones as the policy says. Rejects when it cannot be one, or when the hashing
   * queue is full.
   */
  create(text: string, context: Pick<PasswordContext, 'enrolled' | 'newPassword'>): Promise<NewCredential>;
  /** Takes over a hash of another system. `undefined`: it is not one that we verify. */
  fromHash(hash: string): NewCredential | undefined;
  /** Why the password policy refuses a new password; `undefined`: it does not. */
  check(text: string, subject: Subject, context: PasswordContext): Promise<Refused | undefined>;
}

/** What the password policy and the settings say for one user. */
export type PasswordContext = Pick<
  AuthenticatorContext,
  'brand' | 'issuer' | 'enrolled' | 'settings' | 'newPassword' | 'warn'
>;

/** The password policy in use, for a user with these credentials. */
export type PasswordRules = (subject: Subject, credentials: readonly Credential[]) => PasswordContext;
