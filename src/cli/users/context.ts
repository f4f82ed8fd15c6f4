/** What the sub-commands of `stepgate users` share. */

import type { NewCredential } from '../../authenticators/authenticator.ts';
import type { Seconds } from '../../core/model/facts.ts';
import type { AuthenticatorKind } from '../../policy/model/authenticator-kind.ts';
import type { Store } from '../../stores/store.ts';
import type { AccessCodes } from '../../users/access-codes.ts';
import type { Directory } from '../../users/directory.ts';
import type { Account } from '../../users/user.ts';
import type { WriteNotification } from './notification-writer.ts';
import type { PasswordContext } from './users-password.ts';

export interface UsersContext extends TacContext, PasswordContext {
  openStore(): Promise<Store>;
  /** The credential of a verified address; `undefined`: mail cannot be sent there. */
  readonly addressCredential: (address: string) => NewCredential | undefined;
  /** The credential of a verified phone number in E.164; `undefined`: no code can be sent there. */
  readonly numberCredential: (number: string) => NewCredential | undefined;
  readonly authenticators: readonly AuthenticatorKind[];
  /** 0: all well. 1: some records of an import were refused. */
  setExitCode(code: 0 | 1): void;
}

/** Makes the writer of news when it is asked for: most commands tell nobody. */
export type OpenNotifier = () => Promise<WriteNotification>;

export type WithAccount = (
  identifier: string,
  use: (directory: Directory, account: Account, news: OpenNotifier) => Promise<void>,
) => Promise<void>;

export interface TacContext {
  openStore(): Promise<Store>;
  readonly authenticators: readonly AuthenticatorKind[];
  /** Takes whole lines. */
  stdout(text: string): void;
  stderr(text: string): void;
  readonly accessCodes: AccessCodes;
  /** Epoch seconds. */
  now(): Seconds;
}
