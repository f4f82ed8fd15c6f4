/** Puts files into an empty directory, all of them or none. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { refusal } from '../shared/options/refusal.ts';

export interface StagedFiles {
  /** A temporary place within the target directory. */
  readonly dir: string;
  /** Moves them to their place. If this fails, it throws and leaves nothing. */
  keep(): void;
  /** Leaves nothing, not even the directory if it did not exist before. */
  discard(): void;
}

/**
 * Names that begin with a dot are ignored, because they are not part of a configuration. Throws `bad_request` unless
 * the directory is empty or missing.
 */
export function refuseUnlessEmpty(dir: string): void {
  const [first, ...others] = namesIn(dir).filter((name) => !name.startsWith('.'));
  if (first === undefined) return;
  const what = others.length === 0 ? `\`${first}\`` : `\`${first}\` and ${others.length} more`;
  throw refusal(`${dir} is not empty: it holds ${what}. Name a directory that is empty, or not there yet`);
}

function namesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir).sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    if (code === 'ENOTDIR') throw refusal(`${dir} is a file, and no directory`);
    throw refusal(`${dir} cannot be read: ${String(error).replace(/^Error: /, '')}`);
  }
}

/** Throws `bad_request` if nothing can be written. Everything is synchronous, so that no signal interrupts it. */
export function stageFiles(dir: string, files: ReadonlyMap<string, string>): StagedFiles {
  refuseUnlessEmpty(dir);
  const made: string[] = [];
  const make = (directory: string): void => {
    mkdirSync(directory);
    made.push(directory);
  };
  const discard = (): void => {
    for (const directory of made.toReversed()) rmSync(directory, { recursive: true, force: true });
  };
  let staged: string;
  try {
    for (const missing of missingDirectories(resolve(dir))) make(missing);
    staged = mkdtempSync(join(dir, '.init-'));
    made.push(staged);
    for (const [file, text] of files) {
      mkdirSync(dirname(join(staged, file)), { recursive: true });
      writeFileSync(join(staged, file), text);
    }
  } catch (error) {
    discard();
    throw cannotWrite(dir, error);
  }
  return { dir: staged, discard, keep: () => moveInto(dir, staged, discard) };
}

/** The missing directory and its missing parents, outermost first. */
function missingDirectories(dir: string): readonly string[] {
  return existsSync(dir) ? [] : [...missingDirectories(dirname(dir)), dir];
}

/** The settings come last: without them a directory is not a configuration. */
function moveInto(dir: string, from: string, discard: () => void): void {
  const names = readdirSync(from).sort((a, b) => Number(a === 'stepgate.yaml') - Number(b === 'stepgate.yaml'));
  const moved: string[] = [];
  try {
    refuseUnlessEmpty(dir);
    for (const name of names) {
      renameSync(join(from, name), join(dir, name));
      moved.push(name);
    }
    rmdirSync(from);
  } catch (error) {
    for (const name of moved) rmSync(join(dir, name), { recursive: true, force: true });
    discard();
    throw cannotWrite(dir, error);
  }
}

function cannotWrite(dir: string, error: unknown): Error {
  if (error instanceof Error && 'code' in error && error.code === 'bad_request') return error;
  return refusal(`${dir} cannot be written: ${String(error).replace(/^Error: /, '')}`);
}
