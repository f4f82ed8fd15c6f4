import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withProgress } from './progress.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'dist', '.built');
const inputs = ['src', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];

/**
 * Compiles `src` to `dist` when a source is newer than the last good build.
 *
 * @returns {Promise<boolean>} false when the compiler found errors
 */
export async function build() {
  const built = modified(stamp);
  if (built > 0 && inputs.every((input) => newest(join(root, input)) < built)) return true;
  process.stderr.write('Compiling ...\n');
  // Sources that were renamed or deleted must not live on as stale output.
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const child = spawn(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
  const [status] = await withProgress(once(child, 'exit'));
  if (status !== 0) return false;
  writeFileSync(stamp, '');
  return true;
}

/** A directory counts as well: deleting a file changes nothing else. */
function newest(path) {
  const own = modified(path);
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return own;
  return readdirSync(path).reduce((latest, entry) => Math.max(latest, newest(join(path, entry))), own);
}

const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = (await build()) ? 0 : 1;
