/** Reads secrets from files, because other users could see them on a command line. */
import { readFile } from 'node:fs/promises';
import { refusal } from './refusal.ts';

/** The first line. Rejects with one sentence if it is empty. */
export async function readSecretFile(file: string): Promise<string> {
  const [line] = await readSecretLines(file);
  if (line === undefined) throw refusal(`${file} holds no secret`);
  return line;
}

/** All lines that are neither empty nor comments. */
export async function readSecretLines(file: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8');
  return text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
}
