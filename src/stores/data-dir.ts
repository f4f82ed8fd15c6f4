/**
 * The directory of the embedded store. A database appears in it only when complete, and a damaged one is refused, so
 * that no file is ever mistaken for a new store.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync } from 'node:fs';
import { link, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StepgateError, StoreUnavailable } from '../errors.ts';
import { openEmbedded } from './embedded/embedded.ts';
import { faultOf, type MarkFault } from './embedded/log-mark.ts';
import type { StoreSchema } from './schema.ts';
import type { Store } from './store.ts';

export const databaseName = 'stepgate.db';

/** Marks the directory as the place of a store, even if the database is gone. */
const markerName = 'stepgate.store';
const markerText =
  'The store of Stepgate in this directory is stepgate.db and, while it is in use, stepgate.db-wal.\n' +
  'This file says that there was one: without it, a directory that lost them would pass for a new one.\n';

/** Files that remain of an earlier store. */
const traces = [markerName, ...['-wal', '-shm', '-journal'].map((suffix) => databaseName + suffix)];

type Fill = (store: Store) => Promise<void>;

const temporaryPrefix = `${databaseName}.new-`;

/**
 * Opens the store in `dir`. Without a database, `initialise` fills a new one; if `initialise` is absent, no store is
 * created. Rejects with `StepgateError('not_configured')` if there is no store, with `StoreUnavailable` if it lost data
 * or cannot be opened, and with errors of `initialise`.
 */
export async function openDataDir(
  dir: string,
  { initialise, schema }: { readonly initialise?: Fill | undefined; readonly schema?: StoreSchema } = {},
): Promise<Store> {
  const file = join(dir, databaseName);
  if (!existsSync(file)) {
    refuseLoss(dir);
    if (initialise === undefined) throw new StepgateError('not_configured', noStore(dir));
    await makeDatabase(dir, async (newFile) => {
      const store = openEmbedded({ file: newFile, ...(schema && { schema }) });
      try {
        await initialise(store);
      } finally {
        // Closing the last connection writes the log into the file and removes it.
        await store.close();
      }
    });
  }
  const fault = faultOf(file);
  if (fault !== undefined) throw new StoreUnavailable(faultTexts[fault](file));
  const store = openEmbedded({ file, ...(schema && { schema }) });
  // The marker must come last: written before the database, it would make an interrupted start look like a loss.
  if (!existsSync(join(dir, markerName))) await writeFile(join(dir, markerName), markerText, { mode: 0o600 });
  return store;
}

/** The files of a store in `dir`: its database, or the remains of an earlier store. */
export function filesOfStore(dir: string): readonly string[] {
  return [databaseName, ...traces].map((name) => join(dir, name)).filter((file) => existsSync(file));
}

/** Whether `dir` contains a database that may be opened. */
export function hasWholeDatabase(dir: string): boolean {
  const file = join(dir, databaseName);
  return existsSync(file) && faultOf(file) === undefined;
}

function refuseLoss(dir: string): void {
  const found = traces.filter((name) => existsSync(join(dir, name)));
  if (found.length === 0) return;
  throw new StoreUnavailable(
    `the database of the store in ${dir} is gone: there is ${found.join(', ')}, but no ${databaseName}. ` +
      `Put it back, restore it from a backup, or empty ${dir} to start again`,
  );
}

function noStore(dir: string): string {
  return (
    `there is no store in ${dir}: start the server once or run \`npm run stepgate -- config apply --init\`, ` +
    'or set DATA_DIR (or REDIS_URL) as the server has it'
  );
}

const faultTexts: Readonly<Record<MarkFault, (file: string) => string>> = {
  incomplete: (file) =>
    `${file} is damaged: it is empty, or was copied while it was in use and without its log (${databaseName}-wal), ` +
    'so the newest writes are missing. Put the log next to it, restore both from a backup, or remove the file and ' +
    `${markerName} to start again`,
  foreign_log: (file) =>
    `${file} and ${databaseName}-wal do not belong together: the log is of another store, or of an earlier copy of ` +
    'this one, and opening both would mix them. Put the log next to it that was copied with it, remove the log if the ' +
    'file was copied after its server had stopped, or restore a backup',
};

/**
 * Creates the database under a temporary name, so that after an interruption there is a complete database or none. If
 * another process was faster, its database stays.
 */
export async function makeDatabase(dir: string, make: (file: string) => Promise<void>): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const temporary = join(dir, `${temporaryPrefix}${randomBytes(6).toString('hex')}`);
  try {
    await make(temporary);
    await putInPlace(temporary, join(dir, databaseName));
    syncDirectory(dir);
  } catch (error) {
    if (!existsSync(join(dir, databaseName))) throw error;
  } finally {
    for (const suffix of ['', '-wal', '-shm']) await rm(temporary + suffix, { force: true });
  }
  await removeLeftOvers(dir);
}

/**
 * Unlike a rename, a link does not replace an existing database. The file is renamed if the file system has no links.
 */
async function putInPlace(temporary: string, file: string): Promise<void> {
  try {
    await link(temporary, file);
  } catch (error) {
    if (existsSync(file)) return;
    if (!existsSync(temporary)) throw error;
    await rename(temporary, file);
  }
}

/** Removes what killed starts left behind. A start that is still running will find the database of this one. */
async function removeLeftOvers(dir: string): Promise<void> {
  const names = (await readdir(dir)).filter((name) => name.startsWith(temporaryPrefix));
  for (const name of names) await rm(join(dir, name), { force: true });
}

function syncDirectory(dir: string): void {
  const descriptor = openSync(dir, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
