/** `stepgate users groups`, `suspend`, `activate`, `unlock` and `delete`: changes that need no secret. */
import type { Command } from 'commander';
import type { ExtraOps } from '../../users/directory.ts';
import { textFault } from '../../users/profile-rules.ts';
import { newCommand } from '../commands.ts';
import { collect } from '../shared/collect.ts';
import { operatorOps } from './operator-audit.ts';
import { type UsersContext, withAccount } from './users-context.ts';

interface GroupOptions {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

export function usersGroupsCommand(context: UsersContext): Command {
  return newCommand('users groups')
    .argument('<identifier>')
    .option('--add <name>', 'group to add, can be repeated', collect, [])
    .option('--remove <name>', 'group to remove, can be repeated', collect, [])
    .action((identifier: string, change: GroupOptions) =>
      withAccount(context, identifier, async ({ directory, account: { user } }) => {
        for (const fault of change.add.map(textFault)) if (fault !== undefined) throw new Error(`group: ${fault}`);
        const isChange = change.add.length + change.remove.length > 0;
        const along: ExtraOps = (_before, { id, groups }) => operatorOps('user.groups_changed', id, { groups });
        const after = isChange ? await directory.setGroups(user.id, change, along) : user;
        if (after === undefined) throw new Error(`${identifier} was deleted meanwhile`);
        context.stdout(`groups of ${identifier}: ${after.groups.join(', ') || 'none'}\n`);
      }),
    );
}

const statusCommands = [
  ['users suspend', 'suspended', 'user.suspended'],
  ['users activate', 'active', 'user.activated'],
] as const;

export function usersStatusCommands(context: UsersContext): readonly Command[] {
  return statusCommands.map(([name, status, event]) =>
    newCommand(name)
      .argument('<identifier>')
      .action((identifier: string) =>
        withAccount(context, identifier, async ({ directory, account: { user } }) => {
          await directory.setStatus(user.id, status, () => operatorOps(event, user.id));
          context.stdout(`${identifier} is ${status}\n`);
        }),
      ),
  );
}

export function usersUnlockCommand(context: UsersContext): Command {
  return newCommand('users unlock')
    .argument('<identifier>')
    .action((identifier: string) =>
      withAccount(context, identifier, async ({ directory, account: { user } }) => {
        const keys = context.authenticators.map(({ key }) => key);
        await directory.unlock(user.id, keys, operatorOps('user.unlocked', user.id));
        context.stdout(`${identifier} has all attempts again\n`);
      }),
    );
}

export function usersDeleteCommand(context: UsersContext): Command {
  return newCommand('users delete')
    .argument('<identifier>')
    .option('--yes', 'really')
    .action((identifier: string, options: { yes?: true }) =>
      withAccount(context, identifier, async ({ directory, account: { user } }) => {
        if (!options.yes)
          throw new Error(`nothing was deleted: add --yes to delete ${identifier} (${user.id}) for good`);
        await directory.delete(user.id, () => operatorOps('user.deleted', user.id));
        context.stdout(`deleted ${identifier}\n`);
      }),
    );
}
