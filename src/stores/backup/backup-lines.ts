/**
 * The content of a backup: JSON lines. The first line is the header. The last one holds the number of lines and the
 * SHA-256 of all lines before it, so that a truncated or changed file is detected before anything is written. The
 * format is the same for all kinds of store, so a backup of one kind can be restored into another.
 */
import { createHash } from 'node:crypto';
import { keyRow } from '../key-table.ts';
import { BackupRefused } from './backup-refused.ts';

const format = 'stepgate-backup';
/** The version of the line format. Documents have a version of their own. */
const formatVersion = 1;

export interface BackupHeader {
  readonly format: typeof format;
  readonly version: typeof formatVersion;
  /** ISO 8601. */
  readonly madeAt: string;
  /** The schema version that the store wrote at the time of the backup. */
  readonly schema: number;
  /** Documents of the previous version were still being rewritten. */
  readonly rewriting?: true;
  /** The epoch of the store (milliseconds since 1970). */
  readonly epoch: number;
}

/** A window of a counter. */
export interface CounterWindow {
  /** Seconds. 0: the window never closes by itself. */
  readonly window: number;
  readonly count: number;
  /** When the window closes (milliseconds since 1970). `null`: never. */
  readonly until: number | null;
}

/**
 * A part of the store. Members of a set and lines of a log may be spread over several parts. Values include their
 * stamps.
 */
export type BackupLine =
  | {
      readonly is: 'entry';
      readonly key: string;
      readonly value: string;
      readonly version: number;
      readonly refs: readonly string[];
      readonly consumed?: number;
    }
  | { readonly is: 'set'; readonly key: string; readonly members: readonly string[] }
  | { readonly is: 'log'; readonly key: string; readonly values: readonly string[] }
  | { readonly is: 'counter'; readonly key: string; readonly windows: readonly CounterWindow[] };

interface BackupEnd {
  readonly is: 'end';
  readonly lines: number;
  readonly sha256: string;
}

/** Whether a backup contains entries of this kind. It leaves out the state, and what a restore makes void. */
export function isBackedUp(key: string): boolean {
  const kind = key.slice(0, key.indexOf(':'));
  const lifetime = keyRow(kind)?.lifetime.kind;
  return kind !== 'store-state' && (lifetime === 'lasting' || lifetime === 'newest' || lifetime === 'windows');
}

export function newHeader(about: Omit<BackupHeader, 'format' | 'version'>): BackupHeader {
  return { format, version: formatVersion, ...about };
}

/** The text of a backup, line by line. `count` is called with each line. */
export async function* backupText(
  header: BackupHeader,
  lines: AsyncIterable<BackupLine>,
  count: (line: BackupLine) => void = () => {},
): AsyncIterable<string> {
  const digest = createHash('sha256');
  let written = 0;
  const textOf = (line: BackupHeader | BackupLine): string => {
    const text = `${JSON.stringify(line)}\n`;
    digest.update(text);
    written += 1;
    return text;
  };
  yield textOf(header);
  for await (const line of lines) {
    count(line);
    yield textOf(line);
  }
  yield `${JSON.stringify({ is: 'end', lines: written, sha256: digest.digest('hex') } satisfies BackupEnd)}\n`;
}

export interface BackupContent {
  readonly header: BackupHeader;
  /** Must be read to its end: only then is it certain that nothing is missing. Rejects with `BackupRefused`. */
  readonly lines: AsyncIterable<BackupLine>;
}

/** Reads the text of a backup from chunks. Rejects with `BackupRefused`. */
export async function readBackup(chunks: AsyncIterable<string>): Promise<BackupContent> {
  const texts = textLines(chunks)[Symbol.asyncIterator]();
  const first = await texts.next();
  const header = first.done ? undefined : readHeader(first.value);
  if (header === undefined) throw new BackupRefused('backup_foreign', 'the file is no backup of Stepgate');
  return { header, lines: checkedLines(first.value as string, { [Symbol.asyncIterator]: () => texts }) };
}

async function* textLines(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of chunks) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
  if (rest !== '') yield rest;
}

function readHeader(text: string): BackupHeader | undefined {
  const header = parsed(text) as Partial<BackupHeader> | undefined;
  if (header?.format !== format) return undefined;
  if (header.version !== formatVersion)
    throw new BackupRefused(
      'backup_version',
      `the file has version ${header.version} of the format, not ${formatVersion}`,
    );
  const isWhole = Number.isSafeInteger(header.schema) && Number.isSafeInteger(header.epoch);
  return isWhole ? (header as BackupHeader) : undefined;
}

async function* checkedLines(first: string, texts: AsyncIterable<string>): AsyncIterable<BackupLine> {
  const digest = createHash('sha256').update(`${first}\n`);
  let read = 1;
  let end: BackupEnd | undefined;
  for await (const text of texts) {
    if (end !== undefined) throw damaged('something follows its end');
    const line = parsed(text);
    if (isEnd(line)) {
      end = line;
      continue;
    }
    if (!isLine(line)) throw damaged(`line ${read + 1} is not one of a backup`);
    digest.update(`${text}\n`);
    read += 1;
    yield line;
  }
  if (end === undefined) throw new BackupRefused('backup_cut', 'the file was cut off: its end is missing');
  if (end.lines !== read || end.sha256 !== digest.digest('hex')) throw damaged('its checksum does not match');
}

function damaged(why: string): BackupRefused {
  return new BackupRefused('backup_damaged', `the file was changed since it was made: ${why}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isEnd(line: unknown): line is BackupEnd {
  return (line as Partial<BackupEnd> | undefined)?.is === 'end';
}

function isLine(value: unknown): value is BackupLine {
  if (typeof value !== 'object' || value === null || !('is' in value)) return false;
  const line = value as Record<string, unknown>;
  if (typeof line.key !== 'string') return false;
  switch (line.is) {
    case 'entry':
      return (
        isBackedUp(line.key) && typeof line.value === 'string' && Number.isInteger(line.version) && areTexts(line.refs)
      );
    case 'set':
      return isBackedUp(line.key) && areTexts(line.members);
    case 'log':
      return isBackedUp(line.key) && areTexts(line.values);
    case 'counter':
      return Array.isArray(line.windows) && line.windows.every(isWindow);
    default:
      return false;
  }
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

function isWindow(value: unknown): boolean {
  const { window, count, until } = value as CounterWindow;
  return Number.isInteger(window) && Number.isInteger(count) && (until === null || Number.isInteger(until));
}
