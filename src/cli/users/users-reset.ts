/** `stepgate users reset`. */
import { Command } from 'commander';
import { accountChanged } from '../../flow/notify/account-notification.ts';
import type { AuthenticatorKind } from '../../policy/model/authenticator-kind.ts';
import { addedAddresses } from '../../users/notification-addresses.ts';
import type { WithAccount } from './context.ts';
import { operatorOps } from './operator-audit.ts';
import { type PasswordContext, type PasswordOptions, readPassword } from './users-password.ts';

export interface ResetContext extends PasswordContext {
  readonly authenticators: readonly AuthenticatorKind[];
}

/** The person is told at all addresses, those that are taken away as well: for the last time. */
export function usersResetCommand(context: ResetContext, withAccount: WithAccount): Command {
  const keys = [...context.authenticators.map(({ key }) => key), 'all'];
  return new Command('reset')
    .description(
      'take authenticators away or set a new password; ends all sessions; all: also takes away addresses that were added for notifications',
    )
    .argument('<identifier>')
    .option('--authenticator <key>', `what to take away: ${keys.join(', ')}`)
    .option('--password-stdin', 'read a new password from standard input')
    .option('--password-generate', 'make a new password up and print it once')
    .action((identifier: string, options: PasswordOptions & { authenticator?: string }) =>
      withAccount(identifier, async (directory, { user }, news) => {
        const { authenticator } = options;
        if (authenticator !== undefined && !keys.includes(authenticator))
          throw new Error(`there is no authenticator ${authenticator}; there are ${keys.join(', ')}`);
        const password = await readPassword(context, options, user.identifiers);
        if (authenticator === undefined && password === undefined)
          throw new Error('say what to reset: --authenticator, --password-stdin or --password-generate');
        const write = await news();
        if (authenticator !== undefined) {
          const told =
            authenticator === 'all' ? accountChanged('reset_all') : accountChanged('reset', { authenticator });
          const done = operatorOps('user.reset', user.id, { authenticator });
          await directory.resetAuthenticators(user.id, authenticator, (before) => [...done, ...write(before, told)]);
        }
        if (password !== undefined) {
          const told = accountChanged('password_reset');
          const done = operatorOps('user.password_set', user.id, { authenticator: password.credential.authenticator });
          await directory.setPassword(user.id, password.credential, (before) => [...done, ...write(before, told)]);
        }
        context.stdout(`reset ${authenticator ?? 'the password'} of ${identifier}; all sessions have ended\n`);
        const dropped = authenticator === 'all' ? addedAddresses(user).length : 0;
        if (dropped > 0) context.stdout(`addresses for notifications that were taken away: ${dropped}\n`);
        password?.print();
        const left = (await directory.get(user.id))?.credentials ?? [];
        if (left.length === 0) context.stderr(`${identifier} has no authenticator left and cannot sign in\n`);
      }),
    );
}
