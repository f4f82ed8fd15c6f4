/** Reads secrets that must not stand on a command line, where other users could see them. */
import { readFile } from 'node:fs/promises';
import { refusal } from './refusal.ts';

/** The first line. Rejects with a sentence when it is empty. */
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
