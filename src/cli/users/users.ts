/**
 * `stepgate users`: manages users from the command line. Errors are rejected with one sentence. Secrets are never shown
 * again.
 */
import type { Command } from 'commander';
import { newCommandGroup } from '../commands.ts';
import { usersDeleteCommand, usersGroupsCommand, usersStatusCommands, usersUnlockCommand } from './account-commands.ts';
import { usersAddCommand } from './add.ts';
import { usersImportCommand } from './import.ts';
import { usersListCommand } from './list.ts';
import { usersReindexCommand } from './reindex.ts';
import { usersResetCommand } from './reset.ts';
import { usersShowCommand } from './show.ts';
import { usersTacCommand } from './tac.ts';
import type { UsersContext } from './users-context.ts';

export function usersCommand(context: UsersContext): Command {
  return newCommandGroup('users', [
    usersAddCommand(context),
    usersListCommand(context),
    usersShowCommand(context),
    usersGroupsCommand(context),
    ...usersStatusCommands(context),
    usersUnlockCommand(context),
    usersDeleteCommand(context),
    usersResetCommand(context),
    usersTacCommand(context),
    usersImportCommand(context),
    usersReindexCommand(context),
  ]);
}
