/** `stepgate users groups`, `suspend`, `activate`, `unlock` and `delete`: changes without a secret. */
import type { Command } from 'commander';
import type { ExtraOps } from '../../users/directory/directory.ts';
import { textFault } from '../../users/ports/profile-rules.ts';
import { newCommand } from '../commands.ts';
import { misspelledGroups } from '../shared/configuration/misspelled-groups.ts';
import { collectGroups } from '../shared/options/collect.ts';
import { printResult, type ResultOptions } from '../shared/output/print-result.ts';
import { operatorOps } from './operator-audit.ts';
import { type UsersContext, withAccount } from './users-context.ts';

interface GroupOptions extends ResultOptions {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

export function usersGroupsCommand(context: UsersContext): Command {
  return newCommand('users groups')
    .argument('<identifier>')
    .option('--add <name>', 'group to add, can be repeated', collectGroups, [])
    .option('--remove <name>', 'group to remove, can be repeated', collectGroups, [])
    .action((identifier: string, change: GroupOptions) =>
      withAccount(context, identifier, async ({ directory, knownGroups, account: { user } }) => {
        for (const fault of change.add.map(textFault)) if (fault !== undefined) throw new Error(`group: ${fault}`);
        const isChange = change.add.length + change.remove.length > 0;
        const along: ExtraOps = (_before, { id, groups }) => operatorOps('user.groups_changed', id, { groups });
        context.stderr(misspelledGroups(change.add, await knownGroups()));
        const after = isChange ? await directory.setGroups(user.id, change, along) : user;
        if (after === undefined) throw new Error(`${identifier} was deleted meanwhile`);
        printResult(context, change, {
          text: `groups of ${identifier}: ${after.groups.join(', ') || 'none'}\n`,
          data: { id: user.id, groups: after.groups },
        });
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
      .action((identifier: string, options: ResultOptions) =>
        withAccount(context, identifier, async ({ directory, sessionEnds, account: { user } }) => {
          const ended = status === 'suspended' ? await sessionEnds(user) : [];
          await directory.setStatus(user.id, status, () => [...ended, ...operatorOps(event, user.id)]);
          printResult(context, options, { text: `${identifier} is ${status}\n`, data: { id: user.id, status } });
        }),
      ),
  );
}

export function usersUnlockCommand(context: UsersContext): Command {
  return newCommand('users unlock')
    .argument('<identifier>')
    .action((identifier: string, options: ResultOptions) =>
      withAccount(context, identifier, async ({ directory, account: { user } }) => {
        const keys = context.authenticators.map(({ key }) => key);
        await directory.unlock(user.id, keys, operatorOps('user.unlocked', user.id));
        printResult(context, options, { text: `${identifier} has all attempts again\n`, data: { id: user.id } });
      }),
    );
}

export function usersDeleteCommand(context: UsersContext): Command {
  return newCommand('users delete')
    .argument('<identifier>')
    .option('--yes', 'confirm the deletion')
    .action((identifier: string, options: ResultOptions & { readonly yes?: true }) =>
      withAccount(context, identifier, async ({ directory, deletionOps, attributeSchema, account: { user } }) => {
        if (!options.yes)
          throw new Error(`nothing was deleted: add --yes to delete ${identifier} (${user.id}) for good`);
        const ended = await deletionOps(user);
        const along = () => [...ended, ...operatorOps('user.deleted', user.id)];
        await directory.delete(user.id, along, { schema: await attributeSchema() });
        printResult(context, options, { text: `deleted ${identifier}\n`, data: { id: user.id } });
      }),
    );
}
