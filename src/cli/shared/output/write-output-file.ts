/** Writes what a command was asked to write into a file. */
import { existsSync } from 'node:fs';
import { realpath, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { refusal } from '../options/refusal.ts';

/**
 * Replaces the file. Rejects with one sentence if it cannot be written, or is within a directory of a configuration:
 * such a directory takes no other files, so that every later command would refuse it.
 */
export async function writeOutputFile(file: string, text: string): Promise<void> {
  const inside = await configurationAround(file);
  if (inside !== undefined)
    throw refusal(
      `${file} would be a file of the configuration in ${inside}, which takes no others: name a place outside of it`,
    );
  try {
    await writeFile(file, text);
  } catch (error) {
    throw refusal(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Undefined: there is none, or the file has no directory to be in. */
async function configurationAround(file: string): Promise<string | undefined> {
  let directory: string;
  try {
    directory = await realpath(dirname(file));
  } catch {
    return undefined;
  }
  while (!existsSync(join(directory, 'stepgate.yaml'))) {
    if (basename(directory) === '') return undefined;
    directory = dirname(directory);
  }
  return directory;
}
