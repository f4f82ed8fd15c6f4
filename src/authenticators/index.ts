/** The one list of authenticators. Everything else asks for traits and keys. */
import type { AuthenticatorTraits } from '../core/model.ts';
import { accessCodeAuthenticator } from './access-code.ts';
import type { Authenticator } from './authenticator.ts';
import { emailAuthenticator } from './email.ts';
import { HashingQueue } from './hashing-queue.ts';
import { passwordAuthenticator } from './password.ts';
import { phoneAuthenticator } from './phone.ts';
import { recoveryCodeAuthenticator } from './recovery-code.ts';
import { securityQuestionAuthenticator } from './security-question.ts';
import { totpAuthenticator } from './totp.ts';
import { webauthnAuthenticator } from './webauthn.ts';

export interface AuthenticatorSettings {
  /** Shared with everything else that hashes passwords in this process; absent: one of its own. */
  readonly hashing?: HashingQueue;
}

/** By key, in the order in which they are offered. */
export function buildAuthenticators(settings: AuthenticatorSettings = {}): Map<string, Authenticator> {
  const hashing = settings.hashing ?? new HashingQueue();
  const all = [
    passwordAuthenticator(hashing),
    totpAuthenticator(),
    webauthnAuthenticator(),
    recoveryCodeAuthenticator(hashing),
    accessCodeAuthenticator(hashing),
    emailAuthenticator(),
    securityQuestionAuthenticator(hashing),
    phoneAuthenticator(),
  ];
  return new Map(all.map((authenticator) => [authenticator.traits.key, authenticator]));
}

/** What there is, without building anything that works: for checking policies. */
export const authenticatorTraits: readonly AuthenticatorTraits[] = Array.from(
  buildAuthenticators().values(),
  ({ traits }) => traits,
);
