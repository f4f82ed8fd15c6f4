/**
 * The list of authenticators: one folder and one line here for each. The main file of a folder has the folder's name
 * (`totp/totp.ts`). No other code names an authenticator.
 */
import type { AuthenticatorKind } from '../policy/model/authenticator-kind.ts';
import { accessCodeAuthenticator } from './access-code/access-code.ts';
import type { Authenticator } from './authenticator.ts';
import { emailAuthenticator } from './email/email.ts';
import { passwordAuthenticator } from './password/password.ts';
import { phoneAuthenticator } from './phone/phone.ts';
import { recoveryCodeAuthenticator } from './recovery-code/recovery-code.ts';
import { securityQuestionAuthenticator } from './security-question/security-question.ts';
import { HashingQueue } from './shared/hashing-queue.ts';
import { totpAuthenticator } from './totp/totp.ts';
import { webauthnAuthenticator } from './webauthn/webauthn.ts';

export interface AuthenticatorDependencies {
  /** Shared by everything that hashes passwords in this process. Absent: a queue of its own. */
  readonly hashing?: HashingQueue;
}

/** By key, in the order in which they are offered. */
export function buildAuthenticators(settings: AuthenticatorDependencies = {}): Map<string, Authenticator> {
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
  return new Map(all.map((authenticator) => [authenticator.descriptor.key, authenticator]));
}

/** What checks and explanations of a configuration need to know about each authenticator. */
export const authenticatorKinds: readonly AuthenticatorKind[] = Array.from(
  buildAuthenticators().values(),
  ({ descriptor, configuration, attemptLimits, register }) => ({
    ...descriptor,
    ...configuration,
    attemptLimits,
    ...(register && { registers: true }),
  }),
);
