/** `stepgate audit tail`: the newest authentication events, from the store. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { auditKey } from '../../stores/keys.ts';
import type { Store } from '../../stores/store.ts';
import { Directory } from '../../users/directory.ts';
import { newCommand, newCommandGroup } from '../commands.ts';
import type { Paint } from '../shared/paint.ts';
import { refusal } from '../shared/refusal.ts';
import { withStore } from '../shared/with-store.ts';
import { type AuditLine, auditText, parseAuditLine } from './audit-text.ts';

export interface AuditContext {
  openStore(): Promise<Store>;
  /** Takes whole lines. */
  stdout(text: string): void;
  readonly paint: Paint;
  /** Aborted when the admin interrupts `-f`. */
  interrupted(): AbortSignal;
  /** How often `-f` looks (milliseconds). Default: every second. */
  readonly pollInterval?: number;
}

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

/** Lines that one request to the store returns. */
const page = 1_000;
const maxLines = 100_000;

/** Rejects with a sentence for options that make no sense, and when the store does not answer. */
export function auditCommand(context: AuditContext): Command {
  return newCommandGroup('audit', [
    newCommand('audit tail')
      .option('-n, --lines <number>', 'how many', '20')
      .option('-f, --follow', 'go on with new ones until interrupted')
      .option('--user <identifier>', 'of this user only; the id of an account will do')
      .option('--client <client id>', 'of this app only')
      .option('--event <name>', 'of this kind only, e.g. sign_in.denied; sign_in means all that begin so')
      .action((options: TailOptions) => withStore(context, (store) => tail(context, store, options))),
  ]);
}

async function tail(context: AuditContext, store: Store, options: TailOptions): Promise<void> {
  const directory = new Directory(store);
  const each = { store, matches: await filterOf(options, directory), print: printer(context, options, directory) };
  const cursor = await newest(each, lineCount(options.lines));
  if (options.follow) await follow(each, cursor, context);
}

function lineCount(text: string): number {
  const count = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (!(count <= maxLines)) throw refusal(`-n takes a number up to ${maxLines}, not ${text}`);
  return count;
}

async function filterOf(
  { user, client, event }: TailOptions,
  directory: Directory,
): Promise<(line: AuditLine) => boolean> {
  const subject = user === undefined ? undefined : await subjectId(user, directory);
  return (line) =>
    (subject === undefined || line.subject === subject) &&
    (client === undefined || line.client === client) &&
    (event === undefined || line.event === event || line.event.startsWith(`${event}.`));
}

/** Events outlive accounts: the id of one that was deleted is still an id. */
async function subjectId(user: string, directory: Directory): Promise<string> {
  const account = await directory.findByIdentifier(user);
  if (account !== undefined) return account.user.id;
  if (/^[\w-]{22}$/.test(user)) return user;
  throw refusal(`there is no user ${JSON.stringify(user)}`);
}

function printer({ stdout, paint }: AuditContext, { json }: TailOptions, directory: Directory): Tail['print'] {
  const names = new Map<string, Promise<string>>();
  const nameOf = (subject: string): Promise<string> => {
    const name =
      names.get(subject) ?? directory.get(subject).then((account) => account?.user.identifiers[0] ?? subject);
    names.set(subject, name);
    return name;
  };
  return async (lines) => {
    for (const line of lines) {
      if (json) stdout(`${JSON.stringify(line)}\n`);
      else stdout(`${auditText(line, line.subject === undefined ? undefined : await nameOf(line.subject), paint)}\n`);
    }
  };
}

/** The store reads its log from the oldest line on, so this goes through all of it. */
async function newest({ store, matches, print }: Tail, count: number): Promise<string | undefined> {
  let kept: AuditLine[] = [];
  let cursor: string | undefined;
  for (;;) {
    const lines = await store.tail(auditKey, cursor, page);
    cursor = lines.at(-1)?.cursor ?? cursor;
    kept = [...kept, ...lines.map(({ value }) => parseAuditLine(value)).filter(matches)];
    kept = count === 0 ? [] : kept.slice(-count);
    if (lines.length < page) break;
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
    const lines = await store.tail(auditKey, cursor, page);
    cursor = lines.at(-1)?.cursor ?? cursor;
    await print(lines.map(({ value }) => parseAuditLine(value)).filter(matches));
    if (lines.length < page) await delay(context.pollInterval ?? 1_000, undefined, { signal }).catch(() => undefined);
  }
}
