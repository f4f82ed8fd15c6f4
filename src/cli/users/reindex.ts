/** `stepgate users reindex`. */
import type { Command } from 'commander';
import { type RefusedValue, reindexUsers } from '../../users/reindex.ts';
import { newCommand } from '../commands.ts';
import { printResult, type ResultOptions } from '../shared/output/print-result.ts';
import { operatorOps } from './operator-audit.ts';
import { type UsersContext, withDirectory } from './users-context.ts';

const reasons: Readonly<Record<RefusedValue['reason'], string>> = {
  unverified: 'is not verified, so it does not identify the user',
  not_international: 'is no number with a country code',
  malformed: 'can be no identifier',
  taken: 'would identify another user, too',
};

export function usersReindexCommand(context: UsersContext): Command {
  return newCommand('users reindex')
    .option('--dry-run', 'write nothing; say what would be done')
    .action(async (options: ResultOptions & { readonly dryRun?: true }) => {
      const dryRun = options.dryRun ?? false;
      await withDirectory(context, async ({ store, directory, attributeSchema }) => {
        const summary = await reindexUsers({
          store,
          directory,
          schema: await attributeSchema(),
          dryRun,
          record: ({ id }) => operatorOps('user.changed', id),
          onRefused: ({ user, attribute, reason }) => context.stderr(`${user}: ${attribute} ${reasons[reason]}\n`),
        });
        const { users, changed, refused, unreadable } = summary;
        const nothing = dryRun ? ' (a dry run: nothing was written)' : '';
        const counts = `${changed} of ${users} users can sign in with more than before; values that identify no user: ${refused}`;
        const damaged = unreadable === 0 ? '' : `, ${unreadable} users cannot be read`;
        printResult(context, options, { text: `${counts}${damaged}${nothing}\n`, data: { ...summary, dryRun } });
        if (unreadable > 0) context.setExitCode(1);
      });
    });
}
