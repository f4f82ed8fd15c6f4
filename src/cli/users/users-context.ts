/** What the subcommands of `stepgate users` share: their context, and access to the directory and to one account. */
import type { NewCredential } from '../../authenticators/authenticator.ts';
import type { AttributeSchema } from '../../core/model/attribute.ts';
import type { Seconds } from '../../core/model/facts.ts';
import type { AuthenticatorKind } from '../../policy/model/authenticator-kind.ts';
import type { Op, Store } from '../../stores/store.ts';
import { Directory } from '../../users/directory/directory.ts';
import type { AccessCodes } from '../../users/ports/access-codes.ts';
import type { PasswordRules } from '../../users/ports/password-tools.ts';
import type { Account, User } from '../../users/record/user.ts';
import { activeAttributeSchema } from '../shared/configuration/attribute-schema.ts';
import { knownGroups } from '../shared/configuration/known-groups.ts';
import { activePasswordRules } from '../shared/configuration/password-rules.ts';
import { withStore } from '../shared/store/with-store.ts';
import { notificationWriter, type WriteNotification } from './notification-writer.ts';
import type { PasswordInput } from './read-password.ts';
import { deletionOps, sessionEnds } from './session-ends.ts';

export interface UsersContext extends PasswordInput {
  /** Overrides the issuer of the settings. */
  readonly issuer?: string;
  openStore(): Promise<Store>;
  readonly authenticators: readonly AuthenticatorKind[];
  readonly accessCodes: AccessCodes;
  /** Makes the credential for a verified address. Undefined if mail cannot be sent to it. */
  readonly addressCredential: (address: string) => NewCredential | undefined;
  /** Makes the credential for a verified phone number in E.164. Undefined if no code can be sent to it. */
  readonly numberCredential: (number: string) => NewCredential | undefined;
  /** Epoch seconds. */
  now(): Seconds;
  /** 0: success. 1: some records of an import were refused, or some users cannot be read. */
  setExitCode(code: 0 | 1): void;
}

/** Creates the writer of notifications on request, because most commands notify no user. */
export type OpenNotifier = () => Promise<WriteNotification>;

export interface DirectoryAccess {
  readonly store: Store;
  readonly directory: Directory;
  readonly openNotifier: OpenNotifier;
  /** The attribute schema of the active configuration. */
  attributeSchema(): Promise<AttributeSchema>;
  /** Groups that the configuration names, or that users are in. */
  knownGroups(): Promise<readonly string[]>;
  /** What to write when this user is deleted: the sessions end, and their apps are notified. */
  deletionOps(user: User): Promise<readonly Op[]>;
  /** What to write when all sessions of this user end: their apps are notified. */
  sessionEnds(user: User): Promise<readonly Op[]>;
  /** The password policy of the active configuration. */
  passwordRules(): Promise<PasswordRules>;
}

export interface LoadedUser extends DirectoryAccess {
  readonly account: Account;
}

export async function withDirectory(
  context: UsersContext,
  use: (open: DirectoryAccess) => Promise<void>,
): Promise<void> {
  await withStore(context, (store) =>
    use({
      store,
      directory: new Directory(store),
      openNotifier: () => notificationWriter(store, context),
      attributeSchema: () => activeAttributeSchema(store, context.authenticators),
      deletionOps: (user) => deletionOps(store, context, user),
      sessionEnds: (user) => sessionEnds(store, context, user),
      knownGroups: () => knownGroups(store, context.authenticators),
      passwordRules: () => activePasswordRules(store, context),
    }),
  );
}

/** Rejects if there is no user with this identifier. */
export async function withAccount(
  context: UsersContext,
  identifier: string,
  use: (open: LoadedUser) => Promise<void>,
): Promise<void> {
  await withDirectory(context, async (open) => {
    const account = await open.directory.findByIdentifier(identifier);
    if (account === undefined) throw new Error(`there is no user ${JSON.stringify(identifier)}`);
    await use({ ...open, account });
  });
}
