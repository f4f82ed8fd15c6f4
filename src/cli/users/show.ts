/** `stepgate users list` and `stepgate users show`. */
import type { Command } from 'commander';
import { newCommand } from '../commands.ts';
import { accountDetails, accountJson, accountLine } from './account-text.ts';
import { type UsersContext, withAccount, withDirectory } from './users-context.ts';

export function usersListCommand(context: UsersContext): Command {
  return newCommand('users list').action((options: { json?: true }) =>
    withDirectory(context, async ({ directory }) => {
      const text = options.json ? accountJson : accountLine;
      const unreadable: string[] = [];
      let count = 0;
      for await (const page of directory.list()) {
        context.stdout(page.accounts.map((account) => `${text(account)}\n`).join(''));
        unreadable.push(...page.unreadable);
        count += page.accounts.length + page.unreadable.length;
      }
      if (unreadable.length > 0) reportUnreadable(context, unreadable, count);
    }),
  );
}

function reportUnreadable({ stderr, setExitCode }: UsersContext, ids: readonly string[], count: number): void {
  for (const id of ids) stderr(`user ${id} cannot be read: the record is damaged, or a newer version wrote it\n`);
  stderr(`${ids.length} of ${count} users cannot be read\n`);
  setExitCode(1);
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
