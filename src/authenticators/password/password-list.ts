/** The administrator's list of refused passwords: a text file with one password per line. */
import { readFile, stat } from 'node:fs/promises';
import { StepgateError } from '../../errors.ts';

/** Bytes. About two million passwords. */
const maxSize = 20 * 1024 * 1024;

interface LoadedList {
  readonly version: string;
  readonly passwords: ReadonlySet<string>;
}

/** Cached by path, for one version of each file: a configuration names one. */
const loaded = new Map<string, LoadedList>();

/**
 * Whether the list contains the password, ignoring case and compatible forms (NFKC). A changed file is read again.
 * Rejects with `StepgateError('not_configured')` if it cannot be read: a password that cannot be compared is not set
 * (Law 4).
 */
export async function isListed(text: string, path: string): Promise<boolean> {
  return (await passwordsOf(path)).has(comparable(text));
}

async function passwordsOf(path: string): Promise<ReadonlySet<string>> {
  try {
    const { mtimeMs, size } = await stat(path);
    const version = `${mtimeMs} ${size}`;
    const present = loaded.get(path);
    if (present?.version === version) return present.passwords;
    if (size > maxSize) throw new Error('the file is larger than 20 MiB');
    const lines = (await readFile(path, 'utf8')).split(/\r?\n/);
    const passwords = new Set(lines.map(comparable).filter((line) => line !== ''));
    loaded.set(path, { version, passwords });
    return passwords;
  } catch (cause) {
    throw new StepgateError('not_configured', `the list of passwords ${path} cannot be read`, { cause });
  }
}

function comparable(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}
