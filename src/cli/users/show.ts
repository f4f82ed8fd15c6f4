/** `stepgate users list` and `stepgate users show`. */
import type { Command } from 'commander';
import { newCommand } from '../commands.ts';
import { accountDetails, accountJson, accountLine } from './account-text.ts';
import { type UsersContext, withAccount, withDirectory } from './users-context.ts';

export function usersListCommand(context: UsersContext): Command {
  return newCommand('users list').action((options: { json?: true }) =>
    withDirectory(context, async ({ directory }) => {
      const text = options.json ? accountJson : accountLine;
      for await (const page of directory.list()) context.stdout(page.map((account) => `${text(account)}\n`).join(''));
    }),
  );
}

export function usersShowCommand(context: UsersContext): Command {
  return newCommand('users show')
    .argument('<identifier>')
    .action((identifier: string, options: { json?: true }) =>
      withAccount(context, identifier, async ({ account }) => {
        context.stdout(`${options.json ? accountJson(account) : accountDetails(account)}\n`);
      }),
    );
}
