/** `stepgate users`: people, from the command line. What goes wrong is rejected with one sentence; secrets are never shown again. */

import { Command } from 'commander';
import type { NewCredential } from '../../authenticators/authenticator.ts';
import { Directory, type ExtraOps } from '../../users/directory.ts';
import { canonicalIdentifier } from '../../users/identifier.ts';
import { attributeFault, textFault } from '../../users/profile-rules.ts';
import type { OpenNotifier, UsersContext, WithAccount } from './context.ts';
import { notificationWriter } from './notification-writer.ts';
import { operatorOps } from './operator-audit.ts';
import { usersImportCommand } from './users-import.ts';
import { type PasswordOptions, readPassword } from './users-password.ts';
import { usersResetCommand } from './users-reset.ts';
import { usersTacCommand } from './users-tac.ts';
import { accountDetails, accountJson, accountLine } from './users-text.ts';

/** The command with its sub-commands. */
export function usersCommand(context: UsersContext): Command {
  const command = new Command('users').description('Add people, list and change them');
  addCommand(command, context);
  showCommands(command, context);
  changeCommands(command, context);
  const withOne: WithAccount = (identifier, use) => withAccount(context, identifier, use);
  command.addCommand(usersResetCommand(context, withOne));
  command.addCommand(usersTacCommand(context, withOne));
  command.addCommand(usersImportCommand(context, (use) => withDirectory(context, use)));
  return command;
}

interface AddOptions extends PasswordOptions {
  readonly name?: string;
  readonly email?: string;
  readonly emailVerified?: true;
  readonly phone?: string;
  readonly phoneVerified?: true;
  readonly userType?: string;
  readonly group: readonly string[];
}

function addCommand(command: Command, context: UsersContext): void {
  command
    .command('add')
    .description('add a user')
    .argument('<identifier>', 'what the user signs in with: a name or an email address')
    .option('--name <text>', 'name to display')
    .option('--email <address>', 'where mail goes, also to sign in with')
    .option('--email-verified', "the address is known to be the user's: codes can be sent there")
    .option('--phone <number>', 'phone number with country code, such as +4930123456')
    .option('--phone-verified', "the number is known to be the user's: codes can be sent there")
    .option('--user-type <text>', 'type that policies can ask for')
    .option('--group <name>', 'group, can be repeated', collect, [])
    .option('--password-stdin', 'read the password from standard input')
    .option('--password-generate', 'make a password up and print it once')
    .action((identifier: string, options: AddOptions) =>
      withDirectory(context, async (directory) => {
        const profile = {
          ...(options.name === undefined ? {} : { displayName: options.name }),
          ...(options.email === undefined ? {} : { email: canonical(options.email) }),
          ...(options.emailVerified ? { emailVerified: true } : {}),
          ...(options.phone === undefined ? {} : { phone: options.phone.trim() }),
          ...(options.phoneVerified ? { phoneVerified: true } : {}),
        };
        for (const [name, value] of Object.entries(profile)) refuse(attributeFault(name, value), name);
        for (const text of [...options.group, options.userType ?? 'none']) refuse(textFault(text), 'group or type');
        const identifiers = [identifier, ...(options.email === undefined ? [] : [options.email])];
        const proven = [readMailbox(context, options), readNumber(context, options)];
        const password = await readPassword(context, options, identifiers);
        const input = {
          identifiers,
          profile,
          groups: options.group,
          ...(options.userType === undefined ? {} : { userType: options.userType }),
          credentials: [password?.credential, ...proven].filter((one) => one !== undefined),
        };
        const outcome = await directory.create(input, ({ id }) => operatorOps('user.added', id));
        if (!outcome.ok) throw new Error(identifierProblem(outcome));
        context.stdout(`added ${outcome.user.identifiers.join(', ')} as ${outcome.user.id}\n`);
        password?.print();
        if (!password && proven.every((one) => one === undefined))
          context.stderr('without a password: this user cannot sign in yet\n');
      }),
    );
}

function showCommands(command: Command, context: UsersContext): void {
  command
    .command('list')
    .description('list all users, in no particular order')
    .option('--json', 'one JSON object per line')
    .action((options: { json?: true }) =>
      withDirectory(context, async (directory) => {
        const text = options.json ? accountJson : accountLine;
        for await (const page of directory.list()) context.stdout(page.map((account) => `${text(account)}\n`).join(''));
      }),
    );
  command
    .command('show')
    .description('show one user; secrets are not shown')
    .argument('<identifier>')
    .option('--json', 'as a JSON object')
    .action((identifier: string, options: { json?: true }) =>
      withAccount(context, identifier, async (_directory, account) => {
        context.stdout(`${options.json ? accountJson(account) : accountDetails(account)}\n`);
      }),
    );
}

