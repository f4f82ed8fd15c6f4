/** The one list of authenticators. Nothing else names one: what there is to say about it stands in its own file. */
import type { AuthenticatorKind } from '../policy/authenticator-kind.ts';
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

/** What there is, for checking and explaining a configuration. */
export const authenticatorKinds: readonly AuthenticatorKind[] = Array.from(
  buildAuthenticators().values(),
  ({ traits, configuration }) => ({ ...traits, ...configuration }),
);
