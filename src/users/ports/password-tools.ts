/** Passwords, as commands set and import them. */
import type { AuthenticatorContext, Credential, NewCredential, Refused } from '../../authenticators/authenticator.ts';
import type { Subject } from '../../core/model/facts.ts';

/** What commands need from the password authenticator in order to set passwords. `main` gives it to them. */
export interface PasswordTools {
  /**
   * Hashes a password, and keeps former ones as the policy says. Rejects if the text cannot be a password, or if the
   * hashing queue is full.
   */
  create(text: string, context: Pick<PasswordContext, 'enrolled' | 'newPassword'>): Promise<NewCredential>;
  /** Takes over a password hash of another system. Undefined if its format is not supported. */
  fromHash(hash: string): NewCredential | undefined;
  /** Why the password policy refuses a new password. Undefined if it accepts it. */
  check(text: string, subject: Subject, context: PasswordContext): Promise<Refused | undefined>;
}

/** The password policy and the settings for one user. */
export type PasswordContext = Pick<
  AuthenticatorContext,
  'brand' | 'issuer' | 'enrolled' | 'settings' | 'newPassword' | 'warn'
>;

/** The password policy in force, for a user with these credentials. */
export type PasswordRules = (subject: Subject, credentials: readonly Credential[]) => PasswordContext;
