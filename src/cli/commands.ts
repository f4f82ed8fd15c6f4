/** All commands, as data: the content of `--help`, with which documentation and tests are compared. */
import { Command } from 'commander';

interface CommandDescription {
  /** What it does, beginning with a verb. */
  readonly summary: string;
  /** A working command line, without `npm run stepgate --`. */
  readonly example: string;
  /**
   * What `--json` prints. Absent if there is no `--json`: the log of `serve` is JSON anyway, and a shell reads the
   * output of `completion`.
   */
  readonly json?: string;
}

/** Commands that consist of subcommands. */
export const commandGroups = {
  config: 'check the configuration, and put it into use',
  users: 'add, list and change users',
  keys: 'list and rotate the signing keys',
  audit: 'read the audit log',
  store: 'what concerns the store as a whole',
} as const satisfies Readonly<Record<string, string>>;

/** By name, as typed. */
export const commands = {
  serve: { summary: 'run the provider', example: 'serve --demo' },
  'config check': {
    summary: 'check all files, and report all findings',
    example: 'config check ./config',
    json: 'as a JSON object',
  },
  'config diff': {
    summary: 'show the differences from the active revision, and what changes for which users',
    example: 'config diff ./config --html diff.html',
    json: 'as a JSON object',
  },
  'config apply': {
    summary: 'check all files, show what they change, and make them the newest revision',
    example: 'config apply ./config --reason "payroll asks for two factors" --confirm PT10M',
    json: 'as a JSON object',
  },
  'config init': {
    summary: 'write a configuration to begin with into an empty directory',
    example: 'config init ./my-config --issuer https://id.example.org',
    json: 'as a JSON object',
  },
  'config shadow': {
    summary:
      'compare a draft with the active revision on real sign-ins, without effect; `report` says what would have changed',
    example: 'config shadow ./draft',
    json: 'as a JSON object',
  },
  'config fmt': {
    summary: 'write the files in their canonical form; every comment is kept',
    example: 'config fmt ./config --check',
    json: 'as a JSON object',
  },
  'config confirm': {
    summary: 'let the revision that waits for it stay active',
    example: 'config confirm',
    json: 'as a JSON object',
  },
  'config rollback': {
    summary: 'put an earlier revision into use again',
    example: 'config rollback 11 --reason "payroll could not be opened"',
    json: 'as a JSON object',
  },
  'config show': {
    summary: 'show one revision: who, when and why, and what it holds',
    example: 'config show 11 sign-on/payroll',
    json: 'as a JSON object',
  },
  'config history': {
    summary: 'list the newest revisions',
    example: 'config history --limit 5',
    json: 'one JSON object per line',
  },
  'config test': {
    summary: 'run the policy tests: sign-ins with their expected results',
    example: 'config test ./config --coverage',
    json: 'as a JSON object',
  },
  preview: {
    summary: 'show every page and message with the brand, on sample data',
    example: 'preview ./config --out ./preview',
    json: 'the address, or the number of files, as a JSON object',
  },
  'config schema': {
    summary: 'write the JSON Schemas of the files, for editors',
    example: 'config schema --out ./config/schema',
    json: 'as a JSON object',
  },
  'config matrix': {
    summary: 'show what each app asks of each group, by zone',
    example: 'config matrix --app payroll --config ./draft',
    json: 'as a JSON object',
  },
  'config who': {
    summary: 'show who gets into an app, and how, by group and zone',
    example: 'config who payroll',
    json: 'as a JSON object',
  },
  'config what': {
    summary: 'show which apps a user can open now, how, and what is missing',
    example: 'config what alice@demo.test',
    json: 'as a JSON object',
  },
  'config report': {
    summary: 'write one page for a security review: what is asked, policies, findings, tests, changes',
    example: 'config report ./config --out report.html',
    json: 'as a JSON object',
  },
  explain: {
    summary: 'say what a sign-in would ask for, and which rule of which policy requires it',
    example: 'explain --app payroll --user alice@demo.test --ip 192.0.2.10',
    json: 'as a JSON object',
  },
  'users add': {
    summary: 'add a user',
    example: 'users add alice --email alice@example.org --group staff --password-generate',
    json: 'as a JSON object',
  },
  'users list': {
    summary: 'list users in the order of their ids, a page at a time',
    example: 'users list --group staff --search alice',
    json: 'one JSON object per line',
  },
  'users show': {
    summary: 'show one user; secrets are not shown',
    example: 'users show alice@example.org',
    json: 'as a JSON object',
  },
  'users groups': {
    summary: 'show or change the groups of a user',
    example: 'users groups alice --add admins --remove contractors',
    json: 'as a JSON object',
  },
  'users suspend': {
    summary: 'keep a user from signing in, and end all sessions',
    example: 'users suspend alice',
    json: 'as a JSON object',
  },
  'users activate': {
    summary: 'let a suspended user sign in again',
    example: 'users activate alice',
    json: 'as a JSON object',
  },
  'users unlock': {
    summary: 'forget the failed attempts of a user, those at enrollments included',
    example: 'users unlock alice',
    json: 'as a JSON object',
  },
  'users delete': { summary: 'delete a user for good', example: 'users delete alice --yes', json: 'as a JSON object' },
  'users reset': {
    summary:
      'remove authenticators of a user or set a new password; ends all sessions. With `all`, addresses that were added for notifications are removed, too',
    example: 'users reset alice --authenticator totp',
    json: 'as a JSON object',
  },
  'users tac': {
    summary: 'issue a temporary access code and print it once; an earlier one ends',
    example: 'users tac alice --lifetime PT4H',
    json: 'as a JSON object',
  },
  'users import': {
    summary: 'add users from a file; records that cannot be applied are reported with their line',
    example: 'users import users.csv --dry-run --rejects rejects.csv',
    json: 'the counts as a JSON object',
  },
  'users reindex': {
    summary: 'let users sign in with what their profiles hold already, once the configuration says that it identifies',
    example: 'users reindex --dry-run',
    json: 'the counts as a JSON object',
  },
  'keys list': { summary: 'list the published keys', example: 'keys list', json: 'as a JSON array' },
  'keys rotate': {
    summary: 'publish new keys, which sign once every node and app can know them',
    example: 'keys rotate --overlap 600',
    json: 'as a JSON array',
  },
  backup: {
    summary: 'write the users, the configuration, the keys and the audit log into a file, while nodes go on',
    example: 'backup stepgate.backup --passphrase-file passphrase.txt',
    json: 'as a JSON object',
  },
  restore: {
    summary: 'write a backup into an empty store; whatever was issued before it is void afterwards',
    example: 'restore stepgate.backup --passphrase-file passphrase.txt',
    json: 'as a JSON object',
  },
  'store new-epoch': {
    summary: 'void sessions, codes, links and stored tokens, after the store was restored by other means',
    example: 'store new-epoch',
    json: 'as a JSON object',
  },
  'store finish-upgrade': {
    summary: 'write all documents in the version of this release; older ones refuse the store from then on',
    example: 'store finish-upgrade',
    json: 'as a JSON object',
  },
  'store alone': {
    summary:
      'let the store acknowledge alone for a while, although all its replicas are dead (Redis). A machine that dies then takes acknowledged writes with it',
    example: 'store alone --for PT4H',
    json: 'as a JSON object',
  },
  doctor: {
    summary: 'check this installation, and say what to do about what is wrong',
    example: 'doctor --json',
    json: 'as a JSON array',
  },
  'audit tail': {
    summary: 'print the newest events',
    example: 'audit tail --follow --event sign_in',
    json: 'one JSON object per line',
  },
  'audit query': {
    summary: 'print events by user, app, time, outcome and kind, from the oldest on, a page at a time',
    example: 'audit query --user alice@demo.test --event sign_in --outcome deny --from 7d',
    json: 'one JSON object per line',
  },
  completion: {
    summary: 'print the script with which a shell completes commands and options',
    example: 'completion bash',
  },
} as const satisfies Readonly<Record<string, CommandDescription>>;

export type CommandName = keyof typeof commands;

/** A command as the table describes it. Its own file adds arguments, other options and the action. */
export function newCommand(name: CommandName): Command {
  const { summary, example, json }: CommandDescription = commands[name];
  const command = new Command(name.split(' ').at(-1))
    .description(summary)
    .addHelpText('after', `\nExample:\n  $ npm run stepgate -- ${example}`);
  return json === undefined ? command : command.option('--json', json);
}

/** A command that consists of these subcommands. */
export function newCommandGroup(name: keyof typeof commandGroups, subcommands: readonly Command[]): Command {
  const group = new Command(name).description(commandGroups[name]);
  for (const subcommand of subcommands) group.addCommand(subcommand);
  return group;
}