function changeCommands(command: Command, context: UsersContext): void {
  command
    .command('groups')
    .description('show or change the groups of a user')
    .argument('<identifier>')
    .option('--add <name>', 'group to add, can be repeated', collect, [])
    .option('--remove <name>', 'group to remove, can be repeated', collect, [])
    .action((identifier: string, change: { add: readonly string[]; remove: readonly string[] }) =>
      withAccount(context, identifier, async (directory, { user }) => {
        for (const group of change.add) refuse(textFault(group), 'group');
        const changed = change.add.length + change.remove.length > 0;
        const along: ExtraOps = (_before, { id, groups }) => operatorOps('user.groups_changed', id, { groups });
        const after = changed ? await directory.setGroups(user.id, change, along) : user;
        if (after === undefined) throw new Error(`${identifier} was deleted meanwhile`);
        context.stdout(`groups of ${identifier}: ${after.groups.join(', ') || 'none'}\n`);
      }),
    );
  const statuses = [
    ['suspend', 'suspended', 'user.suspended', 'keep a user from signing in, and end all sessions'],
    ['activate', 'active', 'user.activated', 'let a suspended user sign in again'],
  ] as const;
  for (const [name, status, event, description] of statuses) {
    command
      .command(name)
      .description(description)
      .argument('<identifier>')
      .action((identifier: string) =>
        withAccount(context, identifier, async (directory, { user }) => {
          await directory.setStatus(user.id, status, () => operatorOps(event, user.id));
          context.stdout(`${identifier} is ${status}\n`);
        }),
      );
  }
  command
    .command('unlock')
    .description('forget the failed attempts of a user, also to set something up')
    .argument('<identifier>')
    .action((identifier: string) =>
      withAccount(context, identifier, async (directory, { user }) => {
        await directory.unlock(
          user.id,
          context.authenticators.map(({ key }) => key),
          operatorOps('user.unlocked', user.id),
        );
        context.stdout(`${identifier} has all attempts again\n`);
      }),
    );
  command
    .command('delete')
    .description('delete a user for good')
    .argument('<identifier>')
    .option('--yes', 'really')
    .action((identifier: string, options: { yes?: true }) =>
      withAccount(context, identifier, async (directory, { user }) => {
        if (!options.yes)
          throw new Error(`nothing was deleted: add --yes to delete ${identifier} (${user.id}) for good`);
        await directory.delete(user.id, () => operatorOps('user.deleted', user.id));
        context.stdout(`deleted ${identifier}\n`);
      }),
    );
}

function collect(value: string, all: readonly string[]): readonly string[] {
  return [...all, value];
}

/** An address is kept as it is compared. */
function canonical(address: string): string {
  const result = canonicalIdentifier(address);
  if (!result.ok) throw new Error(identifierProblem({ identifier: address, fault: result.fault }));
  return result.value;
}

function refuse(fault: string | undefined, what: string): void {
  if (fault !== undefined) throw new Error(`${what}: ${fault}`);
}

function identifierProblem(problem: { readonly identifier: string; readonly fault?: string }): string {
  const { identifier, fault } = problem;
  const shown = JSON.stringify(identifier);
  return fault === undefined
    ? `${shown} is there already`
    : `${shown} cannot be an identifier: ${fault.replaceAll('_', ' ')}`;
}

/** What a verified address is good for: codes that are sent there. */
function readMailbox(context: UsersContext, { email, emailVerified }: AddOptions): NewCredential | undefined {
  if (!emailVerified) return undefined;
  if (email === undefined) throw new Error('--email-verified says something about --email: give both');
  const credential = context.addressCredential(email.trim());
  if (credential === undefined) throw new Error(`mail cannot be sent to ${JSON.stringify(email)}`);
  return credential;
}

/** What a verified number is good for: codes that are sent there. */
function readNumber(context: UsersContext, { phone, phoneVerified }: AddOptions): NewCredential | undefined {
  if (!phoneVerified) return undefined;
  if (phone === undefined) throw new Error('--phone-verified says something about --phone: give both');
  const credential = context.numberCredential(phone.trim());
  if (credential === undefined) throw new Error(`no code can be sent to ${JSON.stringify(phone)}`);
  return credential;
}

async function withAccount(context: UsersContext, ...[identifier, use]: Parameters<WithAccount>): Promise<void> {
  await withDirectory(context, async (directory, news) => {
    const account = await directory.findByIdentifier(identifier);
    if (account === undefined) throw new Error(`there is no user ${JSON.stringify(identifier)}`);
    await use(directory, account, news);
  });
}

async function withDirectory(
  context: UsersContext,
  use: (directory: Directory, news: OpenNotifier) => Promise<void>,
): Promise<void> {
  const store = await context.openStore();
  try {
    await use(new Directory(store), () => notificationWriter(store, context));
  } finally {
    await store.close();
  }
}
