/** `stepgate users reset`. */
import type { Command } from 'commander';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { accountChanged } from '../../flow/notify/account-notification.ts';
import { addedAddresses } from '../../users/identifiers/notification-addresses.ts';
import { toSubject } from '../../users/record/user.ts';
import { newCommand } from '../commands.ts';
import { printResult, type ResultOptions } from '../shared/output/print-result.ts';
import type { WriteNotification } from './notification-writer.ts';
import { operatorOps } from './operator-audit.ts';
import { type PasswordOptions, passwordLine, type ReadPassword, readPassword } from './read-password.ts';
import { type LoadedUser, type UsersContext, withAccount } from './users-context.ts';

interface ResetOptions extends PasswordOptions, ResultOptions {
  readonly authenticator?: string;
}

/** The user is notified at all addresses, including those that are about to be removed. */
export function usersResetCommand(context: UsersContext): Command {
  const keys = [...context.authenticators.map(({ key }) => key), 'all'];
  return newCommand('users reset')
    .argument('<identifier>')
    .option('--authenticator <key>', `what to remove: ${keys.join(', ')}`)
    .option('--password-stdin', 'read a new password from standard input')
    .option('--password-generate', 'generate a new password and print it once')
    .action((identifier: string, options: ResetOptions) =>
      withAccount(context, identifier, async (open) => {
        const { authenticator } = options;
        const { user, credentials } = open.account;
        if (authenticator !== undefined && !keys.includes(authenticator))
          throw new Error(`there is no authenticator ${authenticator}; there are ${keys.join(', ')}`);
        const kept = credentials.filter(
          (credential) => authenticator !== 'all' && credential.authenticator !== authenticator,
        );
        const password = await readPassword(context, options, {
          subject: toSubject(user, kept, context.now()),
          credentials,
          passwordRules: open.passwordRules,
        });
        if (authenticator === undefined && password === undefined)
          throw new Error('say what to reset: --authenticator, --password-stdin or --password-generate');
        const write = await open.openNotifier();
        if (authenticator !== undefined) await removeAuthenticators(open, authenticator, write);
        if (password !== undefined) await setPassword(open, password, write);
        const removedAddresses = authenticator === 'all' ? addedAddresses(user).length : 0;
        const left = (await open.directory.get(user.id))?.credentials ?? [];
        const generated = password?.generated;
        printResult(context, options, {
          text: [
            `reset ${authenticator ?? 'the password'} of ${identifier}; all sessions have ended\n`,
            removedAddresses > 0 ? `addresses for notifications that were taken away: ${removedAddresses}\n` : '',
            passwordLine(generated),
          ].join(''),
          data: {
            id: user.id,
            ...omitUndefined({ removed: authenticator }),
            passwordSet: password !== undefined,
            removedAddresses,
            authenticators: left.map((credential) => credential.authenticator),
            ...omitUndefined({ password: generated }),
          },
        });
        if (left.length === 0) context.stderr(`${identifier} has no authenticator left and cannot sign in\n`);
      }),
    );
}

async function removeAuthenticators(
  { directory, sessionEnds, account: { user } }: LoadedUser,
  authenticator: string,
  write: WriteNotification,
): Promise<void> {
  const notification =
    authenticator === 'all' ? accountChanged('reset_all') : accountChanged('reset', { authenticator });
  const done = [...(await sessionEnds(user)), ...operatorOps('user.reset', user.id, { authenticator })];
  await directory.resetAuthenticators(user.id, authenticator, (before) => [...done, ...write(before, notification)]);
}

async function setPassword(
  { directory, sessionEnds, account: { user } }: LoadedUser,
  { credential }: ReadPassword,
  write: WriteNotification,
): Promise<void> {
  const notification = accountChanged('password_reset');
  const { authenticator } = credential;
  const done = [...(await sessionEnds(user)), ...operatorOps('user.password_set', user.id, { authenticator })];
  await directory.setPassword(user.id, credential, (before) => [...done, ...write(before, notification)]);
}
