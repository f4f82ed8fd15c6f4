/** `stepgate users list`. */
import { type Command, Option } from 'commander';
import type { UserStatus } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { listUsers, type PageOfUsers, type UserQuery } from '../../users/directory/list-users.ts';
import { groupNames } from '../../users/record/group-names.ts';
import type { Account } from '../../users/record/user.ts';
import { newCommand } from '../commands.ts';
import { misspelledGroups } from '../shared/configuration/misspelled-groups.ts';
import { collectGroups } from '../shared/options/collect.ts';
import { maxLimit, parseLimit } from '../shared/options/refusal.ts';
import { withStore } from '../shared/store/with-store.ts';
import { accountJson, accountLine } from './account-text.ts';
import type { UsersContext } from './users-context.ts';

interface ListOptions {
  readonly limit: string;
  readonly after?: string;
  readonly all?: true;
  readonly group: readonly string[];
  readonly status?: UserStatus;
  readonly search?: string;
  readonly json?: true;
}

/** Users per page with `--all`. */
const pageSize = 1000;

type ListContext = Pick<UsersContext, 'openStore' | 'stdout' | 'stderr' | 'setExitCode'>;

export function usersListCommand(context: ListContext): Command {
  return newCommand('users list')
    .option('-n, --limit <number>', `how many: 1 to ${maxLimit}`, '100')
    .option('--after <id>', 'only those whose id comes after this one: the next page')
    .option('--all', 'all pages')
    .option('--group <name>', 'only those who are in this group; can be repeated: in all of them', collectGroups, [])
    .addOption(
      new Option('--status <status>', 'only those with this status').choices(['active', 'suspended', 'deactivated']),
    )
    .option('--search <text>', 'only those with this text in an identifier or the name; case does not matter')
    .action((options: ListOptions) => list(context, options));
}

async function list(context: ListContext, options: ListOptions): Promise<void> {
  const limit = options.all ? pageSize : parseLimit(options.limit);
  const text = options.json ? accountJson : accountLine;
  const matches = filterOf(options);
  await withStore(context, async (store) => {
    if (options.group.length > 0) context.stderr(misspelledGroups(options.group, await groupNames(store)));
    let page: PageOfUsers;
    let { after } = options;
    let unreadable = 0;
    do {
      const query: UserQuery = { limit, matches, ...omitUndefined({ after }) };
      page = await listUsers(store, query);
      context.stdout(page.accounts.map((account) => `${text(account)}\n`).join(''));
      for (const id of page.unreadable) context.stderr(unreadableText(id));
      unreadable += page.unreadable.length;
      after = page.next;
    } while (options.all && after !== undefined);
    if (page.next !== undefined) context.stderr(nextPageText(page.next, page.total));
    if (unreadable === 0) return;
    context.stderr(`${unreadable} of ${page.total} users cannot be read\n`);
    context.setExitCode(1);
  });
}

function filterOf({ group, status, search }: ListOptions): (account: Account) => boolean {
  const wanted = search?.toLowerCase();
  return ({ user }) =>
    group.every((name) => user.groups.includes(name)) &&
    (status === undefined || user.status === status) &&
    (wanted === undefined || namesOf(user).some((name) => name.toLowerCase().includes(wanted)));
}

function namesOf({ identifiers, profile }: Account['user']): readonly string[] {
  const { displayName } = profile;
  return displayName === undefined ? identifiers : [...identifiers, String(displayName)];
}

function unreadableText(id: string): string {
  return `user ${id} cannot be read: the record is damaged, or a newer version wrote it\n`;
}

function nextPageText(next: string, total: number): string {
  return `there may be more, of ${total} users in all: add --after ${next}, or --all\n`;
}
