/** `stepgate users show`. */
import type { Command } from 'commander';
import { newCommand } from '../commands.ts';
import { accountDetails, accountJson } from './account-text.ts';
import { type UsersContext, withAccount } from './users-context.ts';

export function usersShowCommand(context: UsersContext): Command {
  return newCommand('users show')
    .argument('<identifier>')
    .action((identifier: string, options: { json?: true }) =>
      withAccount(context, identifier, async ({ account }) => {
        context.stdout(`${options.json ? accountJson(account) : accountDetails(account)}\n`);
      }),
    );
}
