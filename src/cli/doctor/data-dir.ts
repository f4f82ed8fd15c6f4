/**
 * Checks that the directory of the embedded store exists and is closed to other users. This must run before opening the
 * store, which would correct it.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type CheckResult, fail, ok, warn } from './finding.ts';

/** Each of these shows that there is or was a store. */
const files = ['stepgate.db', 'stepgate.db-wal', 'stepgate.db-shm', 'stepgate.store'];

export interface DataDirFindings {
  readonly findings: readonly CheckResult[];
  /** False if there is no store to examine; opening it would create one. */
  readonly usable: boolean;
}

export async function checkDataDir(dir: string): Promise<DataDirFindings> {
  const directory = await modeOf(dir);
  const modes = await Promise.all(
    files.map(async (file) => ({ path: join(dir, file), mode: await modeOf(join(dir, file)) })),
  );
  if (directory === undefined || modes.every(({ mode }) => mode === undefined)) {
    const remedy = 'start the server once, or set DATA_DIR (or REDIS_URL) as the server has it';
    return { findings: [fail('data directory', `there is no store in ${dir}`, remedy)], usable: false };
  }
  const open = modes.flatMap(({ path, mode }) =>
    mode !== undefined && isOpenToOthers(mode) ? [warnFile(path, mode)] : [],
  );
  const findings = isOpenToOthers(directory) ? [openDirectory(dir, directory), ...open] : open;
  return {
    findings: findings.length > 0 ? findings : [ok('data directory', `${dir} is the owner's only`)],
    usable: true,
  };
}

async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode & 0o777;
  } catch {
    return undefined;
  }
}

/** Whether users other than the owner have access. */
function isOpenToOthers(mode: number): boolean {
  return (mode & 0o077) !== 0;
}

function openDirectory(dir: string, mode: number): CheckResult {
  return fail('data directory', `${dir} is open to others (mode ${mode.toString(8)})`, `chmod 700 ${dir}`);
}

/** The store corrects the mode when it opens the file, but others may have read it before. */
function warnFile(path: string, mode: number): CheckResult {
  return warn('data directory', `${path} was open to others (mode ${mode.toString(8)})`, `chmod 600 ${path}`);
}
