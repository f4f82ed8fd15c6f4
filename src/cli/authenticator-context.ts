/**
 * What commands need from the authenticators. This loads all of them with their packages, so only commands that need it
 * import it.
 */
import { accessCodeBounds, issueAccessCode } from '../authenticators/access-code/access-code.ts';
import { emailCredential } from '../authenticators/email/email.ts';
import { authenticatorKinds } from '../authenticators/index.ts';
import { passwordTools } from '../authenticators/password/password-tools.ts';
import { phoneCredential, takesCodes } from '../authenticators/phone/phone.ts';
import { recoveryCodeKey } from '../authenticators/recovery-code/recovery-code.ts';
import { HashingQueue } from '../authenticators/shared/hashing-queue.ts';
import { mailAddress } from '../core/model/mail-address.ts';
import type { ConfigContext } from './config/shared/config-context.ts';
import type { RestoreContext } from './restore/restore.ts';
import type { UsersContext } from './users/users-context.ts';

type AuthenticatorParts = Pick<ConfigContext, 'authenticators'> &
  Pick<RestoreContext, 'recoveryCodes'> &
  Pick<UsersContext, 'passwords' | 'addressCredential' | 'numberCredential' | 'accessCodes'>;

export const authenticatorContext: AuthenticatorParts = {
  authenticators: authenticatorKinds,
  recoveryCodes: recoveryCodeKey,
  passwords: passwordTools(),
  addressCredential: (text) => (mailAddress(text) === undefined ? undefined : emailCredential(text)),
  numberCredential: (text) => (takesCodes(text) ? phoneCredential(text) : undefined),
  accessCodes: { bounds: accessCodeBounds, issue: (terms) => issueAccessCode(new HashingQueue(), terms) },
};
