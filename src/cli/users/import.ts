/** `stepgate users import`. */
import { open } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { type Command, Option } from 'commander';
import { accountChanged } from '../../flow/notify/account-notification.ts';
import { type ImportSummary, importUsers } from '../../users/import/import-users.ts';
import { newCommand } from '../commands.ts';
import { misspelledGroups } from '../shared/configuration/misspelled-groups.ts';
import { collect } from '../shared/options/collect.ts';
import { operatorOps } from './operator-audit.ts';
import { type UsersContext, withDirectory } from './users-context.ts';

interface ImportCommandOptions {
  readonly format?: 'jsonl' | 'csv';
  readonly update?: true;
  readonly quiet?: true;
  readonly dryRun?: true;
  readonly rejects?: string;
  readonly json?: true;
  readonly attribute: readonly string[];
  /** False: `--no-mail`. */
  readonly mail: boolean;
}

/** How often to print progress: after this many records or seconds, since hashing passwords takes long. */
const progressEvery = { records: 1000, seconds: 2 } as const;

export function usersImportCommand(context: UsersContext): Command {
  return newCommand('users import')
    .argument('<file>', 'JSON Lines or CSV with a header; "-" reads standard input')
    .addOption(new Option('--format <format>', 'default: by the name of the file').choices(['jsonl', 'csv']))
    .option('--update', 'change users who exist already')
    .option('--dry-run', 'write nothing; say what would be done, and what would be refused')
    .option('--rejects <file>', 'write records that are refused there, to be corrected and imported')
    .option('--attribute <name>', 'a field that becomes an attribute of this name, can be repeated', collect, [])
    .option('--quiet', 'no progress lines')
    .option('--no-mail', 'with --update: do not notify users that their address or password was changed')
    .action(async (file: string, options: ImportCommandOptions) => {
      const format = options.format ?? formatOf(file);
      const source = file === '-' ? context.stdin : await readable(file);
      await withDirectory(context, async ({ directory, openNotifier, attributeSchema, passwordRules, knownGroups }) => {
        const write = options.mail ? await openNotifier() : () => [];
        const rejects = await openRejects(options.rejects);
        const known = await knownGroups();
        const groups = new Set<string>();
        const summary = await importUsers({
          directory,
          format,
          attributes: await attributeSchema(),
          ownAttributes: options.attribute,
          passwords: context.passwords,
          passwordRules: await passwordRules(),
          addressCredential: context.addressCredential,
          numberCredential: context.numberCredential,
          source,
          update: options.update ?? false,
          notify: (before, change) => write(before, accountChanged(change)),
          record: ({ id }, done) => operatorOps(done === 'created' ? 'user.added' : 'user.changed', id),
          onGroups: (names) => {
            for (const group of names) groups.add(group);
          },
          dryRun: options.dryRun ?? false,
          onRefused: ({ line, reason }) => context.stderr(`line ${line}: ${reason}\n`),
          onReject: rejects.write,
          ...(options.quiet ? {} : { onProgress: progress(context) }),
        });
        await rejects.close();
        context.stderr(misspelledGroups([...groups], known));
        report(context, summary, options);
      });
    });
}

/** A file that can be imported after correction. It may contain passwords, so only its owner can read it. */
async function openRejects(
  file: string | undefined,
): Promise<{ readonly write: (text: string) => void; close(): Promise<void> }> {
  if (file === undefined) return { write: () => undefined, close: async () => undefined };
  const handle = await open(file, 'w', 0o600).catch((error: unknown) => {
    throw new Error(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  });
  const stream = handle.createWriteStream();
  return {
    write: (text) => void stream.write(`${text}\n`),
    close: async () => {
      stream.end();
      await finished(stream);
    },
  };
}

async function readable(file: string): Promise<AsyncIterable<Uint8Array>> {
  try {
    return (await open(file)).createReadStream();
  } catch (error) {
    throw new Error(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function formatOf(file: string): 'jsonl' | 'csv' {
  if (/\.csv$/i.test(file)) return 'csv';
  if (/\.(jsonl|ndjson)$/i.test(file)) return 'jsonl';
  throw new Error('the name of the file does not show its format: add --format jsonl or --format csv');
}

function progress({ stderr, now }: UsersContext): (summary: ImportSummary) => void {
  let next = progressEvery.records;
  let due = now() + progressEvery.seconds;
  return ({ records, refused }) => {
    if (records < next && now() < due) return;
    next = records - (records % progressEvery.records) + progressEvery.records;
    due = now() + progressEvery.seconds;
    stderr(`${records} records, ${refused} refused\n`);
  };
}

function report(
  { stdout, setExitCode }: UsersContext,
  summary: ImportSummary,
  { dryRun, json }: ImportCommandOptions,
): void {
  const { records, created, updated, refused } = summary;
  const all = records === 1 ? '1 record' : `${records} records`;
  const nothing = dryRun ? ' (a dry run: nothing was written)' : '';
  const sentence = `${all}: ${created} created, ${updated} updated, ${refused} refused${nothing}`;
  stdout(`${json ? JSON.stringify({ ...summary, dryRun: dryRun ?? false }) : sentence}\n`);
  if (refused > 0) setExitCode(1);
}
