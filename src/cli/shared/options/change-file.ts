/** Changes one text file. */
import { mkdir, open, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { refusal } from './refusal.ts';

/** After this time (milliseconds), a lock is assumed to belong to a killed command. */
const stale = 10_000;
const retryAfter = 25;

/**
 * Replaces the text of a file, created if missing, by the result of `change`. Readers always see the old or the new
 * text, even if the process is killed. If two commands run at once, the second one works on the result of the first.
 * Rejects with `bad_request` if the file cannot be read or written, and with errors of `change`; the file is then
 * unchanged.
 */
export async function changeFile(file: string, change: (text: string | undefined) => Promise<string>): Promise<void> {
  const unlock = await locked(file);
  try {
    const text = await change(await textOf(file));
    await replace(file, text).catch((error) => refuse(file, 'written', error));
  } finally {
    await unlock();
  }
}

async function locked(file: string): Promise<() => Promise<void>> {
  const lock = join(dirname(file), `.${basename(file)}.lock`);
  try {
    await mkdir(dirname(file), { recursive: true });
    while (!(await isTaken(lock))) await pause(retryAfter);
  } catch (error) {
    return refuse(file, 'written', error);
  }
  return () => rm(lock, { force: true });
}

/** Whether this command now has the lock. */
async function isTaken(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx')).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const left = await stat(lock).catch(() => undefined);
    if (left !== undefined && Date.now() - left.mtimeMs > stale) await rm(lock, { force: true });
    return false;
  }
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : refuse(file, 'read', error);
  }
}

/** A link stays a link. */
async function replace(file: string, text: string): Promise<void> {
  const target = await realpath(file).catch(() => file);
  const beside = join(dirname(target), `.${basename(target)}.${process.pid}`);
  const before = await stat(target).catch(() => undefined);
  try {
    await writeFile(beside, text, before && { mode: before.mode });
    await rename(beside, target);
  } finally {
    await rm(beside, { force: true });
  }
}

function refuse(file: string, what: 'read' | 'written', error: unknown): never {
  throw refusal(`${file} cannot be ${what}: ${String(error).replace(/^Error: /, '')}`);
}
