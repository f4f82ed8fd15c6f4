/** `stepgate audit query`: events of the log by user, app, time, outcome and kind, one page at a time. */
import { type Command, Option } from 'commander';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { printable } from '../../policy/model/printable.ts';
import { nearestName } from '../../policy/source/nearest-name.ts';
import { Directory } from '../../users/directory/directory.ts';
import { newCommand } from '../commands.ts';
import { maxLimit, parseLimit, refusal } from '../shared/options/refusal.ts';
import { withStore } from '../shared/store/with-store.ts';
import type { AuditContext } from './audit-context.ts';
import type { AuditLine } from './audit-text.ts';
import { filterOf, type LineFilter } from './filter.ts';
import { linePrinter } from './print-lines.ts';
import { readAuditLog } from './read-log.ts';

interface QueryOptions extends LineFilter {
  readonly limit: string;
  readonly after?: string;
  readonly all?: true;
  readonly json?: true;
}

export function auditQueryCommand(context: AuditContext): Command {
  return newCommand('audit query')
    .option('-n, --limit <number>', `how many: 1 to ${maxLimit}`, '100')
    .option('--after <place>', 'only those after this place in the log: the next page')
    .option('--all', 'all pages')
    .option('--user <identifier>', 'only events of this user: an identifier, or the id of the account')
    .option('--client <client id>', 'only events of this app')
    .option('--from <time>', 'not before this time: 2026-11-24T09:00:00Z, a day, or how long ago, e.g. 24h')
    .option('--until <time>', 'only before this time')
    .addOption(
      new Option('--outcome <outcome>', 'only with this outcome').choices([
        'success',
        'failure',
        'deny',
        'pending',
      ] as const),
    )
    .option('--event <name>', 'only events of this kind, e.g. sign_in.denied; sign_in matches all that begin with it')
    .option('--transaction <reference>', 'only events of this sign-in')
    .action((options: QueryOptions) => query(context, options));
}

/** Keeps only one page of the store in memory, however long the log is. */
async function query(context: AuditContext, options: QueryOptions): Promise<void> {
  const limit = options.all ? Number.POSITIVE_INFINITY : parseLimit(options.limit);
  const { after } = options;
  if (after !== undefined && !/^\d{1,20}(-\d{1,20})?$/.test(after))
    throw refusal(`--after takes the value that the previous page printed, not ${after}`);
  await withStore(context, async (store) => {
    const directory = new Directory(store);
    const matches = await filterOf(options, { directory, now: context.now() });
    const print = linePrinter(context, options, directory);
    let printed = 0;
    let last = after;
    const clients = new Set<string>();
    for await (const page of readAuditLog(store, omitUndefined({ after }))) {
      for (const { line } of page) if (line.client !== undefined) clients.add(line.client);
      const found = page.filter(({ line }) => matches(line));
      const shown = found.slice(0, limit - printed);
      await print(shown.map(({ line }): AuditLine => line));
      printed += shown.length;
      last = shown.at(-1)?.cursor ?? last;
      if (found.length > shown.length) return context.stderr(`there are more: add --after ${last}, or --all\n`);
    }
    if (printed > 0) return;
    context.stderr('no such events; the store keeps the newest 100,000 lines\n');
    const { client } = options;
    if (client !== undefined && after === undefined && !clients.has(client))
      context.stderr(`none of them is of the app ${clientText(client, clients)}\n`);
  });
}

/** ``\`nots\`; did you mean \`notes\`?`` */
function clientText(client: string, known: ReadonlySet<string>): string {
  const near = nearestName(client, [...known]);
  return printable(`\`${client}\`${near === undefined ? '' : `; did you mean \`${near}\`?`}`);
}
