/** `stepgate audit tail`: the newest authentication events, from the store. `audit query` has a file of its own. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { auditKey } from '../../stores/keys.ts';
import type { Store } from '../../stores/store.ts';
import { Directory } from '../../users/directory/directory.ts';
import { newCommand, newCommandGroup } from '../commands.ts';
import { refusal } from '../shared/options/refusal.ts';
import { withStore } from '../shared/store/with-store.ts';
import type { AuditContext } from './audit-context.ts';
import { type AuditLine, parseAuditLine } from './audit-text.ts';
import { filterOf } from './filter.ts';
import { linePrinter } from './print-lines.ts';
import { auditQueryCommand } from './query.ts';
import { auditPage } from './read-log.ts';

interface TailOptions {
  readonly lines: string;
  readonly follow?: true;
  readonly json?: true;
  readonly user?: string;
  readonly client?: string;
  readonly event?: string;
}

interface Tail {
  readonly store: Store;
  readonly matches: (line: AuditLine) => boolean;
  readonly print: (lines: readonly AuditLine[]) => Promise<void>;
}

const maxLines = 100_000;

/** Rejects with one sentence for invalid options, and if the store does not answer. */
export function auditCommand(context: AuditContext): Command {
  return newCommandGroup('audit', [
    newCommand('audit tail')
      .option('-n, --lines <number>', 'how many', '20')
      .option('-f, --follow', 'continue with new ones until interrupted')
      .option('--user <identifier>', 'only events of this user: an identifier, or the id of the account')
      .option('--client <client id>', 'only events of this app')
      .option('--event <name>', 'only events of this kind, e.g. sign_in.denied; sign_in matches all that begin with it')
      .action((options: TailOptions) => withStore(context, (store) => tail(context, store, options))),
    auditQueryCommand(context),
  ]);
}

async function tail(context: AuditContext, store: Store, options: TailOptions): Promise<void> {
  const directory = new Directory(store);
  const matches = await filterOf(options, { directory, now: context.now() });
  const each = { store, matches, print: linePrinter(context, options, directory) };
  const cursor = await newest(each, lineCount(options.lines));
  if (options.follow) await follow(each, cursor, context);
}

function lineCount(text: string): number {
  const count = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (!(count <= maxLines)) throw refusal(`-n takes a number up to ${maxLines}, not ${text}`);
  return count;
}

/** The store can read its log only from the oldest line on, so this reads all of it. */
async function newest({ store, matches, print }: Tail, count: number): Promise<string | undefined> {
  let kept: AuditLine[] = [];
  let cursor: string | undefined;
  for (;;) {
    const lines = await store.tail(auditKey, cursor, auditPage);
    cursor = lines.at(-1)?.cursor ?? cursor;
    kept = [...kept, ...lines.map(({ value }) => parseAuditLine(value)).filter(matches)];
    kept = count === 0 ? [] : kept.slice(-count);
    if (lines.length < auditPage) break;
  }
  await print(kept);
  return cursor;
}

async function follow(
  { store, matches, print }: Tail,
  start: string | undefined,
  context: AuditContext,
): Promise<void> {
  const signal = context.interrupted();
  let cursor = start;
  while (!signal.aborted) {
    const lines = await store.tail(auditKey, cursor, auditPage);
    cursor = lines.at(-1)?.cursor ?? cursor;
    await print(lines.map(({ value }) => parseAuditLine(value)).filter(matches));
    if (lines.length < auditPage)
      await delay(context.pollInterval ?? 1_000, undefined, { signal }).catch(() => undefined);
  }
}
